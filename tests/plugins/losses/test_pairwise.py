from math import exp, log1p
from typing import Any

import torch
from torch.testing import assert_close

from automtl.core.task import Floats, TaskKind
from automtl.testing import assert_loss_contract
from automtl_plugins.losses.pairwise import Pairwise

TARGETS = torch.tensor(
    [[2, 0], [0, 1], [1, 0], [1, 1], [0, 0], [3, 0], [0, 1], [2, 2]], dtype=torch.float64
)


def test_contract(ranking: TaskKind, judged: Floats) -> None:
    assert_loss_contract(Pairwise, ranking, judged)


def test_is_its_definition_pair_by_pair(ranking: TaskKind, draw: Any) -> None:
    scores = draw(width=1)[0]
    found = []
    for query in (0, 1):
        for member in range(2):
            rows = [row for row in range(8) if TARGETS[row, 1] == query]
            losses = [
                log1p(exp(float(scores[j, member, 0] - scores[i, member, 0])))
                for i in rows
                for j in rows
                if TARGETS[i, 0] > TARGETS[j, 0]
            ]
            found.append(sum(losses) / len(losses))
    assert_close(Pairwise(ranking)(scores, TARGETS, None).item(), sum(found) / 4)


def test_rows_may_be_in_any_order_and_twice(ranking: TaskKind, draw: Any) -> None:
    scores = draw(width=1)[0]
    expected = Pairwise(ranking)(scores, TARGETS, None)
    assert_close(Pairwise(ranking)(scores.flip(0), TARGETS.flip(0), None), expected)
    twice = [torch.cat([tensor, tensor]) for tensor in (scores, TARGETS)]
    assert_close(Pairwise(ranking)(*twice, None), expected)


def test_only_differences_within_a_query_count(ranking: TaskKind, draw: Any) -> None:
    scores = draw(width=1)[0]
    moved = scores + 5 * TARGETS[:, 1].view(8, 1, 1)
    expected = Pairwise(ranking)(scores, TARGETS, None)
    assert_close(Pairwise(ranking)(moved, TARGETS, None), expected)


def test_a_batch_without_a_pair_has_no_influence(ranking: TaskKind) -> None:
    scores = torch.randn(4, 2, 1, requires_grad=True)
    targets = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
    loss = Pairwise(ranking)(scores, targets, None)
    loss.backward()
    assert loss == 0.0
    assert scores.grad is not None
    assert not scores.grad.any()


def test_gradient(ranking: TaskKind, draw: Any) -> None:
    scores = draw(width=1)[0].requires_grad_()
    loss = Pairwise(ranking)
    assert torch.autograd.gradcheck(lambda free: loss(free, TARGETS, None), [scores])
