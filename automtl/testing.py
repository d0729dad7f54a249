"""
The contracts of `automtl.hookspecs` as tests: plugin authors call them in tests of their own.

Each function takes a class, or anything else that makes an instance, such as
``partial(SoftL2, strength=0.1)``. It raises `AssertionError` where the plugin breaks its contract.
"""

# ruff: noqa: S101 - assertions are what this module is for

import inspect
import json
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, TypeAlias

import numpy as np
import onnxruntime
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.testing import assert_close

from automtl.core.affinity import Affinity, AffinityEstimator, Anchor, Probe
from automtl.core.balancer import Balancer
from automtl.core.block import Block, Features, InputSpec
from automtl.core.callback import Begun, Callback, Ended, LossCurve
from automtl.core.candidate import Candidate
from automtl.core.graph import HARD, TaskGraph
from automtl.core.head import Head
from automtl.core.loss import Loss
from automtl.core.primitive import BlockFactory, Primitive
from automtl.core.reader import Reader
from automtl.core.schedule import Schedule
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.space import Choice, SearchSpace, Uniform
from automtl.core.task import TaskKind
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.errors import DataError, PluginError

OPSET = 20  # of the ONNX files that automtl writes
BATCH = 7
_Told: TypeAlias = tuple[Candidate, dict[str, float] | None]  # a candidate and its gains
LAYOUT = InputSpec(((-1.0, 0.0, 0.5, 1.0), (-1.0, 1.0), (-2.0, -1.0, 1.0)), 2, (3, 2))


