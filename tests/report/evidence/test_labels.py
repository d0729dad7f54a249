import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from sklearn import metrics

from automtl.core.thresholds import Decision
from automtl.report.evidence.detail import Detail
from automtl.report.evidence.labels import label_evidence, together

SEEDS = st.integers(0, 2**32 - 1)
NAMES = ["a", "b", "c", "d"]


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_precision_and_recall_are_those_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities, targets = rng.random((50, 4)), (rng.random((50, 4)) < 0.4).astype(float)
    targets[0] = 1
    decision = Decision((0.2, 0.4, 0.6, 0.8))
    found = label_evidence(probabilities, targets, NAMES, decision, Detail())["thresholds"]
    decided = decision.decide(probabilities)
    for name, precision, recall, threshold, positives in zip(
        *(found[of] for of in ("names", "precision", "recall", "threshold", "positives")),
        strict=True,
    ):
        at = NAMES.index(name)
        assert threshold == decision.thresholds[at]
        assert positives == targets[:, at].sum()
        assert recall == approx(metrics.recall_score(targets[:, at], decided[:, at]), abs=1e-3)
        if precision is None:
            assert not decided[:, at].any()
        else:
            wanted = metrics.precision_score(targets[:, at], decided[:, at])
            assert precision == approx(wanted, abs=1e-3)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_labels_come_together_as_the_jaccard_score_says(seed: int) -> None:
    flags = (np.random.default_rng(seed).random((30, 3)) < 0.5).astype(float)
    flags[0] = 1
    for a in range(3):
        for b in range(3):
            wanted = metrics.jaccard_score(flags[:, a], flags[:, b])
            assert together(flags)[a, b] == approx(wanted)


def test_a_missing_label_counts_nowhere() -> None:
    rng = np.random.default_rng(0)
    targets = (rng.random((40, 2)) < 0.5).astype(float)
    hidden = targets.copy()
    hidden[::4, 0] = np.nan
    known = ~np.isnan(hidden[:, 0])
    assert together(hidden)[0, 1] == together(targets[known])[0, 1]
    probabilities = rng.random((40, 2))
    found = label_evidence(probabilities, hidden, ["a", "b"], None, Detail())
    shown = found["thresholds"]
    assert dict(zip(shown["names"], shown["positives"], strict=True)) == {
        "a": (hidden[:, 0] == 1).sum(),
        "b": targets[:, 1].sum(),
    }
    assert sum(found["calibration"]["count"]) == known.sum() + 40


def test_the_worst_labels_are_shown_and_those_without_positives_are_not() -> None:
    targets = np.ones((10, 3))
    targets[:, 2] = 0
    probabilities = np.column_stack([np.full(10, 0.9), np.linspace(0, 1, 10), np.zeros(10)])
    found = label_evidence(probabilities, targets, ["good", "bad", "never"], None, Detail())
    assert found["thresholds"]["of"] == 2
    assert found["thresholds"]["names"] == ["bad", "good"]
    assert found["curves"] == {"of": 0, "shown": []}
