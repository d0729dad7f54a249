"""
How good the predictions are, next to reference results, on fifteen real data sets.

    python examples/benchmarks/quality.py FOLDER [--sets yeast scene ...] [--minutes 8]

Every set is one configuration with the default search space, run as a user would run it, with
``automtl search`` for at most so many minutes (cross-validated sets: all folds together; reading,
testing and exporting come on top, and are in the minutes of the table); five bags (ten of the
multilabel sets, which are small) of the best three candidates are exported, on landmine of the best
one, since a model per task is 29 networks there.
Nothing is chosen on test rows. FOLDER is as in ``data.py``. A set that has finished
is not run again; the references are in ``quality_reference.py``.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from data import prepare
from quality_reference import FOLDS, MTR, MULTILABEL, SETS, quality_report

from automtl.config import load_config
from automtl.data.read import read_data
from automtl.plugins import load_plugins
from automtl_plugins.readers.arff import Arff

HERE = Path(__file__).parent
SEARCH = "search: {bags: %d, ensemble: %d, seeds: 3, device: cpu}\n"  # all else is default


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=Path, default=Path("runs/quality"))
    parser.add_argument("--out", type=Path, default=HERE / "results")
    arguments = parser.parse_args()
    arguments.runs.mkdir(parents=True, exist_ok=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "quality.json"
    found: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    compared = HERE / "results" / "quality_baselines.json"
    baselines = json.loads(compared.read_text()) if compared.is_file() else {}
    for name in arguments.sets:
        found[name] = _measured(name, arguments)
        print(name, json.dumps(found[name]))
        sys.stdout.flush()
        file.write_text(json.dumps(found, indent=1) + "\n")
        (arguments.out / "quality.md").write_text(quality_report(found, baselines))
    print((arguments.out / "quality.md").read_text())


def _measured(name: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """What the exported models of one set reach on test, as the reference counts it."""
    config = arguments.runs / f"{name}.yaml"
    config.write_text(config_of(name, arguments.folder.resolve(), arguments.runs))
    folder, folds = arguments.runs / name, FOLDS.get(name, 1)
    done = folder / ("folds.json" if folds > 1 else "best.json")
    spent = config.with_suffix(".json")
    if not done.is_file():
        began = time.monotonic()
        _search(config, folder, folds, arguments.minutes / folds, arguments.workers)
        minutes = (time.monotonic() - began) / 60
        spent.write_text(json.dumps({"minutes": minutes, "workers": arguments.workers}))
    bests = [folder / f"fold-{number + 1}" for number in range(folds)] if folds > 1 else [folder]
    results = [json.loads((best / "best.json").read_text()) for best in bests]
    if name in MTR:
        reached = [{"arrmse": one} for one in _arrmse(config, results)]
    else:
        reached = [_reached(name, [task["test"] for task in result["tasks"]]) for result in results]
    return {
        **json.loads(spent.read_text()),
        "trainings": sum(result["trials"] for result in results),
        **{key: fmean(one[key] for one in reached) for key in reached[0]},
        **({"folds": [one["arrmse"] for one in reached]} if folds > 1 else {}),
    }


def _search(config: Path, folder: Path, folds: int, minutes: float, workers: int) -> None:
    command = [sys.executable, "-m", "automtl", "search", "--minutes", f"{minutes:g}"]
    command += ["--workers", str(workers)]
    command += ["--resume", str(folder)] if folder.exists() else [
        str(config), "--out", str(folder.parent), "--name", folder.name,
    ]  # fmt: skip
    if folds > 1 and not folder.exists():
        command += ["--folds", str(folds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def _arrmse(file: Path, results: Sequence[Mapping[str, Any]]) -> Iterator[float]:
    """
    The mean relative error over targets of each fold. 1 is the error of the mean of the rows to
    learn from (https://doi.org/10.1007/s10994-016-5546-z), while the metric ``rrmse`` is relative
    to the mean of the test rows.
    """
    config, plugins = load_config(file), load_plugins()
    for fold, result in enumerate(results):
        data = read_data(config.data_request((fold, len(results))), plugins)
        known = np.concatenate([data.train.targets, data.validation.targets]).astype(np.float64)
        spread = data.test.targets.var(axis=0, dtype=np.float64)
        wrong = np.square(data.test.targets - known.mean(axis=0)).mean(axis=0)
        factors = zip((task.name for task in data.tasks), np.sqrt(spread / wrong), strict=True)
        tests = {task["name"]: task["test"] for task in result["tasks"]}
        yield fmean(tests[name]["rrmse"] * float(factor) for name, factor in factors)


def _reached(name: str, tests: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The measures of the reference, from the test metrics of each task."""
    if name in ("tox21", "landmine"):
        return {"auc": fmean(test["roc_auc"] for test in tests)}
    if name == "adult":
        income, married, hours = tests
        return {"income": income["roc_auc"], "never_married": married["roc_auc"], "r2": hours["r2"]}
    keys = ("hamming_loss", "micro_f1", "macro_f1", "subset_accuracy")
    return {key: tests[0][key] for key in keys}


def config_of(name: str, folder: Path, runs: Path) -> str:
    """The configuration of a set."""
    if name in MTR:
        file = folder / "mtr" / f"{name}.arff"
        targets = Arff().columns(file)[-MTR[name] :]
        kinds = {target: {"kind": "regression"} for target in targets}
        text = f"data: {file}\ntargets: {json.dumps(kinds)}\n"
    elif name == "tox21":
        table, targets = prepare("tox21", folder, runs.resolve())
        kinds = {target: {"kind": "binary"} for target in targets}
        text = f"data: {table}\ntargets: {json.dumps(kinds)}\nsplit: {{column: split}}\n"
    elif name == "landmine":
        text = (
            f"data: {folder}/landmine/landmine_long.csv.gz\n"
            "long: {task: task, value: label}\ntargets: {'*': {kind: binary}}\n"
            "split: {column: split}\n"
        )
    elif name == "adult":
        text = (
            f"data: {folder}/adult/adult.csv.gz\n"
            "targets: {income: {kind: binary}, never_married: {kind: binary}, hours_per_week: {}}\n"
            "ignore: [relationship, marital_status]\nsplit: {column: split}\n"
        )
    else:
        files = [folder / "multilabel" / name / f"{name}-{part}.arff" for part in ("train", "test")]
        text = (
            f"data: {{train: {files[0]}, test: {files[1]}}}\n"
            "targets: {labels: {kind: multilabel}}\n"
        )
    return text + SEARCH % (10 if name in MULTILABEL else 5, 1 if name == "landmine" else 3)


if __name__ == "__main__":
    main()
