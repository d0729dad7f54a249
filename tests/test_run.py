import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

import numpy as np
import torch
from pytest import MonkeyPatch, fixture, mark, raises

from automtl.core.affinity import Affinity
from automtl.core.block import Features
from automtl.core.candidate import Candidate
from automtl.core.graph import Node, TaskGraph
from automtl.core.trial import Order, Phase, Status, Trial
from automtl.data.dataset import FittedSkip, TrainingData
from automtl.errors import RunError
from automtl.model.network import GraphNetwork, Network
from automtl.plugins import Plugins
from automtl.run import RunFolder
from automtl.train.fit import Curve
from automtl.train.part import Trained
from automtl.train.trial import run_trial, trial_network
from automtl.train.warm import Checkpoint
from automtl_plugins.blocks.mlp import MLP
from automtl_plugins.primitives.hard import Hard

Make = Callable[..., Candidate]
End = Callable[..., Trial]

SHARED = TaskGraph.all_shared(["größe", "sex"], 2)
TRAINED = Trained(Curve(("größe", "sex"), [[0.5, 0.1]], [[0.6, 0.2]]))


def _network() -> GraphNetwork:
    return GraphNetwork(SHARED, dict.fromkeys(SHARED.tasks, 1), Features(3), MLP, {"hard": Hard})


def _keep(run: RunFolder, order: Order, network: Network) -> None:
    """Keeps ``network`` as if it had been trained."""
    for part, part_network in zip(order.parts, network.parts, strict=True):
        run.keep(part, part_network, TRAINED)


@fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "runs" / "one", "name: one\n", {"digest": "d"})


@fixture(scope="module")
def data(penguins: object) -> TrainingData:
    return penguins.for_training()  # type: ignore[attr-defined,no-any-return]


@fixture
def trials(candidate: Make, ended: End) -> list[Trial]:
    made = candidate(SHARED)
    return [
        ended(made, {"größe": 0.5, "sex": 1 / 3}, seed)
        if seed != 1
        else ended(made, {}, seed, reason="ValueError: »no«\u2028\x85")
        for seed in range(3)
    ]


def test_a_folder_is_made_once(run: RunFolder) -> None:
    assert run.config.read_text() == "name: one\n"
    assert run.trials() == []
    with raises(RunError, match=r"exists.*--resume.*--name"):
        RunFolder.create(run.path, "", {})
    assert run.config.read_text() == "name: one\n"


def test_what_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with raises(RunError, match="cannot be written: Not a directory"):
        RunFolder.create(tmp_path / "file" / "run", "", {})
    with raises(RunError, match="cannot be written: File name too long"):
        RunFolder.create(tmp_path / ("long" * 100), "", {})


@mark.parametrize("missing", ["config.yaml", "trials.jsonl"])
def test_something_else_is_not_opened(run: RunFolder, missing: str) -> None:
    assert RunFolder.open(run.path) == run
    (run.path / missing).unlink()
    with raises(RunError, match="not a run folder"):
        RunFolder.open(run.path)
    with raises(RunError, match="not a run folder"):
        RunFolder.open(run.path / "nowhere")


