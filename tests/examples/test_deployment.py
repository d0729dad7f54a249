import csv
import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
from pytest import MonkeyPatch, approx, raises

from automtl import cli
from automtl.data.bundled import PENGUINS
from automtl.deploy.predict import Predictor
from automtl.report.summary import Summary

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/deployment"
DOCKERFILE = (EXAMPLE / "Dockerfile").read_text()


def test_the_script_predicts_as_automtl_does(finished: Summary) -> None:
    model = finished.folder / "best.onnx"
    command = [sys.executable, "-X", "importtime", EXAMPLE / "predict.py", model, PENGUINS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert not re.search(r"\| +(automtl|torch|ray|pandas)\b", done.stderr)
    with PENGUINS.open() as file:
        rows = list(csv.DictReader(file))
    assert len(found) == len(rows) == 344
    island = [row["island"] for row in rows]
    numbers = {
        name: [None if row[name] in ("", "NA") else float(row[name]) for row in rows]
        for name in ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "year")
    }
    expected = Predictor(model).predict({"island": island, **numbers})
    assert [row["species"] for row in found] == expected["species"].tolist()
    assert [row["body_mass_g"] for row in found] == approx(expected["body_mass_g"].tolist())
    likely = [list(row["sex_probability"].values()) for row in found]
    np.testing.assert_allclose(likely, expected["sex_probability"], rtol=1e-6)


def instructions(word: str) -> list[str]:
    """What follows ``word`` in the lines of the Dockerfile."""
    return re.findall(rf"^{word} (.*)$", DOCKERFILE, flags=re.MULTILINE)


def test_all_that_the_image_copies_is_there() -> None:
    sources = [word for line in instructions("COPY") for word in shlex.split(line)[:-1]]
    ours = [s for s in sources if not s.startswith(("/", "--from", "${"))]
    assert {"automtl", "plugins", "examples/deployment/requirements.txt"} <= set(ours)
    for source in ours:
        assert (ROOT / source).exists(), source


def test_the_image_has_all_that_the_wheel_is_built_from() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {path.split("/")[0] for path in wheel["only-include"]}
    needed |= {project["project"]["readme"], *project["project"]["license-files"]}
    copied = {word for line in instructions("COPY") for word in shlex.split(line)}
    assert needed <= copied


def test_the_image_installs_little() -> None:
    lines = (EXAMPLE / "requirements.txt").read_text().split()
    assert {re.split("[<>=]", line)[0] for line in lines} == {"numpy", "onnxruntime", "typer"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(lines) <= set(project["project"]["dependencies"])
    for line in instructions("RUN pip"):
        assert "--no-deps" in line or "requirements.txt" in line


def test_the_command_of_the_image_is_one(monkeypatch: MonkeyPatch) -> None:
    (command,) = map(json.loads, instructions("CMD"))
    found: list[object] = []
    monkeypatch.setattr("automtl.serve.server.serve", lambda *given: found.extend(given))
    monkeypatch.setattr(sys, "argv", command)
    with raises(SystemExit) as exit_:
        cli.main()
    assert exit_.value.code == 0
    assert found[:3] == [Path("/best.onnx"), "0.0.0.0", 8000]
    assert instructions("EXPOSE") == ["8000"]