@contextmanager
def _seeded() -> Iterator[None]:
    """The same random numbers every time, and none taken from the caller's generator."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


@_seeded()
def assert_primitive_contract(make: Callable[[int, BlockFactory], Primitive]) -> None:
    """
    Asserts of a primitive, with one, two and four tasks, on features that are shared or not, with
    and without an ensemble axis:

    it gives one feature a task, of the shape that the block declares; in evaluation a row depends
    on nothing but itself; the features given are left as they were; all blocks and parameters
    are registered and a gradient reaches them; the penalty is a scalar not below zero, or None.
    """
    plain, ensemble = Features(5), Features(5, members=2)
    for n_tasks in (1, 2, 4):
        for inputs, outputs in (
            (plain, Features(3)),
            (ensemble, Features(3, members=2)),
            (plain, Features(3, members=2)),  # the first stage may add the ensemble axis
        ):
            apart = [torch.randn(_shape(inputs)) for _ in range(n_tasks)]
            for given in (apart, apart[:1] * n_tasks):
                _check_primitive(make, given, inputs, outputs)


@_seeded()
def assert_block_contract(make: Callable[[Features], Block]) -> None:
    """
    Asserts of a block, on the network's input and on features with and without an ensemble axis:

    its output has the shape it declares; in evaluation a row depends on nothing but itself; a
    gradient reaches all parameters.
    """
    for inputs in (Features(5), Features(5, members=3), Features(LAYOUT.size, layout=LAYOUT)):
        block, given = make(inputs), torch.randn(_shape(inputs))
        _check_named(type(block))
        _check_trained(block, block(given).square().sum())
        block.eval()
        with torch.no_grad():
            output = block(given)
            assert_close(block(given), output, msg=f"`{block.name}` is random in evaluation.")
            _check_shape(block.name, output, block.outputs)
            assert_close(block(given[1:]), output[1:], msg=_mixes_rows(block.name))


@_seeded()
def assert_balancer_contract(make: Callable[[int], Balancer]) -> None:
    """
    Asserts of a balancer, with one and three losses, of which one may be zero or detached: it
    gives a finite scalar, whose gradient is finite and rewards no loss for growing; a gradient
    reaches all parameters.
    """
    for values in ([0.7], [0.7, 1.0, 2.0], [0.7, 0.0, 2.0]):
        balancer = make(len(values))
        _check_named(type(balancer))
        for _ in range(3):  # a balancer may remember the losses before
            losses = torch.tensor(values, requires_grad=True)
            _check_balanced(balancer, losses, losses * torch.ones_like(losses))
    balancer, losses = make(2), torch.tensor([0.7, 1.0], requires_grad=True)
    _check_balanced(balancer, losses, torch.stack([losses[0], losses[1].detach()]))


@_seeded()
def assert_task_kind_contract(kind: type[TaskKind], labels: NDArray[Any], **options: Any) -> None:
    """
    Asserts of a task kind, fitted to ``labels``: its fields are JSON data that make it again; a
    missing label, and no other, becomes NaN; the loss is one number a label, or a row, and the
    prediction as long as the best constant one, also with an ensemble axis; minimising the loss
    betters the primary metric of the decoded targets; metrics, with decisions tuned, are at their
    best where they are said to be; the prediction exports to ONNX.

    :param labels: ``[n_rows]``, floats with NaN or strings with None where missing, of the sort
        the kind is for, with some labels missing; ``[n_rows, n_columns]`` of several columns.
    :param options: What else the kind is to be told.
    """
    _check_named(kind)
    assert kind.primary in kind.metrics, f"`{kind.name}` has no metric '{kind.primary}'."
    unknown = set(kind.column_metrics) - set(kind.metrics)
    assert not unknown, f"`{kind.name}` has no metrics {sorted(unknown)} for its columns."
    if kind.several:
        options = {"columns": [f"column {place}" for place in range(labels.shape[1])], **options}
    fitted = kind.fit(labels, np.ones(len(labels), dtype=bool), **options)
    _check_json_fields(fitted)
    targets = fitted.encode(labels)
    _check_missing(fitted, labels, targets)
    known = torch.tensor(targets[_some(targets)], dtype=torch.float32)
    _check_outputs(fitted, known.nan_to_num())
    _check_learning(fitted, known)
    _check_linear(fitted, targets)
    assert_exports_to_onnx(_Prediction(fitted), torch.randn(BATCH, fitted.n_outputs))


@_seeded()
def assert_head_contract(make: Callable[[Features, TaskKind, int], Head], kind: TaskKind) -> None:
    """
    Asserts of a head, on features without an ensemble axis and with one, narrow and wide:

    it gives ``[batch, members, n_outputs]``; in evaluation a row depends on nothing but itself;
    a gradient reaches the feature and all parameters; it refuses kinds that it does not serve;
    it exports to ONNX.

    :param kind: A fitted kind that the head serves.
    """
    for inputs in (Features(1), Features(5, members=3), Features(20, members=2)):
        head = make(inputs, kind, kind.n_outputs)
        _check_named(type(head))
        given = torch.randn(BATCH, inputs.members or 1, inputs.size, requires_grad=True)
        _check_trained(head, head(given).square().sum())
        assert given.grad is not None, f"No gradient of `{head.name}` reaches the feature."
        head.eval()
        with torch.no_grad():
            output = head(given)
            assert_close(head(given), output, msg=f"`{head.name}` is random in evaluation.")
            declared = Features(kind.n_outputs, members=inputs.members or 1)
            _check_shape(head.name, output, declared)
            assert_close(head(given[1:]), output[1:], msg=_mixes_rows(head.name))
    assert_exports_to_onnx(head, given.detach())
    _check_served(make, kind)


@_seeded()
def assert_loss_contract(
    make: Callable[[TaskKind], Loss], kind: TaskKind, labels: NDArray[Any]
) -> None:
    """
    Asserts of a loss, with one member and with three: it gives a finite number, never negative,
    also of large outputs, whose gradient is finite; it is the mean over members; a row without a
    label has no influence, and without any label it is zero; descending its gradient lessens it.

    :param kind: A fitted kind that the loss serves.
    :param labels: Labels of that kind, ``[n_rows]``, or ``[n_rows, n_columns]`` of several columns,
        some of them missing.
    """
    loss = make(kind)
    _check_named(type(loss))
    assert kind.name in loss.kinds, f"`{loss.name}` serves {loss.kinds}, not '{kind.name}'."
    assert loss.extra_outputs >= 0, f"`{loss.extra_outputs=} >= 0` must hold."
    encoded = torch.tensor(kind.encode(labels), dtype=torch.float32).view(len(labels), -1)
    targets, labelled = encoded.nan_to_num(), (~encoded.isnan()).float()
    outputs = torch.randn(len(labels), 3, kind.n_outputs + loss.extra_outputs)
    _check_bounded(loss, outputs, targets, labelled)
    _check_members(loss, outputs, targets, labelled)
    _check_masked(loss, outputs, targets, labelled)
    _check_lessened(loss, outputs, targets, labelled)


def assert_schedule_contract(make: Callable[[int], Schedule]) -> None:
    """Asserts of a schedule: its factors are finite, not negative, not all zero, and fixed."""
    for n_epochs in (1, 2, 30):
        schedule = make(n_epochs)
        _check_named(type(schedule))
        factors = [schedule.factor(epoch) for epoch in range(n_epochs)]
        proper = all(0 <= factor < math.inf for factor in factors)
        assert proper, f"`0 <= factor < inf` must hold, but `{schedule.name}` gives {factors}."
        assert any(factors), f"`{schedule.name}` is zero in each of {n_epochs} epochs."
        again = [schedule.factor(epoch) for epoch in reversed(range(n_epochs))]
        assert factors == again[::-1], f"`{schedule.name}` depends on the order of the epochs."


@_seeded()
def assert_affinity_contract(
    make: Callable[[Sequence[str], int], AffinityEstimator], n_updates: int = 64
) -> None:
    """
    Asserts of an affinity estimator: without a measurement it has no result; with ``n_updates`` in
    the all-shared anchor, of which some leave a task out, or one in another anchor, and with gains
    of each of its graphs, it has one, whose means and standard errors have the shape
    ``[stages, tasks, tasks]``, are finite and zero on the diagonal; it asks for what there is in
    its anchor; its graphs are of all tasks; the measurements are left as they were.
    """
    tasks, n_stages = ("age", "job", "sex"), 2
    estimator = make(tasks, n_stages)
    _check_named(type(estimator))
    assert estimator.anchor in [*Anchor], f"`{estimator.name}` has the anchor {estimator.anchor!r}."
    assert estimator.result() is None, f"`{estimator.name}` has a result without a measurement."
    for step in range(n_updates if estimator.anchor == Anchor.ALL_SHARED else 1):
        probe = _MadeUpProbe(len(tasks), n_stages, estimator.anchor, step)
        estimator.update(probe)
        assert probe.untouched, "Measurements must not be changed."
    for graph in estimator.graphs():
        fits = graph.tasks == tasks and len(graph.stages) == n_stages
        assert fits, f"`{estimator.name}` has a graph of other tasks or stages: {graph}."
        estimator.learn(graph, {task: float(torch.randn(())) for task in tasks})
    _check_affinity(estimator.result(), tasks, n_stages, estimator.name)


def assert_searcher_contract(make: Callable[[SearchProblem], Searcher]) -> None:
    """
    Asserts of a searcher, with and without a measured affinity: it proposes candidates of the
    search space, more than one of them; it can be asked several times before it is told; it takes
    what it did not propose, and failures; told the same and given the same pending, it asks the
    same, whatever it was asked for before.
    """
    for affinity in (None, _affinity()):
        problem = SearchProblem(_space(), _affinity().tasks, _space().default(), affinity)
        searcher = make(problem)
        _check_named(type(searcher))
        told = _searched(searcher)
        asked = [candidate for candidate, _ in told]
        for candidate in asked:
            _check_candidate(candidate, problem)
        assert len(set(asked)) > 1, f"`{searcher.name}` proposes one candidate only."
        assert told == _searched(make(problem)), f"`{searcher.name}` cannot be repeated."
        _check_resumed(searcher, make(problem), told)


def assert_reader_contract(reader: Reader, path: Path, columns: Sequence[str]) -> None:
    """
    Asserts of a reader that it reads ``path``, whose columns are ``columns``: names and rows agree,
    text is text where it is asked for, and an empty file is a `DataError` that names the file.
    """
    _check_named(type(reader))
    proper = all(suffix.startswith(".") and suffix.islower() for suffix in reader.suffixes)
    assert proper, f"Suffixes begin with a dot and are in lower case, but got {reader.suffixes}."
    assert path.name.lower().endswith(reader.suffixes), f"{path} is not among {reader.suffixes}."
    table, text = reader.read(path), reader.read(path, text=list(columns))
    for found in (reader.columns(path), table.column_names, text.column_names):
        assert found == list(columns), f"`{reader.name}` finds the columns {found}, not {columns}."
    assert table.num_rows == text.num_rows, f"{table.num_rows} rows, but {text.num_rows} as text."
    for field in text.schema:
        assert field.type in (pa.string(), pa.large_string()), f"'{field.name}' is {field.type}."
    _check_empty_file(reader)


def assert_callback_contract(make: Callable[[], Callback], folder: Path) -> None:
    """
    Asserts of a callback that it hears of made-up trials and of the end of a search, and of all of
    it again when the search goes on, without an error. Some trials failed or were cut; metrics may
    be undefined, and names of tasks have all sorts of characters. All options have defaults.
    Whether anything was written twice is for a test that reads the tool's store.

    :param folder: Becomes a run folder; nothing but what the callback writes has a meaning.
    """
    begun = Begun(folder, "made-up", "0123456789ab", {"targets": ["age"], "search": {"trials": 3}})
    for file in ("best.onnx", "best.json", "report.html", "MODEL_CARD.md", "config.yaml"):
        (folder / file).write_text("made up")
    for _ in range(2):
        callback = make()
        _check_named(type(callback))
        given = inspect.signature(type(callback)).parameters.values()
        bare = [parameter.name for parameter in given if parameter.default is parameter.empty]
        assert not bare, f"Each option of `{callback.name}` has a default, but {bare} have none."
        _check_heard(callback.name, "begin", callback.begin(begun))
        for ended in _made_up_trials():
            _check_heard(callback.name, "trial_end", callback.trial_end(ended))
        _check_heard(callback.name, "search_end", callback.search_end(_MADE_UP_SUMMARY))


def assert_exports_to_onnx(module: nn.Module, given: Tensor | Sequence[Tensor]) -> None:
    """
    Asserts that the ONNX export of ``module`` agrees with it, on another batch size too.

    :param module: A block, which takes a tensor, or a primitive, which takes a list of them.
    :param given: What it takes, at least two rows ``[batch, *]``.
    """
    tensors = [given] if isinstance(given, Tensor) else list(given)
    argument = given if isinstance(given, Tensor) else tensors
    batch = {0: "batch"} if isinstance(given, Tensor) else [{0: "batch"}] * len(tensors)
    session = _exported(module.eval(), argument, batch)
    fewer = _without_first_row(tensors)
    names = [node.name for node in session.get_inputs()]
    feeds = {name: tensor.numpy() for name, tensor in zip(names, fewer, strict=True)}
    with torch.no_grad():
        expected = module(fewer[0] if isinstance(given, Tensor) else fewer)
    found = [torch.from_numpy(array) for array in session.run(None, feeds)]
    wanted = [expected] if isinstance(expected, Tensor) else list(expected)
    assert_close(found, wanted, rtol=1e-4, atol=1e-5)


class _Line(Block):
    """A block for tests of primitives; its dropout gives away a block that is not registered."""

    name: ClassVar[str] = "line"
    citation: ClassVar[str] = "https://en.wikipedia.org/wiki/Linear_map"

    def __init__(self, inputs: Features, outputs: Features) -> None:
        super().__init__(inputs)
        self.outputs = outputs
        self.map = nn.Sequential(nn.Linear(inputs.size, outputs.size), nn.Dropout(0.5))

    def forward(self, x: Tensor) -> Tensor:
        if self.inputs.members is None and self.outputs.members is not None:
            x = x.unsqueeze(1).expand(-1, self.outputs.members, -1)
        mapped: Tensor = self.map(x)
        return mapped


class _Prediction(nn.Module):
    """What a task kind predicts, as a module."""

    def __init__(self, kind: TaskKind) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, outputs: Tensor) -> Tensor:
        return self.kind.predict(outputs)


def _shape(features: Features, batch: int = BATCH) -> tuple[int, ...]:
    members = () if features.members is None else (features.members,)
    return (batch, *members, features.size)


def _mixes_rows(name: str) -> str:
    return f"In evaluation, `{name}` must map each row for itself, but rows depend on others."


def _check_named(plugin: type) -> None:
    for attribute in ("name", "citation"):
        value = getattr(plugin, attribute, None)
        assert isinstance(value, str), f"{plugin.__name__}.{attribute} must be a text: {value!r}."
        assert value, f"{plugin.__name__}.{attribute} must not be empty."
    assert not inspect.isabstract(plugin), f"{plugin.__name__} has abstract methods left."


def _check_shape(name: str, output: Tensor, declared: Features, batch: int = BATCH) -> None:
    expected, found = _shape(declared, batch), tuple(output.shape)
    assert found == expected, f"`{name}` must give the shape {expected}, but gave {found}."
    assert output.isfinite().all(), f"`{name}` gives numbers that are not finite."


def _check_trained(module: nn.Module, loss: Tensor) -> None:
    if loss.requires_grad:
        loss.backward()  # type: ignore[no-untyped-call]
    untrained = [name for name, p in module.named_parameters() if p.grad is None]
    assert not untrained, f"A gradient must reach all parameters, but none reaches {untrained}."


def _check_primitive(
    make: Callable[[int, BlockFactory], Primitive],
    given: list[Tensor],
    inputs: Features,
    outputs: Features,
) -> None:
    made: list[Block] = []

    def block() -> Block:
        made.append(_Line(inputs, outputs))
        return made[-1]

    primitive = make(len(given), block)
    _check_named(type(primitive))
    lost = set(made) - set(primitive.modules())
    assert not lost, f"`{primitive.name}` must hold its blocks as submodules, but lost {len(lost)}."
    before = [feature.clone() for feature in given]
    loss = torch.stack([output.square().sum() for output in primitive(given)]).sum()
    _check_trained(primitive, loss + _penalty(primitive))
    assert_close(given, before, msg=f"`{primitive.name}` changes the features it is given.")
    _check_evaluation(primitive, given, outputs)


def _check_evaluation(primitive: Primitive, given: list[Tensor], declared: Features) -> None:
    name = primitive.eval().name
    with torch.no_grad():
        outputs = list(primitive(given))
        assert_close(list(primitive(given)), outputs, msg=f"`{name}` is random in evaluation.")
        fewer = list(primitive(_without_first_row(given)))
    for output, short in zip(outputs, fewer, strict=True):
        _check_shape(name, output, declared)
        assert_close(short, output[1:], msg=_mixes_rows(name))


def _without_first_row(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Tasks that shared a feature still hold the same tensor object."""
    rows = {id(tensor): tensor[1:] for tensor in tensors}
    return [rows[id(tensor)] for tensor in tensors]


