from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow.csv import read_csv
from pytest import approx, mark, skip
from torch import Tensor
from torch.testing import assert_close

from automtl.core.block import Features
from automtl.core.graph import TaskGraph
from automtl.core.task import TaskKind
from automtl.data.read import read_data
from automtl.data.request import ALL, DataRequest, LongRequest, SplitRequest, TargetRequest
from automtl.model.network import GraphNetwork
from automtl.plugins import Plugins
from automtl.train.fit import Settings, fit, outputs_of
from automtl.train.losses import Rows, TaskLosses
from automtl.train.order import RowOrder, row_weights
from automtl.train.rows import training_rows
from automtl_plugins.balancers.sum import Sum
from automtl_plugins.blocks.mlp import MLP
from automtl_plugins.primitives.hard import Hard
from automtl_plugins.schedules.constant import Constant
from automtl_plugins.task_kinds.ranking import Ranking
from automtl_plugins.task_kinds.regression import Regression

SHARED = Path(__file__).resolve().parents[2].parent / "shared/data"


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _losses(n_tasks: int, kinds: Sequence[TaskKind] | None = None) -> TaskLosses:
    names = [f"task{number}" for number in range(n_tasks)]
    kinds = kinds or [Regression(0.0, 1.0)] * n_tasks
    return TaskLosses(names, kinds, [1.0] * n_tasks, torch.device("cpu"))


def _rows(labelled: Tensor) -> Rows:
    n_rows = len(labelled)
    return Rows(torch.zeros(n_rows, 1), torch.zeros(n_rows, labelled.shape[1]), labelled)


def _long(sizes: Sequence[int]) -> Rows:
    """Rows that are labelled for one task each, so many of each task."""
    task = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    return _rows(torch.nn.functional.one_hot(task, len(sizes)).float())


def _met(rows: Rows, losses: TaskLosses, temperature: float, epochs: int) -> Tensor:
    """How many labels of each task an epoch has on average, ``[n_tasks]``."""
    assert rows.labelled is not None
    order, generator = RowOrder(rows, losses, temperature), _generator()
    return torch.stack([rows.labelled[order(generator)].sum(0) for _ in range(epochs)]).mean(0)


masks = st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=40)


@settings(deadline=None)
@given(mask=masks, seed=st.integers(0, 99))
def test_without_a_temperature_each_row_is_met_once(mask: list[list[bool]], seed: int) -> None:
    order = RowOrder(_rows(torch.tensor(mask).float()), _losses(3))(_generator(seed))
    assert_close(order, torch.randperm(len(mask), generator=_generator(seed)))


@settings(deadline=None)
@given(n=st.integers(1, 40), seed=st.integers(0, 99), temperature=st.floats(1, 100))
def test_rows_that_are_alike_are_met_once_each(n: int, seed: int, temperature: float) -> None:
    for rows in (_rows(torch.ones(n, 2)), Rows(torch.zeros(n, 1), torch.zeros(n, 2), None)):
        order = RowOrder(rows, _losses(2), temperature)(_generator(seed))
        assert_close(order.sort().values, torch.arange(n))


@settings(deadline=None)
@given(mask=masks, temperature=st.floats(1, 100))
def test_a_row_weighs_what_its_tasks_add_up_to(mask: list[list[bool]], temperature: float) -> None:
    rows = _rows(torch.tensor(mask).float())
    found = row_weights(rows, _losses(3).targets, temperature).tolist()
    sizes = [max(1, sum(row[task] for row in mask)) for task in range(3)]
    if temperature > 1:
        for weight, row in zip(found, mask, strict=True):
            shares = (size ** (1 / temperature) / size for size in sizes)
            assert weight == approx(
                sum(share for share, there in zip(shares, row, strict=True) if there)
            )


@settings(max_examples=10, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 400), min_size=2, max_size=5),
    temperature=st.floats(1.1, 20),
)
def test_tasks_are_met_in_proportion_to_a_power_of_their_size(
    sizes: list[int], temperature: float
) -> None:
    rows, losses, epochs = _long(sizes), _losses(len(sizes)), 300
    met = _met(rows, losses, temperature, epochs)
    powers = torch.tensor(sizes, dtype=torch.float64).pow(1 / temperature)
    expected = sum(sizes) * powers / powers.sum()
    assert met.sum() == approx(sum(sizes))
    if len(set(sizes)) > 1:
        spread = (expected / epochs).sqrt()  # of a mean of counts, at most
        assert (met - expected).abs().lt(6 * spread + 1e-6).all()


def test_in_the_limit_all_tasks_are_met_equally_often() -> None:
    met = _met(_long([1000, 10, 100]), _losses(3), 1e9, 50)
    assert_close(met, torch.full((3,), 370.0), rtol=0.05, atol=0)


def test_a_task_of_several_columns_counts_its_rows() -> None:
    labelled = torch.tensor([[1.0, 1.0, 0.0]] * 4 + [[0.0, 0.0, 1.0]])
    found = row_weights(_rows(labelled), [slice(0, 2), slice(2, 3)], 1e12)
    assert_close(found, torch.tensor([0.25] * 4 + [1.0], dtype=torch.float64))


def _grouped() -> tuple[Rows, TaskLosses, Tensor]:
    """A ranking task of 30 queries with three rows each, a rare other task in five queries."""
    query = torch.arange(30).repeat_interleave(3)[torch.randperm(90, generator=_generator())]
    targets = torch.stack([torch.zeros(90), query.float(), torch.zeros(90)], dim=1)
    labelled = torch.ones(90, 3)
    labelled[query >= 5, 2] = 0
    kinds = [Ranking(1.0), Regression(0.0, 1.0)]
    return Rows(torch.zeros(90, 1), targets, labelled), _losses(2, kinds), query


