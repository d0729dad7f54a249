import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from sklearn import metrics

from automtl.core.task import Floats
from automtl.report.evidence.classes import class_evidence, confusion
from automtl.report.evidence.detail import Detail

SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed: int, n_classes: int, n_rows: int = 80) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(n_classes), n_rows)
    return probabilities, rng.integers(0, n_classes, n_rows).astype(float)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(2, 15))
def test_the_matrix_is_that_of_scikit_learn(seed: int, n_classes: int) -> None:
    probabilities, targets = drawn(seed, n_classes)
    names = [str(place) for place in range(n_classes)]
    found = class_evidence(probabilities, targets, names, False, Detail())["confusion"]
    chosen = probabilities.argmax(1)
    wanted = metrics.confusion_matrix(targets, chosen, labels=range(n_classes))
    assert found["counts"] == wanted.tolist()
    assert (found["folded"], found["right"]) == (0, (chosen == targets).sum())


def test_of_levels_the_median_is_predicted_but_the_most_probable_is_calibrated() -> None:
    probabilities = np.array([[0.4, 0.3, 0.3], [0.1, 0.2, 0.7]])
    names, targets = ["low", "middle", "high"], np.array([1.0, 2.0])
    found = class_evidence(probabilities, targets, names, True, Detail())
    assert found["confusion"]["counts"] == [[0, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert found["confusion"]["right"] == 2
    assert found["calibration"]["of"] == "the most probable class"
    other = class_evidence(probabilities, targets, names, False, Detail())
    assert other["confusion"]["right"] == 1
    assert other["calibration"] == found["calibration"]


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(5, 40))
def test_folding_loses_no_row_and_keeps_the_most_frequent(seed: int, n_classes: int) -> None:
    probabilities, targets = drawn(seed, n_classes)
    there, chosen = targets.astype(int), probabilities.argmax(1)
    names = [f"class {place}" for place in range(n_classes)]
    found = confusion(there, chosen, names, 5 if n_classes > 5 else 4)
    assert np.sum(found["counts"]) == len(there)
    assert found["folded"] == n_classes - len(found["counts"]) + 1
    occurring = np.bincount(there, minlength=n_classes)
    kept = [names.index(name) for name in found["classes"][:-1]]
    assert kept == sorted(kept)
    assert min(occurring[kept]) >= max(np.delete(occurring, kept))


def test_two_classes_have_one_curve_and_levels_are_told_from_those_below() -> None:
    probabilities, targets = drawn(0, 2)
    found = class_evidence(probabilities, targets, ["no", "yes"], False, Detail())
    assert [one["name"] for one in found["curves"]["shown"]] == ["yes"]
    assert found["calibration"]["of"] == "yes"
    probabilities, targets = drawn(1, 3)
    found = class_evidence(probabilities, targets, ["low", "middle", "high"], True, Detail())
    areas = {one["name"]: one["auc"] for one in found["curves"]["shown"]}
    assert areas == {
        "middle or above": approx(
            metrics.roc_auc_score(targets >= 1, probabilities[:, 1:].sum(1)), abs=1e-4
        ),
        "high or above": approx(metrics.roc_auc_score(targets == 2, probabilities[:, 2]), abs=1e-4),
    }


def test_scores_that_are_no_probabilities_have_no_calibration() -> None:
    probabilities, targets = drawn(0, 3)
    found = class_evidence(10 * probabilities - 5, targets, ["a", "b", "c"], False, Detail())
    assert set(found) == {"confusion", "curves"}
