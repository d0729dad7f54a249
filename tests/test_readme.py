"""Every command of the README does what it says; CI runs the first block in a clean clone."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pytest import CaptureFixture, MonkeyPatch, mark, raises

from automtl import cli
from automtl.config import check_plugins, load_config
from automtl.data.bundled import PENGUINS
from automtl.data.read import read_data
from automtl.plugins import Plugins
from automtl.report.summary import Summary
from automtl.serve.service import Service

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def _commands(word: str) -> list[list[str]]:
    """The commands of the shell blocks in which ``word`` occurs, without comments."""
    lines = (
        line
        for kind, block in BLOCKS
        if kind == "sh" and word in block
        for line in block.split("\n")
    )
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


def _run(monkeypatch: MonkeyPatch, command: list[str]) -> None:
    """Runs a command in this process."""
    monkeypatch.setattr(sys, "argv", command)
    with raises(SystemExit) as exit_:
        cli.main()
    assert not exit_.value.code, shlex.join(command)


def test_the_commands_for_own_data_work_in_turn(tmp_path: Path, monkeypatch: MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("data.csv", "new.csv"):
        (tmp_path / name).write_bytes(PENGUINS.read_bytes())
    commands = _commands("automtl init") + _commands("--resume")
    assert [command[1] for command in commands] == [
        "init", "validate", "search", "predict", "search"
    ]  # fmt: skip
    trials, found = tmp_path / "runs" / "automtl" / "trials.jsonl", [""]
    for command in commands:
        quick = ["--trials", str(3 + len(found))] if command[1] == "search" else []
        _run(monkeypatch, [*command, *quick])
        if quick:
            found.append(trials.read_text())
    assert (tmp_path / "out.csv").is_file()
    assert [text.count("\n") for text in found] == [0, 4, 5]
    assert found[2].startswith(found[1]), "A finished search may be given more."


def test_the_configuration_of_every_kind_loads_and_fits_data(
    tmp_path: Path, plugins: Plugins
) -> None:
    (text,) = [block for kind, block in BLOCKS if kind == "yaml" and "multilabel" in block]
    rng, rows = np.random.default_rng(0), 90
    columns = {
        "x": rng.normal(size=rows),
        "churn": rng.choice(["yes", "no"], rows),
        "topics": rng.choice(["a", "a;b", "b; c", "c"], rows),
        "maths": rng.normal(size=rows),
        "physics": rng.normal(size=rows),
        "stars": rng.choice(["poor", "fair", "good"], rows),
        "visits": rng.poisson(3, rows),
        "relevance": rng.integers(0, 3, rows),
        "customer": np.repeat(np.arange(rows // 5), 5),
    }
    pq.write_table(pa.table(columns), tmp_path / "data.parquet")
    (tmp_path / "automtl.yaml").write_text(text.replace("data.csv", "data.parquet"))
    config = load_config(tmp_path / "automtl.yaml")
    check_plugins(config, plugins)
    data = read_data(config.data_request(), plugins)
    kinds = {task.name: task.kind for task in data.tasks}
    assert list(kinds.values()) == [
        "binary", "multilabel", "multi_output", "ordinal", "count", "ranking"
    ]  # fmt: skip
    assert data.kinds[1].columns == ("a", "b", "c")
    assert list(data.table) == ["x"]


@mark.usefixtures("inline")
def test_the_command_for_cross_validation_works(tmp_path: Path, monkeypatch: MonkeyPatch) -> None:
    (tmp_path / "data.csv").write_bytes(PENGUINS.read_bytes())
    (tmp_path / "automtl.yaml").write_text("data: data.csv\ntargets: [species, sex]\nspace: tiny\n")
    (command,) = _commands("--folds")
    assert command[:3] == ["automtl", "search", "automtl.yaml"]
    monkeypatch.chdir(tmp_path)
    _run(monkeypatch, [*command, "--folds", "2", "--trials", "4"])  # the last of each counts
    names = {file.name for file in (tmp_path / "runs" / "folds").iterdir()}
    assert names == {"config.yaml", "folds.json", "folds.md", "fold-1", "fold-2"}


def test_the_example_of_a_primitive_is_there() -> None:
    (command,) = _commands("my_primitive")  # run by the tests of the command line
    for file in (command[2], command[4]):
        assert (REPOSITORY / file).is_file()


def test_the_estimators_snippet_runs(capsys: CaptureFixture[str]) -> None:
    (snippet,) = [block for kind, block in BLOCKS if kind == "python" and "MultiTask" in block]
    exec(snippet, {})
    assert "body_mass_g" in capsys.readouterr().out


def test_the_commands_for_a_finished_run_work(
    finished: Summary, tmp_path: Path, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("penguins", "automtl", "a", "b"):
        copytree(finished.folder, tmp_path / "runs" / name)
    (tmp_path / "new.csv").write_bytes(PENGUINS.read_bytes())
    words = ("automtl report", "automtl export", "automtl trials", "automtl serve")
    commands = [command for word in words for command in _commands(word)]
    asked = [command[1] for command in commands]
    assert asked == [
        "report", "compare", "export", "export", "export", "trials", "trials", "predict", "serve",
    ]  # fmt: skip
    for command in commands[:-1]:
        _run(monkeypatch, command)
    for file in ("compare.html", "two.onnx", "old.onnx", "small.onnx", "trials.csv", "study.db"):
        assert (tmp_path / file).is_file(), file
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 344


def test_what_is_asked_of_the_server_is_answered(finished: Summary) -> None:
    (command,) = _commands("curl")
    assert command[:3] == ["curl", "localhost:8000/predict", "--json"]
    answer = Service(finished.folder / "best.onnx").answer("POST", "/predict", command[3].encode())
    assert answer.status == 200
    assert set(json.loads(answer.body)) == {"species", "sex", "body_mass_g"}


def test_the_python_snippet_runs(finished: Summary) -> None:
    (snippet,) = [block for kind, block in BLOCKS if kind == "python" and "onnxruntime" in block]
    code = snippet.replace("runs/penguins", str(finished.folder)) + "print(species, mass)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"\['(Adelie|Chinstrap|Gentoo)'\] \[\d{4}\.?\d*\]\n", done.stdout)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (REPOSITORY / target).exists(), target
