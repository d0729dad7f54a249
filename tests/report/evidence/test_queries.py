import numpy as np
from pytest import approx
from sklearn.metrics import ndcg_score

from automtl.report.evidence.queries import query_evidence


def test_ndcg_by_place_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    relevance, scores = rng.integers(1, 4, (6, 12)), rng.normal(size=(6, 12))
    query = np.repeat(np.arange(6.0), 12)
    targets = np.column_stack([relevance.ravel(), query])
    found = query_evidence(scores.reshape(-1, 1), targets)["ranking"]
    assert (found["queries"], found["k"]) == (6, [1, 2, 3, 5, 10, 12])
    gains = 2.0**relevance - 1
    for k, ndcg, chance in zip(found["k"], found["ndcg"], found["chance"], strict=True):
        assert ndcg == approx(ndcg_score(gains, scores, k=k), abs=1e-3)
        assert chance == approx(ndcg_score(gains, np.zeros_like(scores), k=k), abs=1e-3)


def test_without_a_relevant_row_nothing_is_defined() -> None:
    targets = np.column_stack([np.zeros(4), np.repeat([0.0, 1.0], 2)])
    assert query_evidence(np.ones((4, 1)), targets)["ranking"]["ndcg"] == [None, None]
