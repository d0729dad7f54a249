import numpy as np
import torch
from pytest import approx, mark, raises
from torch.testing import assert_close

from automtl.errors import DataError
from automtl.testing import assert_task_kind_contract
from automtl_plugins.task_kinds.ranking import Ranking

NAN = np.nan
LABELS = np.array(
    [[2, 7], [0, 7], [1, 3], [NAN, 3], [1, 7], [0, 3], [3, 11], [NAN, NAN], [0, 5], [0, 5]]
)
EVERYWHERE = np.ones(len(LABELS), dtype=bool)


def test_contract() -> None:
    assert_task_kind_contract(Ranking, LABELS)


def test_queries_are_numbered_and_rows_without_one_or_without_relevance_are_missing() -> None:
    targets = Ranking.fit(LABELS, EVERYWHERE).encode(LABELS)
    assert targets[[0, 2, 6, 8], 1].tolist() == [3, 1, 4, 2]
    assert np.isnan(targets[[3, 7]]).all()


def test_the_loss_is_that_of_each_list_for_itself() -> None:
    kind = Ranking.fit(LABELS, EVERYWHERE)
    targets = torch.tensor(kind.encode(LABELS)).nan_to_num()
    scores = torch.randn(len(LABELS), 3, 1, dtype=torch.float64)
    found = kind.loss(scores, targets.unsqueeze(1).expand(-1, 3, -1))
    for member in range(3):
        expected = torch.zeros(len(LABELS), dtype=torch.float64)
        for query in (1, 2, 3, 4):
            rows = targets[:, 1] == query
            gains = 2 ** targets[rows, 0] - 1
            logs = scores[rows, member, 0].log_softmax(0)
            if gains.any():
                expected[rows] = -gains / gains.sum() * logs * rows.sum()
        assert_close(found[:, member], expected)


def test_rows_of_other_queries_and_missing_ones_do_not_matter() -> None:
    kind = Ranking.fit(LABELS, EVERYWHERE)
    targets = torch.tensor(kind.encode(LABELS)).nan_to_num()
    scores = torch.randn(len(LABELS), 1, dtype=torch.float64)
    rows = targets[:, 1] == 3
    assert_close(kind.loss(scores, targets)[rows], kind.loss(scores[rows], targets[rows]))
    assert not kind.loss(scores, targets)[[3, 7, 8, 9]].any()


def test_equal_scores_have_the_constant_loss() -> None:
    kind = Ranking.fit(LABELS, EVERYWHERE)
    targets = torch.tensor(kind.encode(LABELS))
    known = targets[~targets.isnan().any(1)]
    loss = kind.loss(torch.zeros(len(known), 1), known.float()).mean()
    assert float(loss) == approx(kind.constant_loss)


def test_is_finite_with_large_scores() -> None:
    kind = Ranking.fit(LABELS, EVERYWHERE)
    targets = torch.tensor(kind.encode(LABELS)).nan_to_num().float()
    scores = torch.tensor([[-100.0], [100.0]]).repeat(5, 1).requires_grad_()
    loss = kind.loss(scores, targets).mean()
    (gradient,) = torch.autograd.grad(loss, scores)
    assert loss.isfinite()
    assert gradient.isfinite().all()


@mark.parametrize(
    ("labels", "message"),
    [
        ([[1, 1], [-1, 1]], "between 0 and 31.* there is -1"),
        ([[1, 1], [99, 1]], "between 0 and 31.* there is 99"),
        ([[1, 1], [2, 2]], "none of the 2 has"),
        ([[1, 1], [1, 1]], "none of the 1 has"),
        ([[NAN, 1], [1, NAN]], "none of the 0 has"),
    ],
)
def test_rejects_what_cannot_be_ranked(labels: list[list[float]], message: str) -> None:
    with raises(DataError, match=message):
        Ranking.fit(np.array(labels, dtype=float), np.ones(2, dtype=bool))
