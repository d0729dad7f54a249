import torch
from torch.testing import assert_close

from automtl_plugins.losses._pairs import Pairs, ranked

RELEVANCE, QUERY = torch.tensor([2.0, 0.0, 1.0, 1.0, 0.0]), torch.tensor([7.0, 3.0, 7.0, 3.0, 7.0])
PAIRS = Pairs.of(RELEVANCE, QUERY)


def test_pairs_are_of_one_query_and_of_different_relevance() -> None:
    found = set(zip(PAIRS.better.tolist(), PAIRS.worse.tolist(), strict=True))
    assert found == {(0, 2), (0, 4), (2, 4), (3, 1)}
    assert PAIRS.query.tolist() == [1, 0, 1, 0, 1]


def test_the_mean_is_over_queries_of_the_means_over_pairs() -> None:
    first = QUERY[PAIRS.better] == 7
    losses = torch.where(first, 1.0, 5.0).unsqueeze(1).expand(4, 2)
    assert_close(PAIRS.mean(losses), torch.tensor(3.0))
    assert_close(PAIRS.mean(losses, torch.rand(4, 2)), torch.tensor(3.0))


def test_weights_are_relative_within_a_query() -> None:
    losses = torch.arange(4.0).unsqueeze(1)
    weights = torch.tensor([1.0, 2.0, 3.0, 4.0]).unsqueeze(1)
    scaled = torch.where((QUERY[PAIRS.better] == 7).unsqueeze(1), 10 * weights, weights)
    assert_close(PAIRS.mean(losses, scaled), PAIRS.mean(losses, weights))


def test_rows_without_relevance_or_query_are_left_out() -> None:
    labelled = torch.tensor([[1.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    targets = torch.stack([RELEVANCE, QUERY], dim=1)
    scores, pairs = ranked(torch.arange(5.0).view(5, 1, 1), targets, labelled)
    assert scores[:, 0].tolist() == [0.0, 3.0, 4.0]
    assert list(zip(pairs.better.tolist(), pairs.worse.tolist(), strict=True)) == [(0, 2)]
