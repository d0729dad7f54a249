"""
What a search is worth on six real data sets, against tuning alone.

    python examples/benchmarks/search_value.py FOLDER [--sets rf1 tox21 ...] [--trials 30]

Each method runs ``automtl search`` with equally many trainings and several search seeds, one
worker each, two at a time. All use the same command, so that all spend the same share on tuning
the two anchors and on training finalists with more seeds; they differ in the graphs between:

* affinity: the affinity searcher;
* random: random graphs and settings;
* all-shared: only the all-shared graph, its settings tuned;
* balancer: the same, the balancer being one of the settings;
* single-task: only the single-task graph, the settings of each task tuned.

What counts is the candidate of the method's kind that is best on validation, on test, as the mean
over its seeds. The zero point of all methods is the single-task candidate so chosen with the same
search seed. FOLDER is as in ``data.py``. A search that has finished is not run again.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from data import prepare
from judge import judged
from value_report import ZERO, report

HERE = Path(__file__).parent
BALANCERS = "[sum, uncertainty, random, geometric_mean]"


@dataclass(frozen=True)
class Method:
    """
    A way to search.

    :param searcher: The name of its searcher.
    :param balancers: The balancers of its search space.
    """

    searcher: str
    balancers: str = BALANCERS


METHODS = {
    "single-task": Method("single_task", "[sum]"),
    "all-shared": Method("all_shared", "[sum]"),
    "balancer": Method("all_shared"),
    "random": Method("random"),
    "affinity": Method("affinity"),
}


@dataclass(frozen=True)
class Set:
    """
    A data set: how it is divided, how its labels are meant, what is left out, and the sizes that
    keep a search short.
    """

    split: str = "{train: 0.6, validation: 0.2, test: 0.2}"
    kind: str = "{kind: binary}"
    batch_size: int = 64
    epochs: int = 30


SETS = {
    "rf1": Set("{train: 0.15, validation: 0.15, test: 0.7}", "{}", batch_size=256),
    "atp1d": Set(kind="{}", batch_size=32),
    "yeast": Set("{column: split}", batch_size=128, epochs=20),
    "landmine": Set("{column: split}", batch_size=256, epochs=15),
    "tox21": Set("{column: split}", batch_size=512, epochs=15),
    "adult": Set("{column: split}", "{}", batch_size=256),
}

CONFIG = """
data: {data}
targets: {{{targets}}}
split: {split}
plugins: [{plugins}]
space:
  stages: 3
  primitives: [hard]
  blocks: {{mlp: {{width: [32, 64], dropout: {{low: 0.0, high: 0.3}}}}}}
  balancers: {balancers}
  schedules: [constant]
  training:
    learning_rate: {{low: 5.0e-4, high: 1.0e-2, log: true}}
    weight_decay: {{low: 1.0e-4, high: 1.0e-1, log: true}}
    batch_size: {batch_size}
    epochs: {epochs}
    patience: {patience}
search: {{searcher: {searcher}, seeds: 3, workers: 1, device: cpu}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=3, help="search seeds")
    parser.add_argument("--minutes", type=float, help="cap each search; its trials may be fewer")
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--runs", type=Path, default=Path("runs/search_value"))
    parser.add_argument("--out", type=Path, default=HERE / "results")
    arguments = parser.parse_args()
    arguments.methods = list(dict.fromkeys([ZERO, *arguments.methods]))
    arguments.out.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "search_value.json"
    earlier = json.loads(file.read_text()) if file.is_file() else []
    found: dict[str, list[dict[str, object]]] = {verdict["set"]: [] for verdict in earlier}
    for verdict in earlier:
        found[verdict["set"]].append(verdict)
    for name in arguments.sets:
        found[name] = list(_all_of(name, arguments))
        verdicts = [verdict for name in SETS for verdict in found.get(name, [])]
        file.write_text(json.dumps(verdicts, indent=1) + "\n")
        (arguments.out / "search_value.md").write_text(report(verdicts, arguments.trials))
    print((arguments.out / "search_value.md").read_text())


def _all_of(name: str, arguments: argparse.Namespace) -> Iterator[dict[str, object]]:
    """The verdicts of all searches on one set."""
    table, targets = prepare(name, arguments.folder, arguments.runs / "tables")
    searches = [
        (method, seed, _config(name, method, table.resolve(), targets, arguments))
        for seed, method in product(range(arguments.seeds), arguments.methods)
    ]
    with ThreadPoolExecutor(arguments.at_once) as pool:
        folders = pool.map(lambda one: _searched(one[1], one[2], arguments), searches)
        for (method, seed, _), folder in zip(searches, folders, strict=True):
            verdict = judged(folder, method)
            print(f"{folder}: {verdict['trials']} trainings, {verdict['seconds']:.0f} s")
            sys.stdout.flush()
            yield {"set": name, "method": method, "search_seed": seed, **verdict}


def _config(
    name: str, method: str, table: Path, targets: list[str], arguments: argparse.Namespace
) -> Path:
    """Writes the configuration of a method on a set."""
    about, how = SETS[name], METHODS[method]
    kinds = dict.fromkeys(targets, about.kind)
    text = CONFIG.format(
        data=table,
        targets=", ".join(f"{target}: {kind}" for target, kind in kinds.items()),
        split=about.split,
        plugins=HERE.resolve() / "baselines.py",
        balancers=how.balancers,
        batch_size=about.batch_size,
        epochs=about.epochs,
        patience=about.epochs // 5,
        searcher=how.searcher,
    )
    file: Path = arguments.runs / f"{name}-{method}.yaml"
    file.write_text(text)
    return file


def _searched(seed: int, config: Path, arguments: argparse.Namespace) -> Path:
    """Runs a search, or goes on with one, unless it has finished; its run folder."""
    folder: Path = arguments.runs / f"{config.stem}-{seed}"
    if (folder / "best.json").is_file():
        return folder
    command = [sys.executable, "-m", "automtl", "search", "--trials", str(arguments.trials)]
    if arguments.minutes:
        command += ["--minutes", str(arguments.minutes)]
    if folder.exists():
        command += ["--resume", str(folder)]
    else:
        command += [str(config), "--out", str(arguments.runs), "--name", folder.name]
        command += ["--seed", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr[-2000:]}")
    return folder


if __name__ == "__main__":
    main()
