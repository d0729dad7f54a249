"""Replays searchers on a table of task trees; see ``treebench.py``."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from tree_table import TreeTable

from automtl.core.candidate import Candidate
from automtl.core.graph import HARD
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.space import SearchSpace
from automtl.core.task import Floats
from automtl.errors import PluginError
from automtl.plugins import load_plugins, pick

BUDGETS = (4, 8, 12, 18, 36)  # trainings, both anchors included
ATTEMPTS = 30  # asks in a row that cost nothing and show nothing, after which a search ends
UNIFORM = "uniform"
ABLATIONS = {  # of the affinity searcher, by class attribute
    "affinity, no gradient prior": "prior",
    "affinity, no shrinkage": "shrinkage",
    "affinity, no re-runs": "repeats",
}


@dataclass(frozen=True)
class Replay:
    """
    One search, replayed.

    :param fractions: The fraction of exhaustive gain of what it would pick, for each of `BUDGETS`.
    :param spearman: The rank correlation of surrogate and truth, ``[n_budgets, n_tasks]``; NaN
        without a surrogate.
    :param ended: After how many trainings it had nothing new to ask for; None if that never was.
    :param seconds: How long the searcher took.
    """

    fractions: tuple[float, ...]
    spearman: Floats
    ended: int | None
    seconds: float


def replay_all(
    table: TreeTable, names: Sequence[str], files: tuple[Path, ...], repeats: int, workers: int
) -> Iterator[tuple[str, list[Replay]]]:
    """The replays of each searcher; repeat k of all of them begins with the same seed."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the workers share the cores
    for name in names:
        _check_name(name, files)
    with get_context("spawn").Pool(workers) as pool:
        for name in names:
            one = partial(replay_one, table, name, files)
            yield name, pool.map(one, range(repeats), chunksize=max(1, repeats // (4 * workers)))


def replay_one(table: TreeTable, name: str, files: tuple[Path, ...], repeat: int) -> Replay:
    """Repeat number ``repeat`` of the searcher ``name``, always the same."""
    rng = Random(repeat)
    seeds = rng.sample(range(len(table.validation)), len(table.validation))
    if name == UNIFORM:
        return _uniform(table, seeds[0], rng)
    began = time.monotonic()
    problem = search_problem(table)
    if name in ABLATIONS and ABLATIONS[name] == "prior":
        problem = replace(problem, affinity=None)
    searcher = _searcher_class(name, files)(problem)
    return _searched(_Bench(table, searcher, seeds), rng, began)


def search_problem(table: TreeTable) -> SearchProblem:
    """A search for trees of hard nodes with fixed hyperparameters."""
    space = SearchSpace(
        stages=table.n_stages,
        primitives={HARD: {}},
        blocks={"mlp": {}},
        balancers={"sum": {}},
        schedules={"constant": {}},
    )
    return SearchProblem(space, tuple(sorted(table.names)), space.default(), table.affinity)


class _Bench:
    """Plays the training: shows a searcher the errors of one seed after another."""

    def __init__(self, table: TreeTable, searcher: Searcher, seeds: Sequence[int]) -> None:
        self.table, self.searcher, self.seeds = table, searcher, seeds
        self.shown: dict[int, int] = {}  # how many seeds of each tree have been shown

    @property
    def n_trainings(self) -> int:
        """How many trainings that took."""
        return sum(self.shown.values())

    def train(self, tree: int) -> None:
        """
        Tells the searcher the tree's gains with its next seed, over the anchor with the first one:
        what that gives with other seeds is not known without training it.
        """
        seed = self.seeds[self.shown.get(tree, 0)]
        told = self.table.gains(tree, seed, self.seeds[0])
        self.searcher.tell(self._candidate(tree), told)
        self.shown[tree] = self.shown.get(tree, 0) + 1

    def step(self, rng: Random) -> bool:
        """One more training; False if the searcher asks for nothing that the table can show."""
        refused = [self._candidate(tree) for tree in self.shown if not self._new(tree)]
        for _ in range(ATTEMPTS):
            asked = self.searcher.ask(rng, refused)
            tree = self.table.place.get(asked.graph)
            if tree is not None and self._new(tree):
                self.train(tree)
                return True
            refused.append(asked)
        return False

    def _candidate(self, tree: int) -> Candidate:
        return self.searcher.problem.candidate(self.table.trees[tree])

    def _new(self, tree: int) -> bool:
        allowed = len(self.seeds) if self.searcher.repeats else 1
        return self.shown.get(tree, 0) < allowed


def _searched(bench: _Bench, rng: Random, began: float) -> Replay:
    table, ended = bench.table, None
    bench.train(table.single)
    bench.train(table.shared)
    fractions, correlations = [], []
    for budget in BUDGETS:
        while ended is None and bench.n_trainings < budget:
            if not bench.step(rng):
                ended = bench.n_trainings
        picked = table.place[bench.searcher.best(1)[0].graph]
        fractions.append(table.fraction(picked))
        correlations.append(_surrogate_spearman(bench))
    return Replay(tuple(fractions), np.array(correlations), ended, time.monotonic() - began)


def _surrogate_spearman(bench: _Bench) -> Floats:
    """Per task, on the trees that were not trained; a surrogate that sees no difference has 0."""
    table, predict = bench.table, getattr(bench.searcher, "predict", None)
    unseen = [number for number in range(len(table.trees)) if number not in bench.shown]
    if predict is None or not unseen:
        return np.full(len(table.names), np.nan)
    problem = bench.searcher.problem
    candidates: list[Candidate] = [problem.candidate(table.trees[number]) for number in unseen]
    predicted: Mapping[str, Sequence[float]] = predict(candidates)
    truth = -table.test.mean(0)[unseen]
    return np.array(
        [spearman(np.asarray(predicted[task]), truth[:, at]) for at, task in enumerate(table.names)]
    )


def spearman(first: Floats, second: Floats) -> float:
    """
    Spearman's rank correlation, ties with their mean rank; 0 where one of the two is constant.

    >>> round(spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.0, 9.0])), 6)
    1.0
    """
    ranks = [_ranks(values) for values in (first, second)]
    if any(np.ptp(found) == 0 for found in ranks):
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(values: Floats) -> Floats:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle: Floats = np.cumsum(counts) - (counts - 1) / 2
    return middle[place]


def _uniform(table: TreeTable, seed: int, rng: Random) -> Replay:
    """Random trees without the anchors, picked by mean error: the lower end of any search."""
    order = rng.sample(range(len(table.trees)), len(table.trees))
    errors = table.validation[seed].mean(1)
    picks = [min(order[:budget], key=lambda tree: errors[tree]) for budget in BUDGETS]
    none = np.full((len(BUDGETS), len(table.names)), np.nan)
    return Replay(tuple(map(table.fraction, picks)), none, None, 0.0)


def _searcher_class(name: str, files: tuple[Path, ...]) -> type[Searcher]:
    searchers = load_plugins(files).searchers
    if name not in ABLATIONS:
        return pick(searchers, "searcher", name)
    base, part = pick(searchers, "searcher", "affinity"), ABLATIONS[name]
    if not hasattr(base, part):
        raise PluginError(f"An ablation sets `{part}` of a searcher, but '{base.name}' has none.")
    without: dict[str, Any] = {part: False}
    return type(base.__name__, (base,), without)


def _check_name(name: str, files: tuple[Path, ...]) -> None:
    """Says what is wrong with a name before anything has begun."""
    if name != UNIFORM:
        _searcher_class(name, files)
