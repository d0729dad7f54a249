"""TPE: candidates that are likely among the good ones, and unlikely among the others."""

from collections.abc import Iterable
from typing import Any, ClassVar

from automtl.core.searcher import Searcher
from automtl.hookspecs import hookimpl
from automtl_plugins.searchers._optuna import N_STARTUP, OptunaSearcher


class TPE(OptunaSearcher):
    """
    The tree-structured Parzen estimator of `Algorithms for Hyper-Parameter Optimization
    <https://papers.nips.cc/paper/4443-algorithms-for-hyper-parameter-optimization>`_ (NIPS 2011),
    section 4, as Optuna's ``TPESampler`` has it; with several objectives, the multiobjective one of
    https://doi.org/10.1145/3377930.3389817 (GECCO 2020). It looks at no affinity.

    .. note::
        Departures from the paper. It starts from random trees with the tuned settings, not from
        random settings. A proposal that is known already is drawn again.
    """

    name: ClassVar[str] = "tpe"
    citation: ClassVar[str] = (
        "https://papers.nips.cc/paper/4443-algorithms-for-hyper-parameter-optimization"
    )

    def _sampler(self, seed: int) -> Any:
        return self.optuna.samplers.TPESampler(n_startup_trials=N_STARTUP, seed=seed)


@hookimpl
def automtl_searchers() -> Iterable[type[Searcher]]:
    return [TPE]
