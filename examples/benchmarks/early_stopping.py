"""
What early stopping does to the rows that a network is judged on.

    python examples/benchmarks/early_stopping.py FOLDER [--sets landmine jura ...]

A model per task and one network of all tasks, with the default settings, five bags each: the error
relative to that of a constant prediction, averaged over tasks and bags, on the validation rows in
the epoch that is best for them, on the same rows as automtl judges them (each half in the epoch
that is best for the other half), and on test rows. FOLDER is as in ``data.py``; of cross-validated
sets it is the first fold.
"""

import argparse
import json
import math
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import torch
from quality import config_of
from quality_reference import FOLDS

from automtl.config import load_config
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.task import Floats
from automtl.core.trial import Order, Phase
from automtl.data.dataset import MultiTaskData, Part
from automtl.data.parts.bagging import bagged
from automtl.data.read import read_data
from automtl.plugins import Plugins, load_plugins
from automtl.train.apart import mean_predictions
from automtl.train.evaluate import constant_errors, errors, evaluate
from automtl.train.skips import with_skips
from automtl.train.trial import run_trial

BAGS = 5
CPU = torch.device("cpu")
WHERE = ("best", "judged", "test")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", default=["landmine", "jura", "atp1d", "slump", "edm"])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    plugins, found = load_plugins(), {}
    for name in arguments.sets:
        found[name] = _measured(name, arguments.folder.resolve(), plugins)
        print(name, found[name], flush=True)
    (arguments.out / "early_stopping.json").write_text(json.dumps(found, indent=1) + "\n")
    (arguments.out / "early_stopping.md").write_text(_report(found))


def _measured(name: str, folder: Path, plugins: Plugins) -> dict[str, dict[str, float]]:
    with TemporaryDirectory() as made:
        file = Path(made) / f"{name}.yaml"
        file.write_text(config_of(name, folder, Path(made)))
        config = load_config(file)
        fold = (0, FOLDS[name]) if name in FOLDS else None
        data = with_skips(read_data(config.data_request(fold), plugins), config.space, plugins)
    tasks = [task.name for task in data.tasks]
    graphs = {
        "model per task": TaskGraph.single_task(tasks, config.space.stages),
        "all shared": TaskGraph.all_shared(tasks, config.space.stages),
    }
    values = config.space.default()
    return {
        kind: _of(config.space.candidate(graph, values), data, plugins)
        for kind, graph in graphs.items()
    }


def _of(candidate: Candidate, data: MultiTaskData, plugins: Plugins) -> dict[str, float]:
    found: dict[str, list[float]] = {where: [] for where in WHERE}
    for bag in range(BAGS):
        order = Order(candidate, bag + 1, Phase.GRAPHS, bag=(bag, BAGS))
        outcome = run_trial(order, data.for_training(), plugins, CPU, math.inf)
        if outcome.network is None:
            raise SystemExit(f"a training failed: {outcome.result.reason}")
        validation = bagged(data.for_training(), (bag, BAGS)).validation
        for where, part in (("best", validation), ("test", data.test)):
            predictions = mean_predictions([outcome.network], data, part)
            found[where].append(_error(predictions, data, part))
        found["judged"].append(_relative(outcome.result.errors, data, validation))
    return {where: fmean(errors) for where, errors in found.items()}


def _error(predictions: Mapping[str, Floats], data: MultiTaskData, part: Part) -> float:
    scored = evaluate(predictions, data.tasks, data.kinds, part.targets)
    return _relative(errors(scored, data.tasks, data.kinds), data, part)


def _relative(found: Mapping[str, float], data: MultiTaskData, part: Part) -> float:
    constants = constant_errors(data.tasks, data.kinds, part.targets)
    return fmean(found[task] / constant for task, constant in constants.items())


def _report(found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    lines = [
        "The error relative to a constant prediction's: on validation rows in the epoch that is",
        "best for them, on the same rows as automtl judges them, and on test rows",
        "(`early_stopping.py`).",
        "",
        "| set | networks | best epoch | judged | test |",
        "|---|---|---|---|---|",
    ]
    for name, kinds in found.items():
        for kind, errors_ in kinds.items():
            cells = " | ".join(f"{errors_[where]:.3f}" for where in WHERE)
            lines.append(f"| {name} | {kind} | {cells} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
