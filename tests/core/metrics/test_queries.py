import math
from collections.abc import Callable

import numpy as np
import sklearn.metrics as oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from pytest import approx, mark

from automtl.core.metrics import Floats, queries

Scored = tuple[Floats, Floats]  # predictions and targets
METRICS = [
    queries.ndcg,
    queries.ndcg_at_10,
    queries.mean_average_precision,
    queries.mean_reciprocal_rank,
]


@st.composite
def ranked(draw: DrawFn) -> Scored:
    """Scores with ties, and relevances of queries that define a score."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = rng.integers(2, draw(st.integers(3, 25)), size=draw(st.integers(1, 5)))
    query = np.repeat(rng.permutation(100)[: len(sizes)], sizes)
    relevance = rng.integers(0, 4, len(query)) * (rng.random(len(query)) < 0.5)
    relevance[np.cumsum(sizes) - 1] = rng.integers(1, 4, len(sizes))
    order = rng.permutation(len(query))
    scores = rng.integers(0, draw(st.integers(2, 40)), len(query)) / 7 - 1
    return scores[:, None], np.column_stack([relevance, query])[order].astype(float)


def each_query(scored: Scored) -> list[tuple[Floats, Floats]]:
    """Scores and relevances of each query."""
    predictions, targets = scored
    rows = [targets[:, 1] == query for query in np.unique(targets[:, 1])]
    return [(predictions[chosen, 0], targets[chosen, 0]) for chosen in rows]


@settings(max_examples=60)
@given(ranked())
def test_agree_with_scikit_learn_on_each_query(scored: Scored) -> None:
    pairs = each_query(scored)
    for metric, k in ((queries.ndcg, None), (queries.ndcg_at_10, 10)):
        each = [oracle.ndcg_score([2**wanted - 1], [given], k=k) for given, wanted in pairs]
        assert metric(*scored) == approx(np.mean(each)), metric
    each = [oracle.average_precision_score(wanted > 0, given) for given, wanted in pairs]
    assert queries.mean_average_precision(*scored) == approx(np.mean(each))


@settings(max_examples=30)
@given(ranked())
def test_the_reciprocal_rank_counts_the_others_that_score_as_high(scored: Scored) -> None:
    each = [
        1 / (1 + (given[wanted == 0] >= given[wanted > 0].max()).sum())
        for given, wanted in each_query(scored)
    ]
    assert queries.mean_reciprocal_rank(*scored) == approx(np.mean(each))


@mark.parametrize("metric", METRICS)
@given(scored=ranked())
def test_queries_that_define_no_score_and_missing_rows_change_nothing(
    metric: Callable[[Floats, Floats], float], scored: Scored
) -> None:
    nan, nobody = np.nan, 1000.0
    more = [[0, nobody], [0, nobody], [3, nobody + 1], [nan, 1], [3, nan], [nan, nan]]
    predictions = np.vstack([scored[0], np.ones((6, 1))])
    assert metric(predictions, np.vstack([scored[1], more])) == approx(metric(*scored))


@mark.parametrize("metric", METRICS)
@given(scored=ranked())
def test_only_the_order_within_a_query_counts(
    metric: Callable[[Floats, Floats], float], scored: Scored
) -> None:
    predictions, targets = scored
    moved = np.exp(predictions) + targets[:, 1:]
    assert metric(moved, targets) == approx(metric(*scored))
    assert metric(targets[:, :1], targets) == approx(1.0)


@mark.parametrize("metric", METRICS)
def test_is_not_a_number_without_a_query(metric: Callable[[Floats, Floats], float]) -> None:
    assert math.isnan(metric(np.zeros((0, 1)), np.zeros((0, 2))))
    assert math.isnan(metric(np.zeros((2, 1)), np.array([[0.0, 1], [0, 1]])))
