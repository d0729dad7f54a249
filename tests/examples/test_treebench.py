import json
import subprocess
import sys
from importlib import import_module
from itertools import product
from math import inf, isfinite
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from pytest import MonkeyPatch, approx, fixture, importorskip, raises, skip

from automtl.core.trees import count_trees, enumerate_trees
from automtl.errors import DataError

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "examples/benchmarks"
RF1 = ROOT.parent / "shared/treebench/rf1.json"

PENGUINS = """
data: {data}
targets: [species, sex]
space:
  stages: 1
  primitives: [hard]
  blocks: {{mlp: {{width: 8}}}}
  balancers: [sum]
  schedules: [constant]
  training: {{learning_rate: 0.01, weight_decay: 0.01, batch_size: 64, epochs: 2, patience: 2}}
"""


@fixture
def benchmark(monkeypatch: MonkeyPatch) -> Any:
    """Imports a module of the benchmarks, as their commands do."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))

    def load(name: str) -> ModuleType:
        return import_module(name)

    return load


def _table() -> dict[str, Any]:
    """Three tasks over two stages: sharing a stage with the first task helps, without noise."""
    trees = [
        [[["abc".index(t) for t in node.tasks] for node in nodes] for nodes in tree.stages]
        for tree in enumerate_trees("abc", 2)
    ]
    results = [
        {"tree": number, "seed": seed, "validation": errors, "test": errors}
        for seed, (number, tree) in product(range(2), enumerate(trees))
        for errors in [
            [1 - 0.1 * sum(_with_first(stage, task) for stage in tree) for task in (0, 1, 2)]
        ]
    ]
    return {"data": "made up", "tasks": 3, "trees": trees, "results": results}


def _with_first(stage: list[list[int]], task: int) -> float:
    group = next(group for group in stage if task in group)
    return float(0 in group and task == 1) - float(2 in group and task != 2) / 2


def _run(*arguments: str | Path) -> str:
    command = [sys.executable, BENCHMARKS / "treebench.py", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_every_searcher_finds_the_best_tree_once_it_has_trained_all(tmp_path: Path) -> None:
    file, out = tmp_path / "table.json", tmp_path / "result.md"
    file.write_text(json.dumps(_table()))
    names = ["random", "evolution", "uniform"]
    flags = ("--searchers", ",".join(names), "--repeats", "3", "--workers", "1", "--out", out)
    printed = _run("replay", file, *flags)
    rows = [line.split(" | ") for line in out.read_text().splitlines()]
    found = {cells[0].removeprefix("| "): cells[1:] for cells in rows if len(cells) > 1}
    assert found.keys() >= set(names)
    assert all(found[name][4].startswith("1.000") for name in names)
    assert out.read_text().strip() in printed


def test_making_trains_every_tree_of_penguins(tmp_path: Path) -> None:
    config, out = tmp_path / "penguins.yaml", tmp_path / "table.json"
    config.write_text(PENGUINS.format(data=ROOT / "automtl/data/penguins.csv"))
    _run("make", config, "--out", out, "--seeds", "2", "--workers", "1")
    table = json.loads(out.read_text())
    assert table["names"] == ["sex", "species"]
    assert len(table["trees"]) == count_trees(2, 1)
    assert len(table["results"]) == 2 * count_trees(2, 1)
    for row in table["results"]:
        assert all(0 < error < inf and isfinite(error) for error in row["validation"] + row["test"])


def test_the_fraction_is_one_for_the_best_on_validation(benchmark: Any, tmp_path: Path) -> None:
    file = tmp_path / "table.json"
    file.write_text(json.dumps(_table()))
    table = benchmark("tree_table").read_table(file)
    fractions = [table.fraction(tree) for tree in range(len(table.trees))]
    assert max(fractions) == approx(1.0)
    assert np.mean(fractions) == approx(0.0, abs=1e-9)
    for seed in range(len(table.validation)):
        assert not any(table.gains(table.single, seed, seed).values())


def test_an_incomplete_table_is_refused(benchmark: Any, tmp_path: Path) -> None:
    data = _table()
    del data["results"][3]
    file = tmp_path / "table.json"
    file.write_text(json.dumps(data))
    with raises(DataError, match="every tree has errors for every seed"):
        benchmark("tree_table").read_table(file)


def test_a_table_without_an_anchor_is_refused(benchmark: Any, tmp_path: Path) -> None:
    data = _table()
    single = next(n for n, tree in enumerate(data["trees"]) if len(tree[0]) == 3)
    del data["trees"][single]
    data["results"] = [row for row in data["results"] if row["tree"] < len(data["trees"])]
    file = tmp_path / "table.json"
    file.write_text(json.dumps(data))
    with raises(DataError, match="both anchors are among the trees"):
        benchmark("tree_table").read_table(file)


def test_a_replay_can_be_repeated(benchmark: Any) -> None:
    if not RF1.is_file():
        skip(f"{RF1} is missing: it is not part of the project")
    table, replay = benchmark("tree_table").read_table(RF1), benchmark("replay_table").replay_one
    first, again = (replay(table, "evolution", (), 3) for _ in range(2))
    assert first.fractions == again.fractions
    assert first.fractions != replay(table, "evolution", (), 4).fractions


def test_spearman_is_scipys(benchmark: Any) -> None:
    stats = importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 5, size=(2, 30)).astype(float)
    found = benchmark("replay_table").spearman(first, second)
    assert found == approx(stats.spearmanr(first, second).statistic)
    assert benchmark("replay_table").spearman(first, np.ones(30)) == 0
