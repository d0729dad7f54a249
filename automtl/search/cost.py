"""What a search cost, in the unit in which searches compare."""

from collections.abc import Sequence
from statistics import fmean

from automtl.core.trial import Trial
from automtl.search.standing import Standing


def cost_in_j(trials: Sequence[Trial], standing: Standing) -> float | None:
    """
    The seconds of all ``trials``, failed and cut ones included, in units of J: the mean seconds of
    training the all-shared anchor, in full and with its best settings. A training that was found
    ready, because an interrupted session had ended it, is not counted in that mean.

    :return: None if no all-shared anchor was trained, or if it took no time.
    """
    if standing.shared is None:
        return None
    anchor = standing.shared.candidate
    whole = [t.result for t in standing.trials if t.candidate == anchor and t.result.epochs]
    unit = fmean(result.seconds for result in whole) if whole else 0.0
    return sum(trial.result.seconds for trial in trials) / unit if unit > 0 else None
