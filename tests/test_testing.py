"""The contract tests catch plugins that break their contract."""

import csv
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from pytest import mark, raises
from torch import Tensor, nn

from automtl.core.affinity import Affinity, AffinityEstimator, Anchor, Probe
from automtl.core.balancer import Balancer
from automtl.core.block import Block, Features
from automtl.core.callback import Begun, Callback, Ended
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.head import Head
from automtl.core.loss import LabelLoss, Loss
from automtl.core.moves import random_move
from automtl.core.primitive import BlockFactory, Primitive
from automtl.core.reader import Reader
from automtl.core.schedule import Schedule
from automtl.core.searcher import Searcher
from automtl.core.task import Floats, Metric, TaskKind
from automtl.errors import DataError
from automtl.testing import (
    assert_affinity_contract,
    assert_balancer_contract,
    assert_block_contract,
    assert_callback_contract,
    assert_exports_to_onnx,
    assert_head_contract,
    assert_loss_contract,
    assert_primitive_contract,
    assert_reader_contract,
    assert_schedule_contract,
    assert_searcher_contract,
    assert_task_kind_contract,
)


class Apart(Primitive):
    """Keeps the contract: one block a task. The other primitives here break it."""

    name: ClassVar[str] = "apart"
    citation: ClassVar[str] = "https://example.org"

    def __init__(self, n_tasks: int, block: BlockFactory) -> None:
        super().__init__(n_tasks)
        self.blocks = nn.ModuleList(block() for _ in range(n_tasks))

    def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        return [block(x) for block, x in zip(self.blocks, features, strict=True)]


class DropsATask(Apart):
    def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        return super().forward(features)[1:]


class Untrained(Apart):
    def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        first, *others = super().forward(features)
        return [first.detach(), *others]


class Unregistered(Apart):
    def __init__(self, n_tasks: int, block: BlockFactory) -> None:
        super().__init__(n_tasks, block)
        self.hidden = [block()]


class Random2(Apart):
    def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        return [x + torch.randn_like(x) for x in super().forward(features)]


class MixesRows(Apart):
    def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        return [x - x.mean(0) for x in super().forward(features)]


class ChangesItsInput(Apart):
    def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        return super().forward([x.add_(1) for x in features])


class Squeezes(Apart):
    def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        return [x[..., :1] for x in super().forward(features)]


class Rewards(Apart):
    def penalty(self) -> Tensor:
        return -torch.ones(())


class ManyPenalties(Apart):
    def penalty(self) -> Tensor:
        return torch.ones(2)


class Nameless(Apart):
    name: ClassVar[str] = ""


def test_a_primitive_may_keep_the_contract() -> None:
    assert_primitive_contract(Apart)


@mark.parametrize(
    ("primitive", "message"),
    [
        (Untrained, r"none reaches \['blocks.0.map.0.weight'"),
        (Unregistered, "must hold its blocks as submodules, but lost 1"),
        (Random2, "is random in evaluation"),
        (MixesRows, "must map each row for itself"),
        (ChangesItsInput, "changes the features it is given"),
        (Squeezes, r"must give the shape \(7, 3\), but gave \(7, 1\)"),
        (Rewards, "`0 <= penalty < inf` must hold, but got -1.0"),
        (ManyPenalties, r"must be a scalar, but has shape=\(2,\)"),
        (Nameless, "Nameless.name must not be empty"),
    ],
)
def test_rejects_a_primitive(primitive: type[Primitive], message: str) -> None:
    with raises(AssertionError, match=message):
        assert_primitive_contract(primitive)


def test_rejects_a_primitive_that_drops_a_task() -> None:
    with raises(ValueError, match="must give one feature per task, but gave 0 for 1 tasks"):
        assert_primitive_contract(DropsATask)


class Line(Block):
    """Keeps the contract. The other blocks here break it."""

    name: ClassVar[str] = "line"
    citation: ClassVar[str] = "https://example.org"

    def __init__(self, inputs: Features) -> None:
        super().__init__(inputs)
        self.outputs = Features(4, inputs.members)
        self.map = nn.Linear(inputs.size, 4)

    def forward(self, x: Tensor) -> Tensor:
        mapped: Tensor = self.map(x)
        return mapped


class LiesAboutItsWidth(Line):
    def __init__(self, inputs: Features) -> None:
        super().__init__(inputs)
        self.outputs = Features(5, inputs.members)


class LiesAboutItsMembers(Line):
    def __init__(self, inputs: Features) -> None:
        super().__init__(inputs)
        self.outputs = Features(4)