def _penalty(primitive: Primitive) -> Tensor:
    penalty = primitive.penalty()
    if penalty is None:
        return torch.zeros(())
    shape = tuple(penalty.shape)
    assert shape == (), f"The penalty of `{primitive.name}` must be a scalar, but has {shape=}."
    assert 0 <= penalty.item() < math.inf, f"`0 <= penalty < inf` must hold, but got {penalty}."
    return penalty


def _check_served(make: Callable[[Features, TaskKind, int], Head], kind: TaskKind) -> None:
    """A kind of another name, though alike in all else, is refused."""
    renamed = type(type(kind).__name__, (type(kind),), {"name": "a kind of another name"})
    other = renamed(**{field.name: getattr(kind, field.name) for field in fields(kind)})  # type: ignore[arg-type]
    try:
        head = make(Features(5), other, kind.n_outputs)
    except PluginError:
        return
    raise AssertionError(f"`{head.name}` must raise PluginError for a kind it does not serve.")


def _check_balanced(balancer: Balancer, losses: Tensor, given: Tensor) -> None:
    total = balancer(given)
    assert total.shape == (), f"`{balancer.name}` must give a scalar, but gave {total.shape}."
    assert total.isfinite(), f"`{balancer.name}` gives {total} for {given.tolist()}."
    _check_trained(balancer, total)
    assert losses.grad is not None, f"No gradient of `{balancer.name}` reaches the losses."
    fair = losses.grad.isfinite().all() and (losses.grad >= 0).all()
    assert fair, f"`{balancer.name}` gives the losses the gradient {losses.grad.tolist()}."


def _check_json_fields(fitted: TaskKind) -> None:
    fields = asdict(fitted)  # type: ignore[call-overload]
    text = json.dumps(fields)
    again = type(fitted)(**json.loads(text))
    assert json.dumps(asdict(again)) == text, f"The fields of `{fitted.name}` must be JSON data."  # type: ignore[call-overload]
    np.testing.assert_array_equal(again.constant(), fitted.constant())
    lost = "`{}` must be the same when the kind is made again from its fields."
    assert again.n_outputs == fitted.n_outputs, lost.format("n_outputs")
    assert tuple(again.classes) == tuple(fitted.classes), lost.format("classes")
    assert again.n_targets == fitted.n_targets, lost.format("n_targets")
    assert tuple(again.columns) == tuple(fitted.columns), lost.format("columns")
    assert again.decision == fitted.decision, lost.format("decision")


def _check_missing(fitted: TaskKind, labels: NDArray[Any], targets: NDArray[Any]) -> None:
    shape = (len(labels), fitted.n_targets) if fitted.several else labels.shape
    assert targets.shape == shape, f"Targets of `{fitted.name}` are {shape}, not {targets.shape}."
    missing = np.array([label is None or label != label for label in labels.ravel()])
    missing = missing.reshape(labels.shape)
    if fitted.grouped:  # without its group, or it, a row has no target
        missing |= missing.any(axis=1, keepdims=True)
    np.testing.assert_array_equal(np.isnan(targets), missing, "NaN is a missing label's target.")


