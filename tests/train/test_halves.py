"""Validation rows in two halves, each judged in the epoch that was best for the other."""

import math
from typing import Any

import numpy as np
import torch
from pytest import mark
from torch import Tensor
from torch.testing import assert_close

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.task import TaskKind
from automtl.core.trial import Order, Phase
from automtl.data.dataset import TrainingData
from automtl.plugins import Plugins
from automtl.train.halves import MOST, Halves, second_half
from automtl.train.losses import Rows, TaskLosses
from automtl.train.trial import run_trial
from automtl_plugins.task_kinds.binary import Binary
from automtl_plugins.task_kinds.ranking import Ranking
from automtl_plugins.task_kinds.regression import Regression

CPU = torch.device("cpu")
SCALE = torch.ones(1)


def _losses(*kinds: TaskKind) -> TaskLosses:
    return TaskLosses("abcdef"[: len(kinds)], kinds, [1.0] * len(kinds), CPU)


def _rows(targets: Tensor, labelled: Tensor | None = None, offsets: Tensor | None = None) -> Rows:
    return Rows(torch.zeros(len(targets), 2), targets, labelled, offsets)


def _numbers(targets: Tensor, offsets: Tensor | None = None) -> Halves:
    halves = Halves.of(_rows(targets, None, offsets), _losses(Regression(0.0, 1.0)))
    assert halves is not None
    return halves


def test_each_half_is_predicted_in_the_epoch_that_is_best_for_the_other() -> None:
    targets = torch.randn(20, 1)
    halves = _numbers(targets)
    good, bad = targets[:, None], targets[:, None] + 1
    second = halves.second.view(-1, 1, 1)
    halves({"a": torch.where(second, good, bad)}, SCALE)  # the second half is predicted well
    halves({"a": torch.where(second, bad, good)}, SCALE)  # the first half is
    found = torch.from_numpy(halves.predictions()["a"]).float()
    assert_close(found, targets + 1)  # so each half is judged when the other was good


def test_of_equally_good_epochs_it_is_the_first() -> None:
    targets = torch.randn(20, 1)
    halves = _numbers(targets)
    for sign in (1, -1):
        halves({"a": targets[:, None] + sign}, SCALE)
    assert_close(torch.from_numpy(halves.predictions()["a"]).float(), targets + 1)


def test_the_best_of_many_epochs_of_noise_is_no_better_than_noise() -> None:
    generator = torch.Generator().manual_seed(0)
    targets = torch.randn(40, 1, generator=generator)
    halves, losses = _numbers(targets), _losses(Regression(0.0, 1.0))
    found = []
    for _ in range(300):
        outputs = {"a": torch.randn(40, 1, 1, generator=generator)}
        found.append(float(losses(outputs, _rows(targets))))
        halves(outputs, SCALE)
    predictions = torch.from_numpy(halves.predictions()["a"]).unsqueeze(1)
    judged = float(losses({"a": predictions}, _rows(targets)))
    assert min(found) < 0.7 * np.mean(found)
    assert judged > 0.85 * np.mean(found)


def test_a_loss_that_no_half_defines_chooses_the_first_epoch() -> None:
    targets = torch.randn(20, 1)
    halves = _numbers(targets)
    for shift in (1, 0):
        halves({"a": targets[:, None] + shift}, torch.full((1,), torch.nan))
    assert_close(torch.from_numpy(halves.predictions()["a"]).float(), targets + 1)


def test_what_a_skip_adds_is_added() -> None:
    targets, offsets = torch.randn(20, 1), torch.randn(20, 1)
    halves = _numbers(targets, offsets)
    halves({"a": torch.zeros(20, 4, 1)}, SCALE)
    assert_close(torch.from_numpy(halves.predictions()["a"]).float(), offsets)


