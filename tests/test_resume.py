"""A search survives whatever ends it: nothing that was finished is lost or done again."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from automtl.report.summary import Summary


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


def _conclusion(run: Path) -> dict[str, Any]:
    """What was concluded, but for where it lies and what the clock said."""
    found: dict[str, Any] = json.loads((run / "best.json").read_text())
    return {key: found[key] for key in found.keys() - {"folder", "rows", "seconds", "cost_j"}}


def _wait_for_lines(file: Path, n: int) -> None:
    deadline = time.monotonic() + 120
    while not file.is_file() or len(file.read_text().splitlines()) < n:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_ended_at_random_moments_it_ends_as_if_nothing_had_happened(
    finished: Summary, tmp_path: Path
) -> None:
    rng, run = random.Random(), tmp_path / "runs" / "penguins"
    process = _start(tmp_path, "--workers", "1", "--trials", "12")  # as `finished`
    _wait_for_lines(run / "trials.jsonl", killed := rng.randint(1, 4))
    time.sleep(rng.uniform(0, 0.5))
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    process = _start(tmp_path, "--resume", "runs/penguins")
    _wait_for_lines(run / "trials.jsonl", interrupted := rng.randint(5, 8))
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out = _finish(process)
    assert "Interrupted. Go on with: automtl search --resume" in out
    assert "Leaderboard" in out
    assert (run / "best.onnx").is_file()
    assert 5 <= len(_trials(run)) < 12
    _finish(_start(tmp_path, "--resume", "runs/penguins"))
    assert _trials(run) == _trials(finished.folder), (killed, interrupted)
    assert _conclusion(run) == _conclusion(finished.folder)
    assert (run / "best.onnx").read_bytes() == finished.folder.joinpath("best.onnx").read_bytes()
