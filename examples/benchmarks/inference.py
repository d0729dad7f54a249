"""
How fast the exported file predicts.

    python examples/benchmarks/inference.py FOLDER [--sets rf1 yeast adult] [--turns 20]

FOLDER is as in ``data.py``. For each set one network is trained whose trunk all tasks share, and
exported with preprocessing and decoding inside; against it stand the same network in torch, a
network and a file for each task, and a forest for each task. All of them predict the same rows on
one thread, in turns of a tenth of a second; a ratio is one of medians within a turn, of which the
median and the extremes over all turns are given.
"""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from contenders import BOUND, EAGER, SINGLES, WHOLE, contenders, make_models, read_set

from automtl.plugins import load_plugins

HERE = Path(__file__).parent
BATCH = 1024
TURN = 0.1  # seconds
ABOUT = """\
# How fast the exported file predicts

`python examples/benchmarks/inference.py FOLDER`; one thread, batch 1 and {batch:,}, {versions}. One
network with three stages of 256 units that all tasks share. Columns with × say how many times as
long as `best.onnx` a call takes: the median over turns, and the lowest and highest. The machine has
{cores} cores, and its load was {load:.1f} before: where that is not near 0, other programs take
part in the times, and in p99 most of all; the ratios are of neighbouring moments.

- *best.onnx* is `session.run` on the raw columns: preprocessing, network and decoding.
- *inputs bound once*: the same file, its inputs bound to memory that each call writes to. For each
  input, `run` checks its name and converts its value in Python; where there are many columns, that
  takes longer than the network. Strings cannot be bound.
- *torch eager* is the same network in torch, after the same preprocessing in numpy; it does not
  name the predicted classes. *Without preprocessing*, it begins from the preprocessed row, as the
  forests do (100 trees each, each split among the square root of the columns).
- *one ONNX file a task*: each has preprocessing, and a network of the same size of its own.
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", default=["rf1", "yeast", "adult"])
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    load, found = os.getloadavg()[0], {}
    for name in arguments.sets:
        found[name] = _measured(name, arguments.folder, arguments.turns)
        print(_section(name, found[name]), flush=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    sections = [_section(name, one) for name, one in found.items()]
    about = ABOUT.format(batch=BATCH, versions=_versions(), load=load, cores=os.cpu_count())
    (arguments.out / "inference.md").write_text("\n".join([about, *sections]))
    (arguments.out / "inference.json").write_text(json.dumps(found, indent=1) + "\n")


def _measured(name: str, folder: Path, turns: int) -> dict[str, Any]:
    """What one set gives: for each batch size, and for each contender, times and ratios."""
    plugins = load_plugins()
    with TemporaryDirectory() as place:
        data = read_set(name, folder, Path(place), plugins)
        models = make_models(data, plugins, Path(place))
    return {
        "tasks": len(data.tasks),
        "columns": len(data.table),
        "latency": compare(contenders(models, 1), turns),
        "throughput": compare(contenders(models, BATCH), turns),
    }


def compare(calls: Mapping[str, Callable[[], Any]], turns: int) -> dict[str, dict[str, Any]]:
    """
    Measures calls in turns.

    :param calls: By name, `WHOLE` among them.
    :return: By name, the median and the 99th percentile of the seconds of a call, the number of
        calls, and median, lowest and highest of the ratio to the median of `WHOLE` over turns.
    """
    counts = {name: max(3, round(TURN / _warm(call))) for name, call in calls.items()}
    rounds = [
        {name: _timed(call, counts[name]) for name, call in calls.items()} for _ in range(turns)
    ]
    return {name: _summary(name, rounds) for name in calls}


def _warm(call: Callable[[], Any]) -> float:
    """The seconds of a call, the fastest of ten."""
    return min(_timed(call, 10))


def _timed(call: Callable[[], Any], n_calls: int) -> list[float]:
    """The seconds of each of ``n_calls`` calls."""
    seconds = []
    for _ in range(n_calls):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return seconds


def _summary(name: str, rounds: Sequence[Mapping[str, Sequence[float]]]) -> dict[str, Any]:
    every = [seconds for turn in rounds for seconds in turn[name]]
    ratios = [statistics.median(turn[name]) / statistics.median(turn[WHOLE]) for turn in rounds]
    return {
        "p50": statistics.median(every),
        "p99": float(np.quantile(every, 0.99)),
        "calls": len(every),
        "ratio": statistics.median(ratios),
        "lowest": min(ratios),
        "highest": max(ratios),
    }


def _section(name: str, found: Mapping[str, Any]) -> str:
    """One set as Markdown."""
    latency, throughput = found["latency"], found["throughput"]
    rows = [
        f"| {one} | {1e6 * latency[one]['p50']:,.0f} | {1e6 * latency[one]['p99']:,.0f} | "
        f"{_ratio(latency[one])} | {BATCH / throughput[one]['p50']:,.0f} | "
        f"{_ratio(throughput[one])} |"
        for one in latency
    ]
    head = f"| | p50, µs | p99, µs | × best.onnx | rows a second at {BATCH:,} | × best.onnx |"
    lines = [f"## {name}: {found['tasks']} tasks, {found['columns']} columns", "", head]
    lines += ["|---|---|---|---|---|---|", *rows, "", _verdict(found), ""]
    return "\n".join(lines)


def _versions() -> str:
    libraries = ("onnxruntime", "torch", "scikit-learn")
    return ", ".join([*(f"{name} {version(name)}" for name in libraries), platform.machine()])


def _ratio(found: Mapping[str, float]) -> str:
    return f"{found['ratio']:.2f} ({found['lowest']:.2f} to {found['highest']:.2f})"


def _verdict(found: Mapping[str, Any]) -> str:
    """What was to be reached at batch 1, and what was."""
    latency, n_tasks = found["latency"], found["tasks"]
    eager, singles = (latency[name]["ratio"] for name in (EAGER, SINGLES))
    bound = f", {eager / latency[BOUND]['ratio']:.1f} with bound inputs" if BOUND in latency else ""
    return (
        f"At batch 1: {eager:.1f} times as fast as torch eager{bound} (to reach: 5); "
        f"{1 / singles:.2f} of the time of {n_tasks} single-task files (to reach: at most "
        f"{1.5 / n_tasks:.2f})."
    )


if __name__ == "__main__":
    main()
