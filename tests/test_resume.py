"""A search survives whatever ends it: nothing that was finished is lost or done again."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from pytest import fixture

ARGUMENTS = ("--workers", "1", "--trials", "10", "--seed", "3")


def _start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "automtl", "search", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _finish(process: subprocess.Popen[str]) -> str:
    out, error = process.communicate(timeout=240)
    assert process.returncode == 0, error
    return out


def _trials(run: Path) -> list[dict[str, Any]]:
    """The trials without what the clock said, and without who trained a part that several have."""
    found = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    for trial in found:
        del trial["elapsed"]
        for name in ("seconds", "latency_ms", "epochs"):
            del trial["result"][name]
    return found


def _conclusion(out: str) -> str:
    """What is printed at the end, but for the path of the model and what the clock said."""
    return re.sub(r"cost [\d.,]+ J", "cost J", out[out.index("Leaderboard") : out.rindex("\n\n")])


def _wait_for_lines(file: Path, n: int) -> None:
    deadline = time.monotonic() + 120
    while not file.is_file() or len(file.read_text().splitlines()) < n:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@fixture(scope="module")
def whole(tmp_path_factory: Any) -> tuple[Path, str]:
    """A search that nobody disturbed, and what it printed."""
    folder = tmp_path_factory.mktemp("whole")
    return folder / "runs" / "penguins", _finish(_start(folder, *ARGUMENTS))


def test_killed_at_random_moments_it_ends_as_if_nothing_had_happened(
    whole: tuple[Path, str], tmp_path: Path
) -> None:
    rng, run = random.Random(), tmp_path / "runs" / "penguins"
    moments = sorted(rng.sample(range(1, 10), 2))
    process = _start(tmp_path, *ARGUMENTS)
    for moment in moments:
        _wait_for_lines(run / "trials.jsonl", moment)
        time.sleep(rng.uniform(0, 1.5))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        process = _start(tmp_path, "--resume", "runs/penguins")
    out = _finish(process)
    assert _trials(run) == _trials(whole[0]), moments
    assert _conclusion(out) == _conclusion(whole[1])
    assert (run / "best.onnx").read_bytes() == (whole[0] / "best.onnx").read_bytes()


def test_a_finished_search_may_be_given_more(whole: tuple[Path, str]) -> None:
    run, before = whole[0], _trials(whole[0])
    _finish(_start(run.parents[1], "--resume", str(run), "--trials", "12"))
    after = _trials(run)
    assert after[: len(before)] == before
    assert len(after) == 12


def test_an_interrupt_ends_it_tidily(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "penguins"
    process = _start(tmp_path, "--trials", "60", "--seed", "1")
    _wait_for_lines(run / "trials.jsonl", 5)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out = _finish(process)
    assert "Interrupted. Go on with: automtl search --resume" in out
    assert "Leaderboard" in out
    assert (run / "best.onnx").is_file()
    n_trials = len(_trials(run))
    assert 5 <= n_trials < 60
    _finish(_start(tmp_path, "--resume", str(run), "--trials", str(n_trials + 2)))
    assert len(_trials(run)) == n_trials + 2
