"""A table of task trees and their errors, as ``treebench.py`` makes and replays it."""

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from automtl.core.affinity import Affinity
from automtl.core.graph import TaskGraph
from automtl.core.objective import gains
from automtl.core.task import Floats
from automtl.errors import AutoMTLError, DataError


@dataclass(frozen=True)
class TreeTable:
    """
    The errors of task trees, lower is better.

    :param names: The names of the tasks, in the order of the arrays' last axis.
    :param trees: The trees, in the order of the arrays' second axis; both anchors are among them.
    :param validation: ``[n_seeds, n_trees, n_tasks]``: what a search may see.
    :param test: The same layout: the truth, after its mean over seeds.
    :param constants: Each task's validation error of a constant prediction, ``[n_tasks]``.
    :param affinity: What was measured in the all-shared training, if anything was.
    """

    names: tuple[str, ...]
    trees: tuple[TaskGraph, ...]
    validation: Floats
    test: Floats
    constants: Floats
    affinity: Affinity | None

    @property
    def n_stages(self) -> int:
        """How many stages a tree has."""
        return len(self.trees[0].stages)

    @cached_property
    def place(self) -> dict[TaskGraph, int]:
        """The number of each tree."""
        return {tree: number for number, tree in enumerate(self.trees)}

    @cached_property
    def single(self) -> int:
        """The number of the single-task anchor."""
        return self.place[TaskGraph.single_task(self.names, self.n_stages)]

    @cached_property
    def shared(self) -> int:
        """The number of the all-shared anchor."""
        return self.place[TaskGraph.all_shared(self.names, self.n_stages)]

    def gains(self, tree: int, seed: int, zero: int) -> dict[str, float]:
        """
        The gains of a tree, trained with one seed, over the single-task anchor, trained with
        another one, or the same.
        """
        found = (
            dict(zip(self.names, errors.tolist(), strict=True))
            for errors in (
                self.validation[seed, tree],
                self.validation[zero, self.single],
                self.constants,
            )
        )
        return gains(*found)

    def fraction(self, tree: int) -> float:
        """
        The fraction of the gain of an exhaustive search: 0 for the mean of all trees, 1 for the
        tree with the best mean validation error; on test, the mean over seeds and tasks.
        """
        truth = self.test.mean((0, 2))
        best = truth[self.validation.mean((0, 2)).argmin()]
        return float((truth.mean() - truth[tree]) / (truth.mean() - best))


def read_table(file: Path) -> TreeTable:
    """
    Reads a table. Its ``trees`` are groups of task numbers a stage; its ``results`` have a tree, a
    seed and a list of errors each for validation and test. ``names``, ``constants`` (else the
    largest error of each task) and ``affinity`` may be missing.

    :raises DataError: If it is no such table; the message says which rule it breaks.
    """
    try:
        data = json.loads(file.read_text())
        table = _table(data)
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}.") from None
    except AutoMTLError as error:
        raise DataError(f"{file}: {error}") from None
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(
            f"{file}: must have 'tasks', 'trees' and 'results' as treebench.py writes them, but "
            f"reading it gave {type(error).__name__}: {error}."
        ) from None
    return table


def _table(data: dict[str, Any]) -> TreeTable:
    names = tuple(data.get("names") or (f"task_{at}" for at in range(data["tasks"])))
    groups = [[[[names[at] for at in g] for g in stage] for stage in t] for t in data["trees"]]
    trees = tuple(map(TaskGraph.from_groups, groups))
    validation, test = _errors(data["results"], len(trees), len(names))
    constants = np.array(data.get("constants") or validation.max((0, 1)))
    affinity = Affinity.from_json(data["affinity"]) if data.get("affinity") else None
    table = TreeTable(names, trees, validation, test, constants, affinity)
    _check(table)
    return table


def _errors(results: list[dict[str, Any]], n_trees: int, n_tasks: int) -> Floats:
    """``[2, n_seeds, n_trees, n_tasks]``: validation and test."""
    seeds = sorted({row["seed"] for row in results})
    found = np.full((2, len(seeds), n_trees, n_tasks), np.nan)
    for row in results:
        found[:, seeds.index(row["seed"]), row["tree"]] = row["validation"], row["test"]
    if missing := int(np.isnan(found).any((0, 3)).sum()):
        raise DataError(
            f"every tree has errors for every seed, but {missing} of {len(seeds)} × {n_trees} "
            f"results are missing or not numbers; train them, or leave out the seed."
        )
    return found


def _check(table: TreeTable) -> None:
    if twice := [str(tree) for tree, n in Counter(table.trees).items() if n > 1]:
        raise DataError(f"a tree is in the table once, but {twice[0]} is there again; remove it.")
    for what in (TaskGraph.single_task, TaskGraph.all_shared):
        anchor = what(table.names, table.n_stages)
        if anchor not in table.place:
            raise DataError(f"both anchors are among the trees, but {anchor} is not; train it.")
    truth = table.test.mean((0, 2))
    if truth[table.validation.mean((0, 2)).argmin()] >= truth.mean():
        raise DataError(
            "the tree that is best on validation must beat the mean tree on test, but does not: "
            "there is nothing to be found in this table; use more seeds or more rows."
        )