def _some(targets: NDArray[Any]) -> NDArray[np.bool_]:
    """Which rows have a target, ``[n_rows]``."""
    return np.asarray(~np.isnan(targets).reshape(len(targets), -1).all(axis=1))


def _check_linear(fitted: TaskKind, targets: NDArray[Any]) -> None:
    found = fitted.linear(targets)
    if found is not None:
        wanted = (len(targets), fitted.n_outputs)
        assert found.shape == wanted, f"`linear` must give {wanted}, but gave {found.shape}."
        assert not np.isinf(found).any(), f"`{fitted.name}` has infinite targets of outputs."
        assert np.isnan(found[~_some(targets)]).all(), "NaN is the output of a missing label."
        assert not np.isnan(found[_some(targets)]).all(0).any(), "An output must have a target."


def _check_outputs(fitted: TaskKind, targets: Tensor) -> None:
    """Loss and prediction, without and with an ensemble axis."""
    n_values = len(fitted.constant())
    assert not fitted.classes or len(fitted.classes) == n_values, "A class is a column."
    assert 0 < fitted.constant_loss < math.inf, f"`0 < {fitted.constant_loss=} < inf` must hold."
    assert not fitted.columns or len(fitted.columns) == n_values, "A value is a column."
    width = (fitted.n_targets,) if fitted.several else ()
    for shape in ((len(targets),), (len(targets), 3)):
        outputs = torch.randn(*shape, fitted.n_outputs)
        wanted_targets = targets.view(-1, *[1] * (len(shape) - 1), *width)
        losses = fitted.loss(outputs, wanted_targets.expand(*shape, *width))
        shapes = {torch.Size((*shape, *width)), torch.Size(shape)}  # a loss of each label, or row
        assert losses.shape in shapes, f"The loss is one a label: {losses.shape}."
        assert losses.isfinite().all(), f"`{fitted.name}` has losses that are not finite."
        predictions = fitted.predict(outputs)
        wanted, found = torch.Size((*shape, n_values)), predictions.shape
        assert found == wanted, f"`{fitted.name}` must predict {wanted}, but gave {found}."
        assert predictions.isfinite().all(), f"`{fitted.name}` has predictions that are not finite."


