"""
What the searchers have in common that let a sampler of Optuna choose: how a candidate is written
as Optuna's parameters. It offers no plugin, and Optuna is needed only once one is made.
"""

from abc import abstractmethod
from collections.abc import Mapping
from importlib import import_module
from math import isfinite
from random import Random
from typing import Any

from automtl.core.candidate import Candidate, Scalar
from automtl.core.graph import HARD, Node, TaskGraph
from automtl.core.objective import mean_gain
from automtl.core.searcher import SearchProblem, Telling
from automtl.core.space import Choice, Distribution, Hyperparameters, Uniform
from automtl.errors import PluginError
from automtl_plugins.searchers._once import N_TRIES, OnceSearcher

N_STARTUP = 10  # so many finished trials, anchors included, before the sampler takes over


class OptunaSearcher(OnceSearcher):
    """
    Abstract base class of searchers by a sampler of `Optuna <https://doi.org/10.1145/3292500.3330701>`_
    (KDD 2019).

    At each stage each task but the first chooses a task of those before it, by name, to share a
    node with, or itself to begin one. Whoever follows a task that follows another ends with the
    latter; tasks that share no node at one stage share none at the next; so any choice is a tree.
    The first task of a node chooses its primitive. All hyperparameters of the space are parameters.
    There are no cascade edges.

    Until `N_STARTUP` trials have finished it proposes random trees with the tuned settings, around
    which the sampler then begins. It maximises the mean gain, and minimises the costs that the
    objective names. The study holds what was told, in that order, and each proposal has a seed of
    its own from the generator given: told the same again, it proposes the same.

    :raises PluginError: If Optuna is not installed.
    """

    def __init__(self, problem: SearchProblem) -> None:
        super().__init__(problem)
        self.optuna = _import_optuna(self.name)
        self._tasks = tuple(sorted(problem.tasks))
        costs = problem.objective.against
        self._study = self.optuna.create_study(
            directions=["maximize", *["minimize" for _ in costs]], sampler=self._sampler(0)
        )
        self._n_learned = 0

    def tell(
        self,
        candidate: Candidate,
        gains: Mapping[str, float] | None,
        costs: Mapping[str, float] | None = None,
    ) -> None:
        super().tell(candidate, gains, costs)
        values = self._values(self.history[-1])
        if values is not None:
            self._study.enqueue_trial(self._encoded(candidate))
            trial = self._study.ask()
            self._decoded(trial)
            self._enter(trial)
            self._study.tell(trial, values)
            self._n_learned += 1

    @abstractmethod
    def _sampler(self, seed: int) -> Any:
        """The sampler of Optuna."""

    def _enter(self, trial: Any) -> None:
        """Lets the sampler take note of a trial whose parameters it did not choose."""

    def _next(self, rng: Random) -> Candidate | None:
        if self._n_learned < N_STARTUP:
            return None
        for _ in range(N_TRIES):
            self._study.sampler = self._sampler(rng.getrandbits(32))
            trial = self._study.ask()
            candidate = self._decoded(trial)
            self._study.tell(trial, state=self.optuna.trial.TrialState.FAIL)  # until it is told
            if not self._is_old(candidate):
                return candidate
        return None

    def _values(self, telling: Telling) -> list[float] | None:
        """What Optuna is to improve; None if the trial failed or a cost is unknown."""
        against, costs = self.problem.objective.against, telling.costs
        if telling.gains is None or not costs.keys() >= set(against):
            return None
        values = [mean_gain(telling.gains), *(costs[name] for name in against)]
        return values if all(map(isfinite, values)) else None

    def _encoded(self, candidate: Candidate) -> dict[str, Scalar]:
        """The parameters that `_decoded` makes ``candidate`` of, or one close to it."""
        own = {**self.problem.tuned, **candidate.hyperparameters}
        values: Hyperparameters = {}
        for name, distribution in self.problem.space.walk(values):
            values[name] = _nearest(distribution, own.get(name, distribution.default))
        for stage, nodes in enumerate(candidate.graph.stages):
            for node in nodes:
                values |= {_joins(stage, task): node.tasks[0] for task in node.tasks}
                values |= {_shares(stage, task): HARD for task in node.tasks[1:]}
                values[_shares(stage, node.tasks[0])] = node.primitive
        return values

    def _decoded(self, trial: Any) -> Candidate:
        """The candidate of the parameters that ``trial`` suggests."""
        values: Hyperparameters = {}
        for name, distribution in self.problem.space.walk(values):
            values[name] = _suggested(trial, name, distribution)
        stages, above = [], dict.fromkeys(self._tasks, "")
        for stage in range(self.problem.space.stages):
            nodes, above = self._stage(trial, stage, above)
            stages.append(nodes)
        return self.problem.candidate(TaskGraph(tuple(stages)), values)

    def _stage(
        self, trial: Any, stage: int, above: Mapping[str, str]
    ) -> tuple[tuple[Node, ...], dict[str, str]]:
        """
        The nodes of a stage, and for each task the first task of its node.

        :param above: For each task the first task of its node at the stage before.
        """
        primitives = sorted(self.problem.space.primitives)
        leaders: dict[str, str] = {}
        chosen: dict[str, str] = {}
        groups: dict[tuple[str, str], list[str]] = {}
        for place, task in enumerate(self._tasks):
            choice = trial.suggest_categorical(_joins(stage, task), self._tasks[: place + 1])
            leaders[task] = leaders.get(choice, task)
            chosen[task] = trial.suggest_categorical(_shares(stage, task), primitives)
            groups.setdefault((above[task], leaders[task]), []).append(task)
        nodes = tuple(Node(tuple(group), chosen[group[0]]) for group in groups.values())
        return nodes, {task: node.tasks[0] for node in nodes for task in node.tasks}


def _joins(stage: int, task: str) -> str:
    return f"stage {stage + 1}: {task} joins"


def _shares(stage: int, task: str) -> str:
    return f"stage {stage + 1}: {task} shares by"


def _suggested(trial: Any, name: str, distribution: Distribution) -> Scalar:
    """A value of ``distribution``, chosen by Optuna; numbers to three significant digits."""
    if not isinstance(distribution, Uniform):
        values = (
            distribution.values if isinstance(distribution, Choice) else (distribution.default,)
        )
        chosen: Scalar = trial.suggest_categorical(name, values)
        return chosen
    low, high, log = distribution.low, distribution.high, distribution.log
    if distribution.integer:
        return int(trial.suggest_int(name, round(low), round(high), log=log))
    return _nearest(distribution, float(f"{trial.suggest_float(name, low, high, log=log):.3g}"))


def _nearest(distribution: Distribution, value: Scalar) -> Scalar:
    """``value`` if it lies in ``distribution``; else the nearest end, or the default."""
    if isinstance(distribution, Uniform):
        inside = min(max(float(value), distribution.low), distribution.high)
        return round(inside) if distribution.integer else inside
    known = isinstance(distribution, Choice) and value in distribution.values
    return value if known else distribution.default


def _import_optuna(searcher: str) -> Any:
    try:
        optuna = import_module("optuna")
    except ImportError:
        raise PluginError(
            f"The searcher '{searcher}' needs Optuna, which is not installed. Install it with "
            f"\"pip install 'automtl[optuna]'\", or choose another searcher."
        ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna
