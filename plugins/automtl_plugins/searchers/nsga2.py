"""NSGA-II: evolution towards the front of candidates of which none is better in everything."""

from collections.abc import Iterable
from typing import Any, ClassVar

from automtl.core.searcher import Searcher
from automtl.hookspecs import hookimpl
from automtl_plugins.searchers._optuna import N_STARTUP, OptunaSearcher


class NSGA2(OptunaSearcher):
    """
    `A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II
    <https://doi.org/10.1109/4235.996017>`_ (IEEE Transactions on Evolutionary Computation 2002), as
    Optuna's ``NSGAIISampler`` has it. With gain as the only objective it is a plain elitist genetic
    algorithm. It looks at no affinity.

    .. note::
        Departures from the paper. A generation has as many candidates as the start, 10, not 100:
        a training is dear. Children are born while their generation is still in training. A
        proposal that is known already is drawn again.
    """

    name: ClassVar[str] = "nsga2"
    citation: ClassVar[str] = "https://doi.org/10.1109/4235.996017"

    def _sampler(self, seed: int) -> Any:
        return self.optuna.samplers.NSGAIISampler(population_size=N_STARTUP, seed=seed)

    def _enter(self, trial: Any) -> None:
        _ = trial.relative_params  # a trial joins a generation when Optuna would sample it


@hookimpl
def automtl_searchers() -> Iterable[type[Searcher]]:
    return [NSGA2]