def test_the_path_survives_a_change_of_the_working_directory(
    tmp_path: Path, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    RunFolder.create(Path("here"), "", {})
    opened = RunFolder.open(Path("here"))
    monkeypatch.chdir("/")
    assert opened.trials() == []


def test_trials_come_back_as_they_were_added(run: RunFolder, trials: list[Trial]) -> None:
    for trial in trials:
        run.append(trial)
    assert RunFolder.open(run.path).trials() == trials
    assert len((run.path / "trials.jsonl").read_bytes().splitlines()) == 3


def test_a_line_cut_off_at_any_byte_is_dropped(run: RunFolder, trials: list[Trial]) -> None:
    file = run.path / "trials.jsonl"
    run.append(trials[0])
    first = file.read_bytes()
    run.append(trials[1])
    both = file.read_bytes()
    for end in range(len(first), len(both), 7):
        file.write_bytes(both[:end])
        assert run.trials() == trials[:1]
        run.append(trials[2])  # and the next one is whole
        assert run.trials() == [trials[0], trials[2]]


def test_who_only_looks_leaves_a_cut_line_alone(run: RunFolder, trials: list[Trial]) -> None:
    run.append(trials[0])
    with (run.path / "trials.jsonl").open("ab") as file:
        file.write(b'{"cut')
    before = (run.path / "trials.jsonl").read_bytes()
    assert run.trials(mend=False) == trials[:1]
    assert (run.path / "trials.jsonl").read_bytes() == before


def test_bytes_that_are_no_text_are_dropped_with_their_line(
    run: RunFolder, trials: list[Trial]
) -> None:
    run.append(trials[0])
    with (run.path / "trials.jsonl").open("ab") as file:
        file.write(b"\0\xff\xfe")
    assert run.trials() == trials[:1]
    assert run.trials() == trials[:1]


@mark.parametrize("line", ["", "{", "[1]", "null", "{}", '{"candidate": {}}', "\xff"])
def test_a_broken_line_before_the_last_is_an_error(
    run: RunFolder, trials: list[Trial], line: str
) -> None:
    run.append(trials[0])
    with (run.path / "trials.jsonl").open("ab") as file:
        file.write(line.encode("latin-1") + b"\n")
    run.append(trials[1])
    with raises(RunError, match=r"trials\.jsonl:2: this line is no trial"):
        run.trials()


def test_a_second_search_is_kept_out(run: RunFolder, trials: list[Trial]) -> None:
    other = (
        "import sys; from pathlib import Path; from automtl.run import RunFolder\n"
        "with RunFolder.open(Path(sys.argv[1])).lock(): print('in')"
    )
    assert not run.locked
    with run.lock():
        assert run.locked
        run.append(trials[0])  # which opens the locked file again
        with raises(RunError, match="another search is at work"), run.lock():
            pass
        done = _python(other, run)
        assert done.returncode == 1
        assert "another search is at work" in done.stderr
    assert _python(other, run).stdout == "in\n"
    assert run.trials() == trials[:1]


def test_a_killed_search_loses_its_lock(run: RunFolder) -> None:
    killed = (
        "import os, sys; from pathlib import Path; from automtl.run import RunFolder\n"
        "with RunFolder.open(Path(sys.argv[1])).lock(): os.kill(os.getpid(), 9)"
    )
    assert _python(killed, run).returncode == -9
    with run.lock():
        pass


def test_a_folder_that_went_away_cannot_be_locked(run: RunFolder) -> None:
    shutil.rmtree(run.path)
    with raises(RunError, match="cannot be written"), run.lock():
        pass


def _python(code: str, run: RunFolder) -> "subprocess.CompletedProcess[str]":
    roots = [str(Path(__file__).parents[1] / folder) for folder in (".", "plugins")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(roots)}
    command = [sys.executable, "-c", code, str(run.path)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@mark.parametrize(
    ("block", "primitive"),
    [*product(["linear", "mlp", "resnet", "tabm"], ["hard", "mtan"]), ("tabm", "cross_stitch")],
)
def test_weights_come_back_exactly(
    run: RunFolder,
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
    _keep(run, order, network)
    restored = run.restore(order, trial_network(other, data, plugins)).eval()
    inputs = torch.tensor(data.validation.inputs)
    with torch.no_grad():
        for task, output in network.eval()(inputs).items():
            assert torch.equal(output, restored(inputs)[task])


def test_the_sizes_of_nodes_are_those_of_the_network(
    run: RunFolder, data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    first = Node(("body_mass_g", "sex"), "soft_l2"), Node(("species",))
    graph = TaskGraph((first, (Node(("body_mass_g",)), Node(("sex",)), Node(("species",)))))
    order = Order(candidate(graph), 0, Phase.GRAPHS)
    network = trial_network(order, data, plugins)
    assert run.node_sizes(order) == {}
    _keep(run, order, network)
    sizes = run.node_sizes(order)
    assert set(sizes) == {(at, n.tasks) for at, stage in enumerate(graph.stages) for n in stage}
    nodes = (stage for part in network.parts for stage in part.stages)
    assert sum(sizes.values()) == sum(p.numel() for stage in nodes for p in stage.parameters())
    assert sizes[0, ("body_mass_g", "sex")] == 2 * sizes[0, ("species",)]


def test_a_trained_network_comes_back_with_its_affinity_and_curves(
    run: RunFolder, data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    tasks = [task.name for task in data.tasks]
    order = Order(candidate(TaskGraph.all_shared(tasks, 2), epochs=30), 0, Phase.ANCHORS)
    cosine = plugins.affinities["cosine"]
    outcome = run_trial(order, data, plugins, torch.device("cpu"), math.inf, cosine, run)
    assert outcome.affinity is not None
    assert outcome.network is not None
    trial = Trial(order, outcome.result)
    assert run.affinity(trial) == outcome.affinity
    (kept,) = run.curves(trial)
    assert kept == json.loads(json.dumps(asdict(outcome.curves[0])))
    state = run.restore(order, trial_network(order, data, plugins)).state_dict()
    for name, tensor in outcome.network.state_dict().items():
        assert torch.equal(state[name], tensor)


def test_what_was_measured_in_the_single_task_anchor_is_found_again(
    run: RunFolder, data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    made = candidate(TaskGraph.single_task([task.name for task in data.tasks], 2))
    order, rsa = Order(made, 0, Phase.ANCHORS), plugins.affinities["rsa"]
    for _ in range(2):  # trained, and then found
        outcome = run_trial(order, data, plugins, torch.device("cpu"), math.inf, rsa, run)
        assert outcome.affinity is not None, outcome.result.reason
        assert run.affinity(Trial(order, outcome.result)) == outcome.affinity
        (run.path / "curves" / f"{order.key}.affinity.json").unlink()


def test_a_share_of_a_training_starts_from_a_checkpoint_in_the_folder(
    run: RunFolder, data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    tasks, cpu = [task.name for task in data.tasks], torch.device("cpu")
    anchor = Order(candidate(TaskGraph.all_shared(tasks, 2)), 0, Phase.ANCHORS)
    apart = candidate(TaskGraph.single_task(tasks, 2))
    order = Order(apart, 0, Phase.GRAPHS, 0.25, anchor.key)
    missing = run_trial(order, data, plugins, cpu, math.inf, store=run).result
    assert missing.status is Status.FAILED
    assert "warm.safetensors: the checkpoint to start from cannot be read" in missing.reason
    run_trial(anchor, data, plugins, cpu, math.inf, store=run)
    outcome = run_trial(order, data, plugins, cpu, math.inf, store=run)
    assert outcome.result.status is Status.DONE, outcome.result.reason
    assert outcome.network is not None
    assert len(run.curves(Trial(order, outcome.result))) == 3
    state = run.restore(order, trial_network(order, data, plugins)).state_dict()
    for name, tensor in outcome.network.state_dict().items():
        assert torch.equal(state[name], tensor)
    assert run_trial(order, data, plugins, cpu, math.inf, store=run).result.epochs == 0


def test_the_skip_of_a_division_is_fitted_once(run: RunFolder) -> None:
    fitted: list[FittedSkip] = []

    def fit() -> FittedSkip:
        values = np.arange(6, dtype=np.float32).reshape(3, 2) + len(fitted)
        fitted.append(FittedSkip(values, values[0], values, values[1:]))
        return fitted[-1]

    def equal(one: FittedSkip, other: FittedSkip) -> bool:
        return all(np.array_equal(vars(one)[name], vars(other)[name]) for name in vars(one))

    assert run.skip("kernel", (0, 3), fit) is fitted[0]
    assert equal(run.skip("kernel", (0, 3), fit), fitted[0])
    assert len(fitted) == 1
    assert not equal(run.skip("kernel", (1, 3), fit), fitted[0])
    (run.path / "models" / "kernel-0of3.safetensors").write_bytes(b"cut off")
    assert run.skip("kernel", (0, 3), fit) is fitted[2]
    assert equal(run.skip("kernel", (0, 3), fit), fitted[2])


def test_what_a_training_is_judged_by_is_kept(run: RunFolder, trials: list[Trial]) -> None:
    order, network = trials[0].order, _network()
    run.keep(order, network, TRAINED)
    assert run.judged(order, ["größe"]) is None
    judged = {"größe": np.array([[0.5], [np.nan]]), "sex": np.array([[0.1, 0.9], [0.2, 0.8]])}
    run.keep(order, network, replace(TRAINED, judged=judged))
    recalled = run.recall(order, network)
    assert recalled is not None
    for found in (run.judged(order, ["sex", "größe"]), recalled.judged):
        assert found is not None
        assert found.keys() == judged.keys()
        for task, values in judged.items():
            np.testing.assert_array_equal(found[task], values)
    assert run.judged(order, ["sex", "größe", "alter"]) is None  # not of all tasks
    file = run.path / "models" / f"{order.key}.judged.safetensors"
    file.write_bytes(b"cut off")
    assert run.judged(order, ["sex", "größe"]) is None
    assert run.recall(order, network) is None  # to be trained again


def test_what_was_never_trained_is_not_known(run: RunFolder, trials: list[Trial]) -> None:
    network = _network()
    assert run.recall(trials[1].order, network) is None
    assert run.curves(trials[1]) == []
    assert run.affinity(trials[1]) is None


def test_what_was_measured_is_found_again(run: RunFolder, trials: list[Trial]) -> None:
    matrix = ((0.0, 0.1), (-0.3, 0.0))
    affinity = Affinity(("größe", "sex"), (matrix,), (matrix,), "cosine")
    network = _network()
    for trial, found in ((trials[0], affinity), (trials[2], None)):
        trained = replace(TRAINED, affinity=found)
        run.keep(trial.order, network, trained)
        assert run.affinity(trial) == found
        assert run.recall(trial.order, network) == trained


def test_a_checkpoint_comes_back_exactly(run: RunFolder, trials: list[Trial]) -> None:
    order = replace(trials[0].order, phase=Phase.ANCHORS)
    network = _network()
    checkpoint = Checkpoint({"value/a b": torch.randn(2, 3), "step/a b": torch.tensor(7.0)}, 3, 8)
    run.keep(order, network, replace(TRAINED, checkpoint=checkpoint))
    found = run.checkpoint(order.key)
    assert (found.epoch, found.epochs) == (3, 8)
    assert found.tensors.keys() == checkpoint.tensors.keys()
    assert all(torch.equal(found.tensors[name], checkpoint.tensors[name]) for name in found.tensors)
    file = run.path / "models" / f"{order.key}.warm.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    with raises(RunError, match=r"warm\.safetensors: the checkpoint to start from cannot be read"):
        run.checkpoint(order.key)
    assert run.recall(order, network) is None  # to be trained, and its checkpoint taken, again
    file.unlink()
    assert run.recall(order, network) is None


@mark.parametrize("name", ["models/{}.safetensors", "curves/{}.json"])
@mark.parametrize("content", [None, b"", b"{}", b"[]", b"\xff" * 9])
def test_a_broken_part_is_as_good_as_never_trained(
    run: RunFolder, trials: list[Trial], name: str, content: bytes | None
) -> None:
    order = trials[0].order
    network = _network()
    other = _network()
    run.keep(order, network, TRAINED)
    file = run.path / name.format(order.key)
    file.unlink() if content is None else file.write_bytes(content)
    before = {name: tensor.clone() for name, tensor in other.state_dict().items()}
    assert run.recall(order, other) is None
    assert all(torch.equal(tensor, before[name]) for name, tensor in other.state_dict().items())


def test_a_part_that_cannot_be_written_says_so(run: RunFolder, trials: list[Trial]) -> None:
    network = _network()
    shutil.rmtree(run.path / "models")
    with raises(RunError, match="a trained part cannot be written: No such file"):
        run.keep(trials[0].order, network, TRAINED)


def test_weights_that_cannot_be_restored_are_named(
    run: RunFolder, data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    tasks = [task.name for task in data.tasks]
    small, large = (
        Order(candidate(TaskGraph.all_shared(tasks, 1), **{"block.width": width}), 0, Phase.GRAPHS)
        for width in (8, 16)
    )
    network = trial_network(small, data, plugins)
    with raises(RunError, match=rf"{small.key}\.safetensors.*cannot be restored"):
        run.restore(small, network)
    _keep(run, small, network)
    file = run.path / "models" / f"{small.key}.safetensors"
    file.rename(file.with_name(f"{large.key}.safetensors"))
    with raises(RunError, match="cannot be restored"):
        run.restore(large, trial_network(large, data, plugins))
    file.write_bytes(b"\0" * 4)
    with raises(RunError, match="cannot be restored"):
        run.restore(small, network)


def test_files_are_written_whole_or_not_at_all(run: RunFolder) -> None:
    run.write_json("data.json", {"digest": "ä1"})
    with raises(TypeError):
        run.write_json("data.json", {"digest": object()})
    assert run.data_digest() == "ä1"
    run.write_text("MODEL_CARD.md", "größe ± 1\n")
    assert (run.path / "MODEL_CARD.md").read_text(encoding="utf-8") == "größe ± 1\n"
    names = {file.name for file in run.path.iterdir()}
    assert names == {
        "config.yaml", "trials.jsonl", "models", "curves", "data.json", "MODEL_CARD.md",
    }  # fmt: skip


def test_json_is_read_back_and_a_broken_file_named(run: RunFolder) -> None:
    run.write_json("best.json", {"a": [1, None]})
    assert run.read_json("best.json") == {"a": [1, None]}
    assert run.read_json("gone.json") is None
    run.write_text("best.json", "{")
    with raises(RunError, match=r"best\.json: this file cannot be read"):
        run.read_json("best.json")


def test_the_errors_of_constants_are_read_back(run: RunFolder) -> None:
    assert run.constants() is None
    run.write_json("data.json", {"digest": "d", "constants": {"a": 0.5, "b": math.nan}})
    constants = run.constants()
    assert constants is not None
    assert constants["a"] == 0.5
    assert math.isnan(constants["b"])


@mark.parametrize("content", [None, "", "{}", "[]", "\0"])
def test_without_a_digest_of_the_data_a_search_cannot_go_on(
    run: RunFolder, content: str | None
) -> None:
    (run.path / "data.json").unlink()
    if content is not None:
        (run.path / "data.json").write_text(content)
    with raises(RunError, match=r"data\.json: there is no digest.*Remove the folder"):
        run.data_digest()


def test_the_report_of_the_data_is_read_back(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", "", {"digest": "d", "report": {"rows": {}}})
    assert run.data_report() == {"rows": {}}
    (tmp_path / "run" / "data.json").write_text("{}")
    assert run.data_report() == {}


def test_the_id_is_made_once_moves_along_and_is_no_other_searchs(tmp_path: Path) -> None:
    first, second = (RunFolder.create(tmp_path / name, "", {}) for name in ("a", "b"))
    assert not (first.path / "id.txt").exists()
    known = first.id()
    assert (len(known), known.isalnum()) == (12, True)
    moved = RunFolder.open(first.path.rename(tmp_path / "c"))
    assert known == moved.id() != second.id()
    (moved.path / "id.txt").unlink()
    (moved.path / "id.txt").mkdir()
    with raises(RunError, match=r"id\.txt: cannot be read or written"):
        moved.id()
