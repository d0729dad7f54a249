from functools import partial
from math import exp, log1p
from typing import Any

import torch
from pytest import mark
from sklearn.metrics import ndcg_score
from torch.testing import assert_close

from automtl.core.task import Floats, TaskKind
from automtl.testing import assert_loss_contract
from automtl_plugins.losses.lambda_rank import LambdaRank
from automtl_plugins.losses.pairwise import Pairwise

TARGETS = torch.tensor(
    [[2, 5], [0, 1], [1, 5], [1, 1], [0, 5], [3, 5], [0, 1], [2, 2]], dtype=torch.float64
)


def test_contract(ranking: TaskKind, judged: Floats) -> None:
    assert_loss_contract(LambdaRank, ranking, judged)
    assert_loss_contract(partial(LambdaRank, exponential=False), ranking, judged)


def _swapped(gains: list[float], scores: list[float], i: int, j: int) -> float:
    """What swapping two rows does to NDCG."""
    other = list(scores)
    other[i], other[j] = scores[j], scores[i]
    return abs(float(ndcg_score([gains], [scores]) - ndcg_score([gains], [other])))


@mark.parametrize("exponential", [True, False])
def test_pairs_weigh_what_swapping_them_does_to_ndcg(
    exponential: bool, ranking: TaskKind, draw: Any
) -> None:
    outputs = draw(width=1)[0]
    found = []
    for query in (5, 1):
        rows = TARGETS[:, 1] == query
        relevance = TARGETS[rows, 0]
        gains = (relevance.exp2() - 1 if exponential else relevance).tolist()
        for member in range(2):
            scores = outputs[rows, member, 0].tolist()
            size = range(len(scores))
            pairs = [(i, j) for i in size for j in size if gains[i] > gains[j]]
            weights = [_swapped(gains, scores, i, j) for i, j in pairs]
            losses = [log1p(exp(scores[j] - scores[i])) for i, j in pairs]
            total = sum(a * b for a, b in zip(weights, losses, strict=True))
            found.append(total / sum(weights))
    loss = LambdaRank(ranking, exponential=exponential)(outputs, TARGETS, None)
    assert_close(loss.item(), sum(found) / 4)


def test_of_two_rows_a_query_it_is_pairwise(ranking: TaskKind, draw: Any) -> None:
    scores = draw(width=1)[0]
    targets = torch.tensor([[row % 2, row // 2] for row in range(8)], dtype=torch.float64)
    expected = Pairwise(ranking)(scores, targets, None)
    assert_close(LambdaRank(ranking)(scores, targets, None), expected)


def test_rows_may_be_in_any_order(ranking: TaskKind, draw: Any) -> None:
    scores = draw(width=1)[0]
    expected = LambdaRank(ranking)(scores, TARGETS, None)
    assert_close(LambdaRank(ranking)(scores.flip(0), TARGETS.flip(0), None), expected)


def test_a_high_relevance_does_not_overflow(ranking: TaskKind) -> None:
    scores = torch.randn(4, 1, 1, requires_grad=True)
    targets = torch.tensor([[1000.0, 0.0], [3.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    loss = LambdaRank(ranking)(scores, targets, None)
    loss.backward()
    assert loss.isfinite()
    assert scores.grad is not None
    assert scores.grad.isfinite().all()


def test_learns_to_rank(ranking: TaskKind) -> None:
    scores = torch.randn(8, 1, 1, generator=torch.Generator().manual_seed(0)).requires_grad_()
    optimizer = torch.optim.Adam([scores], lr=0.1)
    for _ in range(100):
        optimizer.zero_grad()
        LambdaRank(ranking)(scores, TARGETS.float(), None).backward()
        optimizer.step()
    rows = TARGETS[:, 1] == 5
    gains, found = TARGETS[rows, 0].tolist(), scores.detach()[rows, 0, 0].tolist()
    assert ndcg_score([gains], [found]) == 1.0
