import json
from dataclasses import asdict
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx, mark

from automtl.core.metrics import Floats
from automtl.core.metrics.label_decisions import hamming_loss, macro_f1, micro_f1
from automtl.core.thresholds import OBJECTIVES, RULES, Decision, plug_in, tune

SEEDS = st.integers(0, 2**32 - 1)
SCORES = {"macro_f1": macro_f1, "micro_f1": micro_f1, "hamming": lambda d, t: -hamming_loss(d, t)}


def drawn(seed: int, n_rows: int = 12, n_labels: int = 3) -> tuple[Floats, Floats]:
    """Probabilities with ties, and targets of which some are missing, that go with them."""
    rng = np.random.default_rng(seed)
    probabilities = rng.integers(0, 9, (n_rows, n_labels)) / 8
    targets = (rng.random((n_rows, n_labels)) < 0.7 * probabilities).astype(float)
    targets[rng.random(targets.shape) < 0.2] = np.nan
    targets[0] = 1
    return probabilities, targets


@mark.parametrize(("rule", "objective"), [*product(RULES, OBJECTIVES)])
@settings(max_examples=15)
@given(seed=SEEDS)
def test_decides_on_every_label_and_is_json_data(rule: str, objective: str, seed: int) -> None:
    probabilities, targets = drawn(seed)
    found = tune(probabilities, targets, rule, objective)
    again = Decision(**json.loads(json.dumps(asdict(found))))
    assert again == found
    decisions = again.decide(probabilities)
    assert decisions.shape == targets.shape
    assert set(np.unique(decisions)) <= {0, 1}


@mark.parametrize("objective", OBJECTIVES)
@settings(max_examples=25)
@given(seed=SEEDS)
def test_the_global_threshold_is_the_best_of_all(objective: str, seed: int) -> None:
    probabilities, targets = drawn(seed)
    score = SCORES[objective]
    found = tune(probabilities, targets, "global", objective)
    assert len(set(found.thresholds)) == 1
    each = [score((probabilities >= t).astype(float), targets) for t in np.arange(-1, 20) / 16]
    assert score(found.decide(probabilities), targets) == approx(max(each))


@mark.parametrize("objective", OBJECTIVES)
@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_thresholds_of_labels_with_many_positives_are_the_best_of_all(
    objective: str, seed: int
) -> None:
    few, wanted = drawn(seed, n_rows=8, n_labels=2)
    few = (few + 0.5) / 2  # between the ends, where there is room for the draw
    # many copies of the rows make the draw to the common threshold small
    found = tune(np.tile(few, (4000, 1)), np.tile(wanted, (4000, 1)), "per_label", objective)
    score, cuts = SCORES[objective], np.arange(20) / 19
    each = [
        score((few >= np.array(pair)).astype(float), wanted) for pair in product(cuts, repeat=2)
    ]
    assert score(found.decide(few), wanted) == approx(max(each))


@mark.parametrize("objective", OBJECTIVES)
@settings(max_examples=25)
@given(seed=SEEDS)
def test_top_k_chooses_the_best_k(objective: str, seed: int) -> None:
    probabilities, targets = drawn(seed)
    score = SCORES[objective]
    found = tune(probabilities, targets, "top_k", objective)
    decisions = found.decide(probabilities)
    assert (decisions.sum(1) == found.top_k).all()
    each = [score(Decision((2.0,) * 3, k).decide(probabilities), targets) for k in range(4)]
    assert score(decisions, targets) == approx(max(each))


def test_the_most_probable_are_predicted_beside_those_at_their_threshold() -> None:
    probabilities = np.array([[0.9, 0.8, 0.1], [0.2, 0.2, 0.1]])
    decision = Decision((0.5, 0.5, 0.5), top_k=1)
    assert decision.decide(probabilities).tolist() == [[1, 1, 0], [1, 0, 0]]


@settings(max_examples=25)
@given(SEEDS)
def test_the_plug_in_threshold_is_the_best_where_probabilities_are_true(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.sort(rng.random(6))
    promised = rng.integers(1, 50, 6)  # rows of each probability

    def expected_f1(threshold: float) -> float:
        chosen = values >= threshold
        hits = (values * promised)[chosen].sum()
        return float(2 * hits / (promised[chosen].sum() + (values * promised).sum()))

    rows = np.repeat(values, promised)[:, None]
    (threshold,) = plug_in(rows, np.zeros_like(rows), "macro_f1").thresholds
    assert threshold == approx(expected_f1(threshold) / 2)
    assert expected_f1(threshold) == approx(max(expected_f1(value) for value in values))


def test_the_draw_to_the_common_threshold_is_for_rare_labels() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.random((4000, 2))
    targets = (rng.random((4000, 2)) < probabilities * [1.0, 0.002]).astype(float)
    shared = tune(probabilities, targets, "global", "macro_f1").thresholds[0]
    own = tune(probabilities[:, 1:], targets[:, 1:], "per_label", "macro_f1").thresholds[0]
    both = tune(probabilities, targets, "per_label", "macro_f1").thresholds
    assert abs(both[1] - shared) < abs(own - shared)