@mark.parametrize("temperature", [1.0, 5.0])
def test_groups_stay_whole(temperature: float) -> None:
    rows, losses, query = _grouped()
    order = RowOrder(rows, losses, temperature)(_generator())
    met = query[order].view(-1, 3)
    assert len(order) == 90
    assert (met == met[:, :1]).all()
    for three in order.view(-1, 3).tolist():
        assert len(set(three)) == 3
    if temperature == 1:
        assert_close(order.sort().values, torch.arange(90))
    else:
        assert len(set(met[:, 0].tolist())) < 30


@mark.parametrize("temperature", [1.0, 5.0])
def test_rows_that_are_in_no_group_are_met_by_chance(temperature: float) -> None:
    labelled = torch.ones(400, 3)
    labelled[40:, :2] = 0
    targets = torch.zeros(400, 3)
    targets[:40, 1] = 1 + torch.arange(40) // 4
    losses = _losses(2, [Ranking(1.0), Regression(0.0, 1.0)])
    generator = _generator()
    draw = RowOrder(Rows(torch.zeros(400, 1), targets, labelled), losses, temperature)
    order = draw(generator)
    assert (order.diff() == 1).float().mean() < 0.1
    alone = order[order >= 40]
    assert len(alone) > 200
    for four in order[order < 40].view(-1, 4).tolist():  # each group is whole, in any order
        assert len({row // 4 for row in four}) == 1
        assert len(set(four)) == 4
    assert not torch.equal(order, draw(generator))


def test_groups_of_a_small_task_are_met_more_often() -> None:
    rows, losses, _ = _grouped()
    assert rows.labelled is not None
    plain, hot = (_met(rows, losses, temperature, 100)[2] for temperature in (1.0, 5.0))
    assert plain == 15
    weight = [90 ** (-0.8), 90 ** (-0.8) + 15 ** (-0.8)]  # of a group without and with the task
    share = 5 * weight[1] / (5 * weight[1] + 25 * weight[0])
    assert hot == approx(90 * share, rel=0.1)


def _landmine(plugins: Plugins) -> tuple[Rows, list[TaskKind], tuple[str, ...]]:
    file = SHARED / "landmine/landmine_long.csv.gz"
    if not file.is_file():
        skip(f"{file} is not there")
    target = TargetRequest(ALL, kind="binary")
    long, split = LongRequest("task", "label"), SplitRequest(column="split")
    data = read_data(DataRequest(file, (target,), split=split, long=long), plugins)
    names = tuple(task.name for task in data.tasks)
    rows, kinds = training_rows(names, data.for_training(), plugins, torch.device("cpu"))
    return rows, kinds, names


def test_on_landmine_small_fields_are_met_more_often(plugins: Plugins) -> None:
    rows, kinds, names = _landmine(plugins)
    losses = TaskLosses(names, kinds, [1.0] * len(names), torch.device("cpu"))
    assert rows.labelled is not None
    sizes = rows.labelled.sum(0)
    assert len(names) == 29
    assert_close(_met(rows, losses, 1.0, 1), sizes)
    met = _met(rows, losses, 5.0, 20)
    powers = sizes.pow(1 / 5)
    assert_close(met, sizes.sum() * powers / powers.sum(), rtol=0.1, atol=0)
    small, large = sizes.argmin(), sizes.argmax()
    assert met[small] > sizes[small]
    assert met[large] < sizes[large]


def test_on_tox21_no_assay_is_drowned() -> None:
    file = SHARED / "tox21/tox21_chemprop_7831.csv"
    if not file.is_file():
        skip(f"{file} is not there")
    table = read_csv(file)
    names = [name for name in table.column_names if name.startswith(("NR-", "SR-"))]
    there = torch.stack([torch.from_numpy(table[n].is_valid().to_numpy()) for n in names], dim=1)
    rows = _rows(there[there.any(1)].float())
    plain, hot = (_met(rows, _losses(12), temperature, 20) for temperature in (1.0, 10.0))
    assert hot.min() / hot.max() > plain.min() / plain.max()


def _small_and_large(n: int, seed: int) -> Rows:
    """A large task of one input and a small one of another, each in rows of its own."""
    generator = _generator(seed)
    inputs = torch.randn(n, 2, generator=generator)
    small = torch.arange(n) % 50 == 0  # a task of 2 % of the labels
    labelled = torch.stack([~small, small], dim=1).float()
    targets = torch.stack([inputs[:, 0].sign(), inputs[:, 1].sign()], dim=1) * labelled
    return Rows(inputs, targets, labelled)


def _loss_of_the_small(temperature: float, seed: int) -> float:
    """That of a network of two shared units, after a few epochs, on other rows."""
    torch.manual_seed(seed)
    graph, losses = TaskGraph.all_shared(("task0", "task1"), 1), _losses(2)
    block = partial(MLP, width=2, dropout=0.0)
    network = GraphNetwork(graph, dict.fromkeys(graph.tasks, 1), Features(2), block, {"hard": Hard})
    rows, others = _small_and_large(2000, seed), _small_and_large(2000, seed + 100)
    plan = Settings(0.01, 0.0, 64, epochs=5, patience=5, temperature=temperature)
    fit(network, losses, Sum(2), Constant(5), rows, others, plan, seed)
    return float(losses(outputs_of(network, others), others)[1])


def test_a_task_with_few_labels_is_learned_sooner_with_a_temperature() -> None:
    gained = [_loss_of_the_small(1.0, seed) - _loss_of_the_small(5.0, seed) for seed in range(4)]
    assert min(gained) > 0
