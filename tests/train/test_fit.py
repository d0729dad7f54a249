import math
import time
from collections.abc import Callable
from functools import partial

import torch
from pytest import MonkeyPatch, mark, raises
from torch import Tensor, nn
from torch.testing import assert_close

from automtl.core.block import Features
from automtl.core.graph import TaskGraph
from automtl.core.schedule import Schedule
from automtl.model.network import GraphNetwork
from automtl.train.fit import Curve, DeadlinePassed, Diverged, Settings, fit, outputs_of
from automtl.train.losses import Rows, TaskLosses
from automtl_plugins.balancers.sum import Sum
from automtl_plugins.blocks.mlp import MLP
from automtl_plugins.primitives.hard import Hard
from automtl_plugins.schedules.constant import Constant
from automtl_plugins.task_kinds.regression import Regression

TASKS = ("a", "b")
SETTINGS = partial(Settings, 0.01, 0.0, 32)


def _network() -> GraphNetwork:
    torch.manual_seed(0)
    graph = TaskGraph.all_shared(TASKS, 1)
    return GraphNetwork(graph, dict.fromkeys(TASKS, 1), Features(3), MLP, {"hard": Hard})


def _losses() -> TaskLosses:
    return TaskLosses(TASKS, [Regression(0.0, 1.0)] * 2, [1.0] * 2, torch.device("cpu"))


def _rows(n: int, noise: float = 0.0) -> Rows:
    generator = torch.Generator().manual_seed(n)
    inputs = torch.randn(n, 3, generator=generator)
    targets = torch.stack([inputs.sum(1), inputs[:, 0]], dim=1)
    return Rows(inputs, targets + noise * torch.randn(n, 2, generator=generator), None)


def _fit(network: GraphNetwork, settings: Settings, noise: float = 0.0, **more: object) -> Curve:
    return fit(
        network, _losses(), Sum(2), Constant(10), _rows(64, noise), _rows(40, noise), settings, 0,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_learns() -> None:
    network = _network()
    before = _losses()(outputs_of(network, _rows(40)), _rows(40))
    curve = _fit(network, SETTINGS(80, 80))
    after = _losses()(outputs_of(network, _rows(40)), _rows(40))
    assert (after < 0.1 * before).all()
    assert len(curve.train) == len(curve.validation) == 80


def test_keeps_the_weights_of_the_best_epoch() -> None:
    network = _network()
    curve = _fit(network, SETTINGS(150, 150), noise=2.0)  # it overfits: the curve is U-shaped
    means = [sum(row) for row in curve.validation]
    assert curve.best == means.index(min(means)) < 100
    found = _losses()(outputs_of(network, _rows(40, 2.0)), _rows(40, 2.0))
    assert_close(found.tolist(), curve.validation[curve.best])


def test_stops_when_patience_ends() -> None:
    curve = _fit(_network(), SETTINGS(500, 5), noise=2.0)
    assert len(curve.train) == curve.best + 1 + 5


def test_the_seed_decides_everything() -> None:
    first, second = _network(), _network()
    assert _fit(first, SETTINGS(5, 5)) == _fit(second, SETTINGS(5, 5))
    assert_close(first.state_dict(), second.state_dict(), rtol=0, atol=0)


def test_equals_a_plain_loop() -> None:
    network, plain = _network(), _network()
    train = _rows(64)
    _fit(network, SETTINGS(1, 1))
    optimizer = torch.optim.AdamW(plain.parameters(), 0.01, weight_decay=0.0)
    order = torch.randperm(64, generator=torch.Generator().manual_seed(0))
    for rows in order.split(32):
        outputs = plain(train.inputs[rows])
        found = torch.cat([outputs[task][:, 0] for task in TASKS], dim=1)
        optimizer.zero_grad()
        (found - train.targets[rows]).square().mean(0).sum().backward()
        optimizer.step()
    assert_close(network.state_dict(), plain.state_dict())


def test_a_deadline_cuts_it_off() -> None:
    with raises(DeadlinePassed):
        _fit(_network(), SETTINGS(10, 10, deadline=time.monotonic()))


class _Positions(Schedule):
    """Remembers which epochs it is asked for."""

    def __init__(self, n_epochs: int) -> None:
        super().__init__(n_epochs)
        self.asked: list[int] = []

    def factor(self, epoch: int) -> float:
        self.asked.append(epoch)
        return 1.0


class _Clock:
    """A clock on which an epoch takes a second."""

    def __init__(self, schedule: _Positions) -> None:
        self.schedule = schedule

    def __call__(self) -> float:
        return float(len(self.schedule.asked))


@mark.parametrize(
    ("epochs", "seconds", "trained"), [(100, 10, 10), (100, 1, 1), (7, 7, 7), (7, 100, 7)]
)
def test_in_short_time_it_goes_through_all_epochs_faster(
    monkeypatch: MonkeyPatch, epochs: int, seconds: float, trained: int
) -> None:
    schedule = _Positions(epochs)
    monkeypatch.setattr(time, "monotonic", _Clock(schedule))
    settings = SETTINGS(epochs, epochs, seconds=seconds)
    curve = fit(_network(), _losses(), Sum(2), schedule, _rows(64), _rows(40), settings, 0)
    assert len(schedule.asked) == len(curve.train) == trained
    assert schedule.asked[0] == 0
    assert schedule.asked[-1] == epochs - 1 or trained == 1
    assert schedule.asked == sorted(set(schedule.asked))
    assert curve.hurried == (trained < epochs)


@mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_it(bad: float) -> None:
    network = _network()
    nn.init.constant_(next(network.parameters()), bad)
    with raises(Diverged, match="NaN or infinite in epoch 1"):
        _fit(network, SETTINGS(10, 10))


def test_watches_every_step() -> None:
    seen: list[int] = []
    _fit(_network(), SETTINGS(3, 3), watch=lambda rows: seen.append(len(rows)))
    assert seen == [64] * (3 * 2)


def test_a_penalty_counts() -> None:
    class Tied(Hard):
        def penalty(self) -> Tensor:
            return 100 * sum(p.square().sum() for p in self.parameters())  # type: ignore[return-value]

    graph = TaskGraph.all_shared(TASKS, 1)
    torch.manual_seed(0)
    tied = GraphNetwork(graph, dict.fromkeys(TASKS, 1), Features(3), MLP, {"hard": Tied})
    norm: Callable[[GraphNetwork], float] = lambda n: float(  # noqa: E731
        sum(p.detach().square().sum() for p in n.stages.parameters())
    )
    before = norm(tied)
    _fit(tied, SETTINGS(20, 20))
    assert norm(tied) < 0.5 * before


def test_large_validation_is_evaluated_in_chunks(monkeypatch: object) -> None:
    from automtl.train import fit as module

    network = _network()
    whole = _losses()(outputs_of(network, _rows(40)), _rows(40))
    monkeypatch.setattr(module, "CHUNK", 7)  # type: ignore[attr-defined]
    assert_close(_losses()(outputs_of(network, _rows(40)), _rows(40)), whole)
