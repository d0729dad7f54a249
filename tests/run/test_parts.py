import json
import math
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import product

import numpy as np
import torch
from pytest import fixture, mark, raises

from automtl.core.affinity import Affinity
from automtl.core.block import Features
from automtl.core.candidate import Candidate
from automtl.core.graph import Node, TaskGraph
from automtl.core.trial import Order, Phase, Status, Trial
from automtl.data.dataset import FittedSkip, TrainingData
from automtl.errors import RunError
from automtl.model.network import GraphNetwork, Network
from automtl.plugins import Plugins
from automtl.run import PartFiles, RunFolder
from automtl.train.fit import Curve
from automtl.train.part import Trained
from automtl.train.trial import run_trial, trial_network
from automtl.train.warm import Checkpoint
from automtl_plugins.blocks.mlp import MLP
from automtl_plugins.primitives.hard import Hard

Make = Callable[..., Candidate]

SHARED = TaskGraph.all_shared(["größe", "sex"], 2)
TRAINED = Trained(Curve(("größe", "sex"), [[0.5, 0.1]], [[0.6, 0.2]]))


def _network() -> GraphNetwork:
    return GraphNetwork(SHARED, dict.fromkeys(SHARED.tasks, 1), Features(3), MLP, {"hard": Hard})


def _keep(parts: PartFiles, order: Order, network: Network) -> None:
    """Keeps ``network`` as if it had been trained."""
    for part, part_network in zip(order.parts, network.parts, strict=True):
        parts.keep(part, part_network, TRAINED)


@fixture
def parts(run: RunFolder) -> PartFiles:
    return run.parts


@fixture(scope="module")
def data(penguins: object) -> TrainingData:
    return penguins.for_training()  # type: ignore[attr-defined,no-any-return]


@mark.parametrize(
    ("block", "primitive"),
    [*product(["linear", "mlp", "resnet", "tabm"], ["hard", "mtan"]), ("tabm", "cross_stitch")],
)
def test_weights_come_back_exactly(
    parts: PartFiles,
    data: TrainingData,
    plugins: Plugins,
    candidate: Make,
    block: str,
    primitive: str,
) -> None:
    tasks = tuple(task.name for task in data.tasks)
    made = candidate(TaskGraph(((Node(tasks, primitive),),)), block=block)
    order, other = (Order(made, seed, Phase.GRAPHS) for seed in (0, 1))
    network = trial_network(order, data, plugins)
    _keep(parts, order, network)
    restored = parts.restore(order, trial_network(other, data, plugins)).eval()
    inputs = torch.tensor(data.validation.inputs)
    with torch.no_grad():
        for task, output in network.eval()(inputs).items():
            assert torch.equal(output, restored(inputs)[task])


def test_the_sizes_of_nodes_are_those_of_the_network(
    parts: PartFiles, data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    first = Node(("body_mass_g", "sex"), "soft_l2"), Node(("species",))
    graph = TaskGraph((first, (Node(("body_mass_g",)), Node(("sex",)), Node(("species",)))))
    order = Order(candidate(graph), 0, Phase.GRAPHS)
    network = trial_network(order, data, plugins)
    assert parts.node_sizes(order) == {}
    _keep(parts, order, network)
    sizes = parts.node_sizes(order)
    assert set(sizes) == {(at, n.tasks) for at, stage in enumerate(graph.stages) for n in stage}
    nodes = (stage for part in network.parts for stage in part.stages)
    assert sum(sizes.values()) == sum(p.numel() for stage in nodes for p in stage.parameters())
    assert sizes[0, ("body_mass_g", "sex")] == 2 * sizes[0, ("species",)]


def test_a_trained_network_comes_back_with_its_affinity_and_curves(
    parts: PartFiles, data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    tasks = [task.name for task in data.tasks]
    order = Order(candidate(TaskGraph.all_shared(tasks, 2), epochs=30), 0, Phase.ANCHORS)
    cosine = plugins.affinities["cosine"]
    outcome = run_trial(order, data, plugins, torch.device("cpu"), math.inf, cosine, parts)
    assert outcome.affinity is not None
    assert outcome.network is not None
    trial = Trial(order, outcome.result)
    assert parts.affinity(trial) == outcome.affinity
    (kept,) = parts.curves(trial)
    assert kept == json.loads(json.dumps(asdict(outcome.curves[0])))
    state = parts.restore(order, trial_network(order, data, plugins)).state_dict()
    for name, tensor in outcome.network.state_dict().items():
        assert torch.equal(state[name], tensor)


def test_what_was_measured_in_the_single_task_anchor_is_found_again(
    parts: PartFiles, data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    made = candidate(TaskGraph.single_task([task.name for task in data.tasks], 2))
    order, rsa = Order(made, 0, Phase.ANCHORS), plugins.affinities["rsa"]
    for _ in range(2):  # trained, and then found
        outcome = run_trial(order, data, plugins, torch.device("cpu"), math.inf, rsa, parts)
        assert outcome.affinity is not None, outcome.result.reason
        assert parts.affinity(Trial(order, outcome.result)) == outcome.affinity
        (parts.path / "curves" / f"{order.key}.affinity.json").unlink()


def test_a_share_of_a_training_starts_from_a_checkpoint_in_the_folder(
    parts: PartFiles, data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    tasks, cpu = [task.name for task in data.tasks], torch.device("cpu")
    anchor = Order(candidate(TaskGraph.all_shared(tasks, 2)), 0, Phase.ANCHORS)
    apart = candidate(TaskGraph.single_task(tasks, 2))
    order = Order(apart, 0, Phase.GRAPHS, 0.25, anchor.key)
    missing = run_trial(order, data, plugins, cpu, math.inf, store=parts).result
    assert missing.status is Status.FAILED
    assert "warm.safetensors: the checkpoint to start from cannot be read" in missing.reason
    run_trial(anchor, data, plugins, cpu, math.inf, store=parts)
    outcome = run_trial(order, data, plugins, cpu, math.inf, store=parts)
    assert outcome.result.status is Status.DONE, outcome.result.reason
    assert outcome.network is not None
    assert len(parts.curves(Trial(order, outcome.result))) == 3
    state = parts.restore(order, trial_network(order, data, plugins)).state_dict()
    for name, tensor in outcome.network.state_dict().items():
        assert torch.equal(state[name], tensor)
    assert run_trial(order, data, plugins, cpu, math.inf, store=parts).result.epochs == 0


def test_the_skip_of_a_division_is_fitted_once(parts: PartFiles) -> None:
    fitted: list[FittedSkip] = []

    def fit() -> FittedSkip:
        values = np.arange(6, dtype=np.float32).reshape(3, 2) + len(fitted)
        fitted.append(FittedSkip(values, values[0], values, values[1:]))
        return fitted[-1]

    def equal(one: FittedSkip, other: FittedSkip) -> bool:
        return all(np.array_equal(vars(one)[name], vars(other)[name]) for name in vars(one))

    assert parts.skip("kernel", (0, 3), fit) is fitted[0]
    assert equal(parts.skip("kernel", (0, 3), fit), fitted[0])
    assert len(fitted) == 1
    assert not equal(parts.skip("kernel", (1, 3), fit), fitted[0])
    (parts.path / "models" / "kernel-0of3.safetensors").write_bytes(b"cut off")
    assert parts.skip("kernel", (0, 3), fit) is fitted[2]
    assert equal(parts.skip("kernel", (0, 3), fit), fitted[2])


def test_what_a_training_is_judged_by_is_kept(parts: PartFiles, trials: list[Trial]) -> None:
    order, network = trials[0].order, _network()
    parts.keep(order, network, TRAINED)
    assert parts.judged(order, ["größe"]) is None
    judged = {"größe": np.array([[0.5], [np.nan]]), "sex": np.array([[0.1, 0.9], [0.2, 0.8]])}
    parts.keep(order, network, replace(TRAINED, judged=judged))
    recalled = parts.recall(order, network)
    assert recalled is not None
    for found in (parts.judged(order, ["sex", "größe"]), recalled.judged):
        assert found is not None
        assert found.keys() == judged.keys()
        for task, values in judged.items():
            np.testing.assert_array_equal(found[task], values)
    assert parts.judged(order, ["sex", "größe", "alter"]) is None  # not of all tasks
    file = parts.path / "models" / f"{order.key}.judged.safetensors"
    file.write_bytes(b"cut off")
    assert parts.judged(order, ["sex", "größe"]) is None
    assert parts.recall(order, network) is None  # to be trained again


def test_what_was_never_trained_is_not_known(parts: PartFiles, trials: list[Trial]) -> None:
    network = _network()
    assert parts.recall(trials[1].order, network) is None
    assert parts.curves(trials[1]) == []
    assert parts.affinity(trials[1]) is None


def test_what_was_measured_is_found_again(parts: PartFiles, trials: list[Trial]) -> None:
    matrix = ((0.0, 0.1), (-0.3, 0.0))
    affinity = Affinity(("größe", "sex"), (matrix,), (matrix,), "cosine")
    network = _network()
    for trial, found in ((trials[0], affinity), (trials[2], None)):
        trained = replace(TRAINED, affinity=found)
        parts.keep(trial.order, network, trained)
        assert parts.affinity(trial) == found
        assert parts.recall(trial.order, network) == trained


def test_a_checkpoint_comes_back_exactly(parts: PartFiles, trials: list[Trial]) -> None:
    order = replace(trials[0].order, phase=Phase.ANCHORS)
    network = _network()
    checkpoint = Checkpoint({"value/a b": torch.randn(2, 3), "step/a b": torch.tensor(7.0)}, 3, 8)
    parts.keep(order, network, replace(TRAINED, checkpoint=checkpoint))
    found = parts.checkpoint(order.key)
    assert (found.epoch, found.epochs) == (3, 8)
    assert found.tensors.keys() == checkpoint.tensors.keys()
    assert all(torch.equal(found.tensors[name], checkpoint.tensors[name]) for name in found.tensors)
    file = parts.path / "models" / f"{order.key}.warm.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    with raises(RunError, match=r"warm\.safetensors: the checkpoint to start from cannot be read"):
        parts.checkpoint(order.key)
    assert parts.recall(order, network) is None  # to be trained, and its checkpoint taken, again
    file.unlink()
    assert parts.recall(order, network) is None


@mark.parametrize("name", ["models/{}.safetensors", "curves/{}.json"])
@mark.parametrize("content", [None, b"", b"{}", b"[]", b"\xff" * 9])
def test_a_broken_part_is_as_good_as_never_trained(
    parts: PartFiles, trials: list[Trial], name: str, content: bytes | None
) -> None:
    order = trials[0].order
    network = _network()
    other = _network()
    parts.keep(order, network, TRAINED)
    file = parts.path / name.format(order.key)
    file.unlink() if content is None else file.write_bytes(content)
    before = {name: tensor.clone() for name, tensor in other.state_dict().items()}
    assert parts.recall(order, other) is None
    assert all(torch.equal(tensor, before[name]) for name, tensor in other.state_dict().items())


def test_a_part_that_cannot_be_written_says_so(parts: PartFiles, trials: list[Trial]) -> None:
    network = _network()
    shutil.rmtree(parts.path / "models")
    with raises(RunError, match="a trained part cannot be written: No such file"):
        parts.keep(trials[0].order, network, TRAINED)


def test_weights_that_cannot_be_restored_are_named(
    parts: PartFiles, data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    tasks = [task.name for task in data.tasks]
    small, large = (
        Order(candidate(TaskGraph.all_shared(tasks, 1), **{"block.width": width}), 0, Phase.GRAPHS)
        for width in (8, 16)
    )
    network = trial_network(small, data, plugins)
    with raises(RunError, match=rf"{small.key}\.safetensors.*cannot be restored"):
        parts.restore(small, network)
    _keep(parts, small, network)
    file = parts.path / "models" / f"{small.key}.safetensors"
    file.rename(file.with_name(f"{large.key}.safetensors"))
    with raises(RunError, match="cannot be restored"):
        parts.restore(large, trial_network(large, data, plugins))
    file.write_bytes(b"\0" * 4)
    with raises(RunError, match="cannot be restored"):
        parts.restore(small, network)
