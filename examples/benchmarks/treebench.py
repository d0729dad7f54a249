"""
Searchers against tables of every task tree.

    python examples/benchmarks/treebench.py make CONFIG.yaml --out TABLE.json
    python examples/benchmarks/treebench.py measure CONFIG.yaml TABLE.json [--estimator NAME]
    python examples/benchmarks/treebench.py replay TABLE.json [--ablate] [--out RESULT.md]

``make`` trains all trees of a data set, each with several seeds; see `make_table`. ``measure``
writes what another estimator of affinity says into the table. ``replay`` lets
searchers search such a table, of whoever made it: a searcher is told the single-task and the
all-shared anchor, which count as the first two trainings, and then asks. It sees the validation
errors of one seed; asking for a known tree, if it is a searcher that does, shows it the next
seed's, over the anchor's first one, and costs one training too. A tree whose
seeds are used up is among those that it is told will not do.

A score is the fraction of the gain of an exhaustive search: (mean of all trees − tree picked) /
(mean of all trees − tree with the best mean validation error), on test errors averaged over seeds
and tasks. ``random`` has both anchors and then draws trees; ``uniform`` draws trees without them.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from replay_table import ABLATIONS, BUDGETS, Replay, replay_all
from tree_table import TreeTable, read_table

from automtl.core.task import Floats
from automtl.errors import AutoMTLError

N_BOOTSTRAP = 2000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make", help="train every tree")
    make.add_argument("config", type=Path)
    make.add_argument("--out", type=Path, required=True)
    make.add_argument("--seeds", type=int, default=3)
    measure = commands.add_parser("measure", help="measure the affinity again")
    measure.add_argument("config", type=Path)
    measure.add_argument("table", type=Path)
    measure.add_argument("--estimator")
    replay = commands.add_parser("replay", help="let searchers search a table")
    replay.add_argument("table", type=Path)
    replay.add_argument("--searchers", default="affinity,random,evolution,tpe,uniform")
    replay.add_argument("--ablate", action="store_true", help="add parts of affinity left out")
    replay.add_argument("--plugin", type=Path, action="append", default=[], help="with searchers")
    replay.add_argument("--repeats", type=int, default=200)
    replay.add_argument("--out", type=Path)
    for command in (make, replay):
        command.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    try:
        {"make": _make, "measure": _measure, "replay": _replay}[arguments.command](arguments)
    except AutoMTLError as error:
        parser.error(str(error))


def _make(arguments: argparse.Namespace) -> None:
    from make_table import make_table  # what trains is slow to import, and replay does not train

    table = make_table(arguments.config, arguments.seeds, arguments.workers)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    _write(table, arguments.out)


def _measure(arguments: argparse.Namespace) -> None:
    from make_table import measure

    read_table(arguments.table)
    affinity = measure(arguments.config, arguments.estimator)
    print(json.dumps(affinity))
    _write(json.loads(arguments.table.read_text()) | {"affinity": affinity}, arguments.table)


def _write(table: Mapping[str, Any], file: Path) -> None:
    file.write_text(json.dumps(table, separators=(",", ":")) + "\n")


def _replay(arguments: argparse.Namespace) -> None:
    table = read_table(arguments.table)
    names = arguments.searchers.split(",") + (list(ABLATIONS) if arguments.ablate else [])
    lines = _heading(arguments, table)
    print("\n".join(lines), flush=True)
    files, correlations = tuple(arguments.plugin), []
    for name, replays in replay_all(table, names, files, arguments.repeats, arguments.workers):
        lines.append(_row(name, replays))
        print(lines[-1], flush=True)
        if np.isfinite(replays[0].spearman).all():
            correlations.append(_correlations(name, replays))
    if correlations:
        lines += ["", *_correlation_heading(table), *correlations]
        print("\n".join(["", *_correlation_heading(table), *correlations]))
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n")


def _heading(arguments: argparse.Namespace, table: TreeTable) -> list[str]:
    data = json.loads(arguments.table.read_text()).get("data", "")
    n_seeds, n_trees, n_tasks = table.validation.shape
    gains = [
        np.mean([list(table.gains(tree, seed, seed).values()) for seed in range(n_seeds)])
        for tree in range(n_trees)
    ]
    anchors = (table.single, table.shared, int(np.argmax(gains)))
    single, shared, gain = (f"{table.fraction(tree):.2f}" for tree in anchors)
    measured = table.affinity.estimator if table.affinity else "none"
    columns = ["searcher", *(f"{n} trainings" for n in BUDGETS), "ended early", "s a replay"]
    return [
        f"# {arguments.table.name}",
        "",
        f"{data}.",
        f"{n_trees} trees of {n_tasks} tasks, {n_seeds} seeds; {arguments.repeats} repeats.",
        f"Fraction of exhaustive gain, mean and bootstrap 95 % interval over repeats. For "
        f"comparison: single-task {single}, all-shared {shared}, the tree with the best mean gain "
        f"over all seeds {gain}. Affinity in the table: {measured}.",
        "",
        f"| {' | '.join(columns)} |",
        f"|{'---|' * len(columns)}",
    ]


def _row(name: str, replays: Sequence[Replay]) -> str:
    fractions = np.array([replay.fractions for replay in replays])
    ended = sum(replay.ended is not None for replay in replays)
    seconds = float(np.median([replay.seconds for replay in replays]))
    cells = [name, *map(_interval, fractions.T), str(ended), f"{seconds:.2f}"]
    return f"| {' | '.join(cells)} |"


def _interval(values: Floats) -> str:
    """The mean and its bootstrap interval, of ``[n_repeats]`` values."""
    chosen = np.random.default_rng(0).integers(len(values), size=(N_BOOTSTRAP, len(values)))
    low, high = np.quantile(values[chosen].mean(1), (0.025, 0.975))
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def _correlation_heading(table: TreeTable) -> list[str]:
    columns = ["surrogate of", *(f"{n} trainings" for n in BUDGETS), *table.names]
    return [
        "Spearman of surrogate against truth on the trees not yet trained: the mean over tasks, "
        f"and each task after {BUDGETS[-1]} trainings.",
        "",
        f"| {' | '.join(columns)} |",
        f"|{'---|' * len(columns)}",
    ]


def _correlations(name: str, replays: Sequence[Replay]) -> str:
    found = np.array([replay.spearman for replay in replays])  # [n_repeats, n_budgets, n_tasks]
    means = [_interval(values) for values in found.mean(2).T]
    tasks = [f"{value:.2f}" for value in found[:, -1].mean(0)]
    return f"| {' | '.join([name, *means, *tasks])} |"


if __name__ == "__main__":
    main()
