"""A search in this process gives what one by a worker of Ray gives."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pytest import MonkeyPatch, mark, raises

from automtl.config import bundled_config, override
from automtl.core.trial import Trial
from automtl.errors import RunError
from automtl.pipeline import check, resume, search
from automtl.report.summary import Summary
from automtl.run import RunFolder
from automtl.search.progress import Progress

LAST = 3  # trials that are done again


def _numbers(trial: Trial) -> tuple[str, str, Mapping[str, float], Mapping[str, Any]]:
    """What does not depend on how busy the machine is, nor on what was trained before."""
    return trial.order.key, trial.phase.value, trial.result.errors, trial.result.metrics


def _forget_last_trials(folder: Path) -> None:
    file = folder / "trials.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:-LAST]))
    kept = {part.key for trial in RunFolder.open(folder).trials() for part in trial.order.parts}
    for weights in (folder / "models").glob("*.safetensors"):
        if weights.name.split(".")[0] not in kept:
            weights.unlink()


def test_goes_on_with_what_ray_began_and_ends_alike(finished: Summary, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished.folder, folder)
    _forget_last_trials(folder)
    torch.set_num_threads(2)
    resume(folder, Progress(), change=lambda config: override(config, workers=0))
    assert torch.get_num_threads() == 2
    ours, theirs = (RunFolder.open(each).trials() for each in (folder, finished.folder))
    assert [*map(_numbers, ours)] == [*map(_numbers, theirs)]
    assert (folder / "best.onnx").read_bytes() == (finished.folder / "best.onnx").read_bytes()


class Impatient(Progress):
    """A user who interrupts when a graph is trained."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)

    def started(self, *about: object) -> None:
        if about[2] == 2:
            raise KeyboardInterrupt


def test_an_interrupt_ends_it_tidily(tmp_path: Path) -> None:
    user, folder = Impatient(), tmp_path / "run"
    found = search(override(bundled_config(), trials=9, workers=0), folder, user)
    assert found.trials == 2
    assert f"Interrupted. Go on with: automtl search --resume {folder}" in user.said
    assert (folder / "best.onnx").is_file()


@mark.parametrize("address", ["127.0.0.1:6379"])
def test_a_cluster_has_workers(address: str, monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr("automtl.pipeline.check_address", lambda _: None)
    with raises(RunError, match="with 0 workers no cluster is used"):
        check(override(bundled_config(), workers=0), address)