def _check_learning(fitted: TaskKind, targets: Tensor) -> None:
    """Outputs that are free to become anything must come to beat the best constant prediction."""
    outputs = torch.zeros(len(targets), fitted.n_outputs, requires_grad=True)
    optimizer = torch.optim.Adam([outputs], lr=0.1)
    there, given = ~targets.isnan(), targets.nan_to_num()
    for _ in range(100):
        optimizer.zero_grad()
        losses = fitted.loss(outputs, given)
        known = losses[there] if losses.shape == there.shape else losses
        known.mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    truth = fitted.decode(targets.double().numpy())
    learned = fitted.predict(outputs.detach()).double().numpy()
    constant = np.tile(fitted.constant(), (len(truth), 1))
    decided = fitted.tuned(learned, truth).decide(learned)
    for name, metric in fitted.metrics.items():
        error = metric.error(decided if metric.decided else learned, truth)
        assert error >= 0 or math.isnan(error), f"`{name}` has the error {error}."
    metric = fitted.metrics[fitted.primary]
    better = metric.error(learned, truth) < metric.error(constant, truth)
    assert better, f"Less loss of `{fitted.name}` must mean a better '{fitted.primary}'."


def _check_bounded(loss: Loss, outputs: Tensor, targets: Tensor, labelled: Tensor) -> None:
    signs = outputs.sign()
    for given in (outputs, outputs[:, :1], 0 * signs, 30 * signs, 100 * signs):
        for there in (labelled, None):
            free = given.clone().requires_grad_()
            value = loss(free, targets, there)
            assert value.shape == (), f"`{loss.name}` must give a number, but gave {value.shape}."
            proper = 0 <= value < math.inf
            assert proper, f"`0 <= {value} < inf` must hold of `{loss.name}`."
            value.backward()  # type: ignore[no-untyped-call]
            assert free.grad is not None, f"No gradient of `{loss.name}` reaches the outputs."
            assert free.grad.isfinite().all(), f"`{loss.name}` has a gradient that is not finite."


def _check_members(loss: Loss, outputs: Tensor, targets: Tensor, labelled: Tensor) -> None:
    each = [loss(outputs[:, [member]], targets, labelled) for member in range(outputs.shape[1])]
    found = loss(outputs, targets, labelled)
    assert_close(found, torch.stack(each).mean(), msg=f"`{loss.name}` is no mean over members.")
    full = loss(outputs, targets, torch.ones_like(labelled))
    assert_close(loss(outputs, targets, None), full, msg="None is for labels that are all there.")


def _check_masked(loss: Loss, outputs: Tensor, targets: Tensor, labelled: Tensor) -> None:
    gone = torch.cat([labelled, torch.zeros_like(labelled)])
    free = torch.cat([outputs, torch.randn_like(outputs)]).requires_grad_()
    value = loss(free, torch.cat([targets, torch.zeros_like(targets)]), gone)
    known = loss(outputs, targets, labelled)
    assert_close(value, known, msg=f"In `{loss.name}`, rows without a label have influence.")
    value.backward()  # type: ignore[no-untyped-call]
    assert free.grad is not None
    assert not free.grad[len(outputs) :].any(), f"`{loss.name}` has a gradient without a label."
    free.grad = None
    nothing = loss(free, torch.zeros_like(gone), torch.zeros_like(gone))
    nothing.backward()  # type: ignore[no-untyped-call]
    assert nothing == 0, f"`{loss.name}` is {nothing} without any label."
    assert free.grad is not None, f"Without any label, the gradient of `{loss.name}` must be zero."
    assert not free.grad.any(), f"`{loss.name}` has a gradient without any label."


def _check_lessened(loss: Loss, outputs: Tensor, targets: Tensor, labelled: Tensor) -> None:
    free = outputs.clone().requires_grad_()
    optimizer = torch.optim.Adam([free], lr=0.1)
    for _ in range(100):
        optimizer.zero_grad()
        loss(free, targets, labelled).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    before, after = (float(loss(given, targets, labelled)) for given in (outputs, free.detach()))
    assert after < before, f"Its gradient does not lessen `{loss.name}`: {before} to {after}."