def test_losses_stay_as_they_were() -> None:
    labelled = torch.ones(20, 2)
    labelled[::2, 1] = 0
    losses = _losses(Regression(0.0, 1.0), Regression(0.0, 1.0))
    halves = Halves.of(_rows(torch.randn(20, 2), labelled), losses)
    assert halves is not None
    before = losses.last
    halves({task: torch.randn(20, 1, 1) for task in losses.tasks}, torch.ones(2))
    assert losses.last is before


@mark.parametrize("n", [20, 21])
def test_both_halves_have_as_many_labels_of_each_task_and_value(n: int) -> None:
    generator = torch.Generator().manual_seed(n)
    owner = torch.randint(3, (n,), generator=generator)  # each row is labelled for one task
    labelled = torch.nn.functional.one_hot(owner, 3).float()
    targets = labelled * (torch.rand(n, 1, generator=generator) < 0.3)
    rows, kinds = _rows(targets, labelled), [Binary(("no", "yes"), (5, 5))] * 3
    second = second_half(rows, _losses(*kinds))
    for task in range(3):
        for value in (0, 1):
            chosen = (labelled[:, task] > 0) & (targets[:, task] == value)
            assert abs(int((chosen & second).sum()) - int((chosen & ~second).sum())) <= 1


def test_rows_that_belong_together_are_in_one_half() -> None:
    queries = torch.arange(24) // 4
    rows = _rows(torch.stack([torch.arange(24.0) % 3, queries.float()], dim=1))
    kind: Any = object.__new__(Ranking)
    losses = type("Stub", (), {"kinds": [kind], "targets": [slice(0, 2)]})()
    second = second_half(rows, losses)
    assert second.view(6, 4).float().mean(1).tolist() == [0, 1, 0, 1, 0, 1]


def test_rows_that_are_in_no_group_are_in_both_halves() -> None:
    labelled = torch.ones(64, 3)
    labelled[24:, :2] = 0
    targets = torch.zeros(64, 3)
    targets[:24, 1] = 1 + torch.arange(24) // 4
    losses = _losses(Ranking(1.0), Regression(0.0, 1.0))
    second = second_half(_rows(targets, labelled), losses)
    assert sorted(second[:24].view(6, 4).float().mean(1).tolist()) == [0, 0, 0, 1, 1, 1]
    assert second[24:].float().mean() == 0.5


def test_there_are_none_of_many_rows_or_where_a_half_lacks_a_task() -> None:
    one, two = _losses(Regression(0.0, 1.0)), _losses(*[Regression(0.0, 1.0)] * 2)
    assert Halves.of(_rows(torch.zeros(MOST + 1, 1)), one) is None
    assert Halves.of(_rows(torch.zeros(1, 1)), one) is None
    labelled = torch.ones(10, 2)
    labelled[1:, 1] = 0
    assert Halves.of(_rows(torch.zeros(10, 2), labelled), two) is None
    labelled[1, 1] = 1
    assert Halves.of(_rows(torch.zeros(10, 2), labelled), two) is not None


def test_labels_of_noise_are_not_learned_by_however_many_networks(
    penguins: Any, plugins: Plugins, candidate: Any
) -> None:
    """A task of coin tosses has an AUC of a half, whoever of many epochs is the best."""
    data: TrainingData = penguins.for_training()
    rng, found = np.random.default_rng(0), []
    at = [task.name for task in data.tasks].index("sex")
    for seed in range(8):
        parts = []
        for part in (data.train, data.validation):
            targets = part.targets.copy()
            targets[:, at] = rng.integers(2, size=len(targets))
            parts.append(type(part)(part.inputs, targets, part.rows, part.groups))
        tossed = type(data)(data.tasks, data.kinds, data.layout, *parts, data.digest)
        graph = TaskGraph.single_task([task.name for task in data.tasks], 1)
        made: Candidate = candidate(graph, epochs=40)
        outcome = run_trial(Order(made, seed, Phase.GRAPHS), tossed, plugins, CPU, math.inf)
        found.append(outcome.result.metrics["sex"]["roc_auc"])
    assert abs(np.mean(found) - 0.5) < 3 * np.std(found) / 8**0.5