class HasASpareParameter(Line):
    def __init__(self, inputs: Features) -> None:
        super().__init__(inputs)
        self.spare = nn.Parameter(torch.zeros(3))


class DropsInEvaluation(Line):
    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.dropout(super().forward(x), 0.5, training=True)


class Explodes(Line):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) / 0


def test_a_block_may_keep_the_contract() -> None:
    assert_block_contract(Line)


@mark.parametrize(
    ("block", "message"),
    [
        (LiesAboutItsWidth, r"must give the shape \(7, 5\), but gave \(7, 4\)"),
        (LiesAboutItsMembers, r"must give the shape \(7, 4\), but gave \(7, 3, 4\)"),
        (HasASpareParameter, r"none reaches \['spare'\]"),
        (DropsInEvaluation, "is random in evaluation"),
        (Explodes, "not finite"),
    ],
)
def test_rejects_a_block(block: type[Block], message: str) -> None:
    with raises(AssertionError, match=message):
        assert_block_contract(block)


class Changes(nn.Module):
    """Becomes another function in the export."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 1 if torch.compiler.is_exporting() else x


def test_rejects_an_export_that_disagrees() -> None:
    with raises(AssertionError, match="not close"):
        assert_exports_to_onnx(Changes(), torch.randn(7, 5))


class Top(Head):
    """Keeps the contract. The other heads here break it."""

    name: ClassVar[str] = "top"
    citation: ClassVar[str] = "https://example.org"
    kinds: ClassVar[tuple[str, ...]] = ("number",)

    def __init__(self, inputs: Features, kind: TaskKind, n_outputs: int) -> None:
        super().__init__(inputs, kind, n_outputs)
        self.linear = nn.Linear(inputs.size, n_outputs)

    def forward(self, features: Tensor, /) -> Tensor:
        mapped: Tensor = self.linear(features)
        return mapped


class MeansOverMembers(Top):
    def forward(self, features: Tensor, /) -> Tensor:
        return super().forward(features).mean(1, keepdim=True)


class CutsOff(Top):
    def forward(self, features: Tensor, /) -> Tensor:
        return super().forward(features.detach())


class ServesAll(Top):
    def __init__(self, inputs: Features, kind: TaskKind, n_outputs: int) -> None:
        super().__init__(inputs, Number(0.0), n_outputs)


class CentresRows(Top):
    def forward(self, features: Tensor, /) -> Tensor:
        mapped = super().forward(features)
        return mapped - mapped.mean(0)


def test_a_head_may_keep_the_contract() -> None:
    assert_head_contract(Top, Number(0.0))


@mark.parametrize(
    ("head", "message"),
    [
        (CutsOff, "No gradient of `top` reaches the feature"),
        (ServesAll, "`top` must raise PluginError for a kind it does not serve"),
        (CentresRows, "must map each row for itself"),
    ],
)
def test_rejects_a_head(head: type[Head], message: str) -> None:
    with raises(AssertionError, match=message):
        assert_head_contract(head, Number(0.0))


def test_rejects_a_head_that_loses_members() -> None:
    with raises(ValueError, match=r"must give \[batch, 3, 1\], but gave \[7, 1, 1\]"):
        assert_head_contract(MeansOverMembers, Number(0.0))


class Sum(Balancer):
    """Keeps the contract. The other balancers here break it."""

    name: ClassVar[str] = "sum"
    citation: ClassVar[str] = "https://example.org"

    def forward(self, losses: Tensor, /) -> Tensor:
        return losses.sum()


class Each(Sum):
    def forward(self, losses: Tensor, /) -> Tensor:
        return losses


class Logarithm(Sum):
    def forward(self, losses: Tensor, /) -> Tensor:
        return losses.log().sum()


class Difference(Sum):
    def forward(self, losses: Tensor, /) -> Tensor:
        return 2 * losses[0] - losses.sum()


def test_a_balancer_may_keep_the_contract() -> None:
    assert_balancer_contract(Sum)


@mark.parametrize(
    ("balancer", "message"),
    [
        (Each, "must give a scalar"),
        (Logarithm, "gives -inf for"),
        (Difference, "gives the losses the gradient"),
    ],
)
def test_rejects_a_balancer(balancer: type[Balancer], message: str) -> None:
    with raises(AssertionError, match=message):
        assert_balancer_contract(balancer)


def _distance(predictions: Floats, targets: Floats) -> float:
    return float(np.abs(predictions[:, 0] - targets).mean())


@dataclass(frozen=True)
class Number(TaskKind):
    """Keeps the contract. The other kinds here break it."""

    name: ClassVar[str] = "number"
    citation: ClassVar[str] = "https://example.org"
    numeric: ClassVar[bool] = True
    primary: ClassVar[str] = "distance"
    metrics: ClassVar[Mapping[str, Metric]] = {"distance": Metric(_distance, best=0.0)}
    mean: float

    @classmethod
    def fit(cls, labels: NDArray[Any], train: NDArray[np.bool_]) -> Self:
        return cls(float(np.nanmean(labels[train])))

    @property
    def n_outputs(self) -> int:
        return 1

    @property
    def constant_loss(self) -> float:
        return 1.0

    def constant(self) -> Floats:
        return np.array([self.mean])

    def encode(self, labels: NDArray[Any]) -> Floats:
        return labels.astype(float)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs.squeeze(-1) - targets).square()

    def predict(self, outputs: Tensor) -> Tensor:
        return outputs


class Fills(Number):
    def encode(self, labels: NDArray[Any]) -> Floats:
        return np.nan_to_num(labels.astype(float))


class Averages(Number):
    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return super().loss(outputs, targets).mean()


class Flees(Number):
    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return 1e3 - super().loss(outputs, targets)


class PredictsTwice(Number):
    def predict(self, outputs: Tensor) -> Tensor:
        return torch.cat([outputs, outputs], dim=-1)


LABELS = np.array([0.5, 1.0, np.nan, -1.0, 2.0, 0.0])


def test_a_task_kind_may_keep_the_contract() -> None:
    assert_task_kind_contract(Number, LABELS)


class Transposes(Number):
    def linear(self, targets: Floats) -> Floats:
        return targets[None]


class Names(Number):
    @property
    def columns(self) -> tuple[str, ...]:
        return ("one", "two")


@mark.parametrize(
    ("kind", "message"),
    [
        (Fills, "NaN is a missing label's target"),
        (Averages, "The loss is one a label"),
        (PredictsTwice, r"torch.Size\(\[5, 2\]\)"),
        (Flees, "Less loss of `number` must mean a better 'distance'"),
        (Transposes, "`linear` must give"),
        (Names, "A value is a column"),
    ],
)
def test_rejects_a_task_kind(kind: type[TaskKind], message: str) -> None:
    with raises(AssertionError, match=message):
        assert_task_kind_contract(kind, LABELS)


class Squared(LabelLoss):
    """Keeps the contract. The other losses here break it."""

    name: ClassVar[str] = "squared"
    citation: ClassVar[str] = "https://example.org"
    kinds: ClassVar[tuple[str, ...]] = ("number",)

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs - targets).square()


class OfOthers(Squared):
    kinds: ClassVar[tuple[str, ...]] = ("binary",)


class OfEach(Squared):
    def __call__(self, outputs: Tensor, targets: Tensor, labelled: Tensor | None) -> Tensor:
        return self.each(outputs, targets.unsqueeze(1)).flatten()


class Shifted(Squared):
    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return super().each(outputs, targets) - 1e3


class Overflows(Squared):
    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return outputs.exp() - outputs + 0 * targets


class OfTheMean(Squared):
    def __call__(self, outputs: Tensor, targets: Tensor, labelled: Tensor | None) -> Tensor:
        return super().__call__(outputs.mean(1, keepdim=True), targets, labelled)


class Unmasked(Squared):
    def __call__(self, outputs: Tensor, targets: Tensor, labelled: Tensor | None) -> Tensor:
        return super().__call__(outputs, targets, None)


class Detached(Squared):
    def __call__(self, outputs: Tensor, targets: Tensor, labelled: Tensor | None) -> Tensor:
        return super().__call__(outputs, targets, labelled).detach() + 0 * outputs.sum()


NUMBER = Number(0.5)


def test_a_loss_may_keep_the_contract() -> None:
    assert_loss_contract(Squared, NUMBER, LABELS)


@mark.parametrize(
    ("loss", "message"),
    [
        (OfOthers, "serves .*, not 'number'"),
        (OfEach, "must give a number"),
        (Shifted, "of `squared`"),
        (Overflows, "must hold of `squared`"),
        (OfTheMean, "no mean over members"),
        (Unmasked, "None is for labels|influence"),
        (Detached, "does not lessen `squared`"),
    ],
)
def test_rejects_a_loss(loss: type[Loss], message: str) -> None:
    with raises(AssertionError, match=message):
        assert_loss_contract(loss, NUMBER, LABELS)


class Flat(Schedule):
    """Keeps the contract. The other schedules here break it."""

    name: ClassVar[str] = "flat"
    citation: ClassVar[str] = "https://example.org"

    def factor(self, epoch: int) -> float:
        return 1.0


class Negative(Flat):
    def factor(self, epoch: int) -> float:
        return 1.0 - epoch


class Still(Flat):
    def factor(self, epoch: int) -> float:
        return float(self.n_epochs > 1)


class Remembers(Flat):
    rate = 1.0

    def factor(self, epoch: int) -> float:
        self.rate /= 2
        return self.rate


def test_a_schedule_may_keep_the_contract() -> None:
    assert_schedule_contract(Flat)


@mark.parametrize(
    ("schedule", "message"),
    [
        (Negative, r"\[1.0, 0.0, -1.0"),
        (Still, "is zero in each of 1 epochs"),
        (Remembers, "depends on the order of the epochs"),
    ],
)
def test_rejects_a_schedule(schedule: type[Schedule], message: str) -> None:
    with raises(AssertionError, match=message):
        assert_schedule_contract(schedule)


class Blind(AffinityEstimator):
    """Keeps the contract, and finds nothing. The other estimators here break it."""

    name: ClassVar[str] = "blind"
    citation: ClassVar[str] = "https://example.org"
    count = 0
    diagonal = 0.0

    def update(self, probe: Probe) -> None:
        self.count += 1

    def result(self) -> Affinity | None:
        n = len(self.tasks)
        mean = tuple(tuple(self.diagonal * float(i == j) for j in range(n)) for i in range(n))
        std = ((math.inf,) * n if self.count < 9 else (1.0,) * n,) * n
        if not self.count:
            return None
        stages = self.n_stages
        return Affinity(self.tasks, (mean,) * stages, (std,) * stages, self.name)


class Hasty(Blind):
    count = 1


class Silent(Blind):
    def result(self) -> Affinity | None:
        return None


class Selfish(Blind):
    diagonal = 1.0


class Scribbles(Blind):
    def update(self, probe: Probe) -> None:
        probe.gramians[0].zero_()


class Curious(Blind):
    """Wants gradients where there are none."""

    anchor: ClassVar[Anchor] = Anchor.SINGLE_TASK

    def update(self, probe: Probe) -> None:
        self.count += len(probe.gramians)


class Lost(Blind):
    anchor = "nowhere"  # type: ignore[assignment]


class Partial(Blind):
    def graphs(self) -> Sequence[TaskGraph]:
        return [TaskGraph.all_shared(self.tasks[:2], self.n_stages)]


def test_an_affinity_estimator_may_keep_the_contract() -> None:
    assert_affinity_contract(Blind)


@mark.parametrize(
    ("estimator", "message"),
    [
        (Hasty, "has a result without a measurement"),
        (Silent, "must have a result after all measurements"),
        (Selfish, "The diagonal of means must be zero"),
        (Scribbles, "Measurements must not be changed"),
        (Curious, "the anchor 'single-task' cannot ask for this"),
        (Lost, "has the anchor 'nowhere'"),
        (Partial, "has a graph of other tasks"),
    ],
)
def test_rejects_an_affinity_estimator(estimator: type[AffinityEstimator], message: str) -> None:
    with raises(AssertionError, match=message):
        assert_affinity_contract(estimator)


class Wanders(Searcher):
    """Keeps the contract. The other searchers here break it."""

    name: ClassVar[str] = "wanders"
    citation: ClassVar[str] = "https://example.org"

    def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
        space, graph = self.problem.space, TaskGraph.all_shared(self.problem.tasks, 2)
        moved = random_move(graph, list(space.primitives), rng)
        return space.candidate(moved, space.sample(rng))

    def tell(
        self,
        candidate: Candidate,
        gains: Mapping[str, float] | None,
        costs: Mapping[str, float] | None = None,
    ) -> None: ...


class Stuck(Wanders):
    def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
        return super().ask(Random(0), pending)


class Unrepeatable(Wanders):
    def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
        return super().ask(Random(), pending)


class Counts(Wanders):
    """Keeps count of what it was asked for."""

    n_asked = 0

    def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
        self.n_asked += 1
        return super().ask(Random(self.n_asked), pending)


class TooDeep(Wanders):
    def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
        graph = TaskGraph.all_shared(self.problem.tasks, 3)
        return Candidate(graph, super().ask(rng, pending).hyperparameters)


class MakesUpOptions(Wanders):
    def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
        asked = super().ask(rng, pending)
        return Candidate(asked.graph, {**asked.hyperparameters, "luck": 7})


def test_a_searcher_may_keep_the_contract() -> None:
    assert_searcher_contract(Wanders)


@mark.parametrize(
    ("searcher", "message"),
    [
        (Stuck, "proposes one candidate only"),
        (Unrepeatable, "cannot be repeated"),
        (Counts, "Resumed, `wanders` asks for something else"),
        (TooDeep, "wrong number of stages"),
        (MakesUpOptions, r"'luck', .*'schedule'\] must be \['balancer', "),
    ],
)
def test_rejects_a_searcher(searcher: type[Searcher], message: str) -> None:
    with raises(AssertionError, match=message):
        assert_searcher_contract(searcher)


class Plain(Reader):
    """Keeps the contract. The other readers here break it."""

    name: ClassVar[str] = "plain"
    citation: ClassVar[str] = "https://example.org"
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    def columns(self, path: Path) -> list[str]:
        return self._rows(path)[0]

    def read(self, path: Path, text: Collection[str] = ()) -> pa.Table:
        header, *rows = self._rows(path)
        columns = dict(zip(header, zip(*rows, strict=True), strict=True))
        return pa.table({c: self._values(v, c in text) for c, v in columns.items()})

    def _rows(self, path: Path) -> list[list[str]]:
        if not (rows := list(csv.reader(path.read_text().splitlines()))):
            raise DataError(f"{path}: the file is empty.")
        return rows

    def _values(self, values: Iterable[str], text: bool) -> list[Any]:
        return [value if text else float(value) for value in values]


class NoText(Plain):
    def _values(self, values: Iterable[str], text: bool) -> list[Any]:
        return [float(value) for value in values]


class LosesAColumn(Plain):
    def columns(self, path: Path) -> list[str]:
        return super().columns(path)[1:]


class TakesNothing(Plain):
    def _rows(self, path: Path) -> list[list[str]]:
        return list(csv.reader(path.read_text().splitlines())) or [["a"], ["1"]]


class BlamesNoFile(Plain):
    def _rows(self, path: Path) -> list[list[str]]:
        if path.stat().st_size == 0:
            raise DataError("The file is empty.")
        return super()._rows(path)


def _file(folder: Path) -> Path:
    path = folder / "data.txt"
    path.write_text("a,b\n1,2\n3,4\n")
    return path


def test_a_reader_may_keep_the_contract(tmp_path: Path) -> None:
    assert_reader_contract(Plain(), _file(tmp_path), ["a", "b"])


@mark.parametrize(
    ("reader", "message"),
    [
        (NoText, "'a' is double"),
        (LosesAColumn, r"`plain` finds the columns \['b'\], not \['a', 'b'\]"),
        (TakesNothing, "must raise DataError for an empty file"),
        (BlamesNoFile, "'The file is empty.' must begin with the path"),
    ],
)
def test_rejects_a_reader(reader: type[Reader], message: str, tmp_path: Path) -> None:
    with raises(AssertionError, match=message):
        assert_reader_contract(reader(), _file(tmp_path), ["a", "b"])


class Quiet(Callback):
    """Keeps the contract. The other callbacks here break it."""

    name, citation = "quiet", "https://example.org"

    def __init__(self, folder: str = "") -> None:
        self.folder = folder

    def begin(self, search: Begun, /) -> None:
        """Nothing."""

    def trial_end(self, ended: Ended, /) -> None:
        """Nothing."""

    def search_end(self, summary: Mapping[str, Any], /) -> None:
        """Nothing."""


class Demanding(Quiet):
    def __init__(self, folder: str) -> None:
        super().__init__(folder)


class Talkative(Quiet):
    def begin(self, search: Begun, /) -> None:
        return search.name  # type: ignore[return-value]


class WantsGains(Quiet):
    def trial_end(self, ended: Ended, /) -> None:
        assert ended.metrics["mean_gain"], "no gain"


class HearsItOnce(Quiet):
    def begin(self, search: Begun, /) -> None:
        (search.folder / "mine").mkdir()


def test_a_callback_may_keep_the_contract(tmp_path: Path) -> None:
    assert_callback_contract(Quiet, tmp_path)


@mark.parametrize(
    ("make", "error", "message"),
    [
        (partial(Demanding, "."), AssertionError, r"has a default, but \['folder'\] have none"),
        (Talkative, AssertionError, "`begin` of `quiet` returns nothing, but returned 'made-up'"),
        (WantsGains, KeyError, "mean_gain"),
        (HearsItOnce, FileExistsError, "mine"),
    ],
)
def test_rejects_a_callback(
    make: Callable[[], Callback], error: type[Exception], message: str, tmp_path: Path
) -> None:
    with raises(error, match=message):
        assert_callback_contract(make, tmp_path)