class _MadeUpProbe(Probe):
    """Measurements of nothing, every third of them without one of the tasks."""

    def __init__(self, n_tasks: int, n_stages: int, anchor: Anchor, step: int) -> None:
        self.anchor = anchor
        gone = torch.arange(n_tasks) == (step // 3 % n_tasks if step % 3 == 2 else n_tasks)
        losses = torch.rand(n_tasks) + 2 / (1 + step)
        unknown = gone.unsqueeze(0) | gone.unsqueeze(1)
        gramians = [_gramian(n_tasks).masked_fill(unknown, math.nan) for _ in range(n_stages)]
        ahead = [losses.unsqueeze(1) * (1 - 0.01 * gramian) for gramian in gramians]
        features = [torch.randn(n_tasks, 50, 4) for _ in range(n_stages)]
        targets = torch.randn(50, n_tasks)
        targets[:20, 0] = math.nan
        self.given = [losses.masked_fill(gone, math.nan), *gramians, *ahead, *features, targets]
        self.before = [tensor.clone() for tensor in self.given]
        self.n_stages = n_stages

    @property
    def untouched(self) -> bool:
        """Whether all is as it was."""
        pairs = zip(self.given, self.before, strict=True)
        return all(torch.equal(now.nan_to_num(), was.nan_to_num()) for now, was in pairs)

    @property
    def losses(self) -> Tensor:
        return self._allowed(Anchor.ALL_SHARED)[0]

    @property
    def gramians(self) -> Sequence[Tensor]:
        return self._allowed(Anchor.ALL_SHARED)[1 : 1 + self.n_stages]

    @property
    def learning_rate(self) -> float:
        self._allowed(Anchor.ALL_SHARED)
        return 0.01

    @property
    def look_ahead(self) -> Sequence[Tensor]:
        return self._allowed(Anchor.ALL_SHARED)[1 + self.n_stages : 1 + 2 * self.n_stages]

    @property
    def features(self) -> Sequence[Sequence[Tensor]]:
        stacked = self._allowed(Anchor.ALL_SHARED, Anchor.SINGLE_TASK)[1 + 2 * self.n_stages : -1]
        return [list(stage) for stage in stacked]

    @property
    def targets(self) -> Tensor:
        return self.given[-1]

    @property
    def n_classes(self) -> Sequence[int]:
        return [0] * self.given[-1].shape[1]

    def _allowed(self, *anchors: Anchor) -> list[Tensor]:
        found = f"An estimator with the anchor '{self.anchor}' cannot ask for this."
        assert self.anchor in anchors, found
        return self.given


def _gramian(n_tasks: int) -> Tensor:
    """What two independent batches give: gradients that agree in part, and noise."""
    shared = torch.randn(n_tasks, 8)
    first, second = (shared + 0.5 * torch.randn(n_tasks, 8) for _ in range(2))
    return (first @ second.T + second @ first.T) / 2


def _check_affinity(
    affinity: Affinity | None, tasks: tuple[str, ...], n_stages: int, name: str
) -> None:
    assert affinity is not None, f"`{name}` must have a result after all measurements."
    assert affinity.tasks == tasks, f"The affinity must be of {tasks}, but is of {affinity.tasks}."
    assert affinity.estimator == name, f"`{name}` gives the affinity of '{affinity.estimator}'."
    mean, std = np.array(affinity.mean), np.array(affinity.std)
    expected = (n_stages, len(tasks), len(tasks))
    assert mean.shape == std.shape == expected, f"{mean.shape=} and {std.shape=}: {expected=}."
    assert np.isfinite(mean).all(), "Means must be finite."
    assert np.isfinite(std).all(), "Standard errors must be finite."
    assert (std >= 0).all(), "Standard errors must not be negative."
    assert not np.diagonal(mean, axis1=1, axis2=2).any(), "The diagonal of means must be zero."
    again = Affinity.from_json(json.loads(json.dumps(affinity.to_json())))
    assert again == affinity, f"`{name}` must give JSON numbers: {affinity}."


def _affinity() -> Affinity:
    helpful = ((0.0, 0.2, -0.1), (0.3, 0.0, 0.1), (-0.2, 0.1, 0.0))
    noise = ((0.1,) * 3,) * 3
    return Affinity(("age", "job", "sex"), (helpful, helpful), (noise, noise), "made up")


def _space() -> SearchSpace:
    return SearchSpace(
        stages=2,
        primitives={HARD: {}, "soft_l2": {"strength": Uniform(1e-4, 1e-1, log=True)}},
        blocks={"mlp": {"width": Choice((32, 64, 128))}},
        balancers={"equal": {}},
        schedules={"constant": {}},
        training={"learning_rate": Uniform(1e-4, 1e-2, log=True)},
    )


def _searched(searcher: Searcher) -> list[_Told]:
    """What a searcher proposes, and is told of it in pairs, told of both anchors first."""
    rng, told = Random(0), list[_Told]()
    for anchor in _anchors(searcher.problem):
        searcher.tell(*anchor)
    for step in range(6):
        first = searcher.ask(rng)
        second = searcher.ask(rng, [first])
        gains = {task: 0.01 * step * i for i, task in enumerate(searcher.problem.tasks)}
        told += [(first, gains), (second, None)]
        searcher.tell(first, gains)
        searcher.tell(second, None)
    return told


def _anchors(problem: SearchProblem) -> list[_Told]:
    space, tasks = problem.space, problem.tasks
    graphs = [TaskGraph.single_task(tasks, space.stages), TaskGraph.all_shared(tasks, space.stages)]
    gains = dict.fromkeys(tasks, 0.0)
    return [(space.candidate(graph, space.default()), gains) for graph in graphs]


def _check_resumed(searcher: Searcher, again: Searcher, told: Sequence[_Told]) -> None:
    """``again`` is told what ``searcher`` was told, but not asked for it."""
    for telling in [*_anchors(again.problem), *told]:
        again.tell(*telling)
    pending: list[Candidate] = []
    for seed in range(3):
        here, there = searcher.ask(Random(seed), pending), again.ask(Random(seed), pending)
        assert here == there, f"Resumed, `{searcher.name}` asks for something else."
        pending.append(here)


def _check_candidate(candidate: Candidate, problem: SearchProblem) -> None:
    graph, values = candidate.graph, candidate.hyperparameters
    assert graph.tasks == tuple(sorted(problem.tasks)), f"{graph.tasks=} are not the problem's."
    assert len(graph.stages) == problem.space.stages, f"{graph} has a wrong number of stages."
    assert graph.primitives <= set(problem.space.primitives), f"{graph} has unknown primitives."
    assert problem.space.cascades or not graph.cascades, f"{graph} must not have cascade edges."
    known = problem.space.candidate(graph, problem.space.default()).hyperparameters
    assert values.keys() == known.keys(), f"{sorted(values)} must be {sorted(known)}."
    again = Candidate.from_json(json.loads(json.dumps(candidate.to_json())))
    assert again == candidate, f"A candidate must be JSON data: {candidate}."


def _check_empty_file(reader: Reader) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"empty{reader.suffixes[0]}"
        path.touch()
        for read in (reader.columns, reader.read):
            message = _data_error(read, path)
            assert message, f"`{reader.name}` must raise DataError for an empty file."
            assert message.startswith(str(path)), f"'{message}' must begin with the path, {path}."


def _data_error(read: Callable[[Path], Any], path: Path) -> str:
    try:
        read(path)
    except DataError as error:
        return str(error)
    return ""


def _exported(
    module: nn.Module, argument: Tensor | list[Tensor], batch: Any
) -> onnxruntime.InferenceSession:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of what concerns itself alone
        program = torch.onnx.export(
            module,
            (argument,),
            dynamo=True,
            opset_version=OPSET,
            dynamic_shapes=(batch,),
            verbose=False,
        )
    assert program is not None
    return onnxruntime.InferenceSession(program.model_proto.SerializeToString())


_ODD = 'täglich "a%b" //<ü>'  # the name of a task
_MADE_UP_SUMMARY: dict[str, Any] = {
    "trials": 3,
    "rows": [{"digest": "0", "graph": f"age+{_ODD}", "mean": {"mean": 0.1, "half_width": None}}],
    "tasks": [
        {
            "name": name,
            "metric": "rmse",
            "test": {"rmse": 0.5, "r2": None},
            "test_gain": {"mean": 0.1, "half_width": None},
        }
        for name in ("age", _ODD)
    ],
}


def _made_up_trials() -> list[Ended]:
    """One that succeeded, one that failed, and one that was cut."""
    candidate = Candidate(TaskGraph.all_shared(["age", _ODD], 1), {"block": "mlp", "width": 8})
    results = [
        Result(Status.DONE, "", {"age": 1.0}, {"age": {"rmse": 1.0, "r2": math.nan}}, seconds=2.0),
        Result(Status.FAILED, "ValueError: no such luck"),
        Result(Status.CUT),
    ]
    orders = [Order(candidate, seed, Phase.GRAPHS) for seed in range(len(results))]
    gains, curve = {"age": 0.1, _ODD: -0.2}, LossCurve((0.9, 0.5), (0.8, 0.6))
    return [
        Ended(number, Trial(order, result, float(number)), gains, {"age": curve, _ODD: curve})
        if result.status is Status.DONE
        else Ended(number, Trial(order, result, float(number)))
        for number, (order, result) in enumerate(zip(orders, results, strict=True), start=1)
    ]


def _check_heard(name: str, method: str, answer: object) -> None:
    assert answer is None, f"`{method}` of `{name}` returns nothing, but returned {answer!r}."
