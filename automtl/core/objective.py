"""The objective: the gain of each task over its single-task anchor."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

FLOOR = 0.05  # smallest denominator of a gain, as a share of the error of a constant prediction


COSTS = ("parameters", "flops", "latency_ms")


@dataclass(frozen=True)
class Objective:
    """
    What a search is after: the highest mean gain, or the Pareto front of it against costs.

    :param against: The costs that gain is traded against, of `COSTS`; none: gain alone counts.
    :param max_parameters: Candidates with more parameters are not admitted.
    :param max_latency_ms: Nor those that take longer, in milliseconds, to predict one row.
    :param max_loss_per_task: Nor those in which a task has a gain below minus this.
    """

    against: tuple[str, ...] = ()
    max_parameters: int | None = None
    max_latency_ms: float | None = None
    max_loss_per_task: float | None = None


def gains(
    errors: Mapping[str, float],
    anchor: Mapping[str, float],
    constants: Mapping[str, float],
    mean: Mapping[str, float] | None = None,
) -> dict[str, float]:
    r"""
    The gain of each task: by which share its error is smaller than the single-task anchor's,

    .. math::
        g_i = \frac{e_i^\text{anchor} - e_i}
            {\max(\bar e_i^\text{anchor}, 0.05 \, e_i^\text{constant})}.

    The floor keeps a nearly perfect anchor from turning a speck of error into a catastrophe.
    Where even a constant prediction is perfect, the denominator is 1.

    :param errors: The errors of the candidate, by task; lower is better.
    :param anchor: The errors of the single-task anchor, with the same seed.
    :param constants: The errors of the best constant prediction.
    :param mean: The mean errors of the anchor over all its trainings; None if there is only this
        one. Relative to the very error that it is compared with, who is equally good would lose:
        the smaller that happens to be, the more a difference to it counts.

    >>> gains({"age": 0.75}, {"age": 1.0}, {"age": 2.0})
    {'age': 0.25}
    """
    mean = mean or anchor
    scales = {task: max(mean[task], FLOOR * constants[task]) or 1.0 for task in errors}
    return {task: (anchor[task] - errors[task]) / scales[task] for task in errors}


def relative_error(errors: Mapping[str, float], constants: Mapping[str, float]) -> float:
    """
    The mean over tasks of the error relative to a constant prediction's, or of the error itself
    where even a constant prediction is perfect.

    >>> relative_error({"age": 1.5, "sex": 0.25}, {"age": 2.0, "sex": 0.0})
    0.5
    """
    return fmean(errors[task] / (scale or 1.0) for task, scale in constants.items())


def floored(anchor: Mapping[str, float], constants: Mapping[str, float]) -> list[str]:
    """The tasks whose gain the floor of `gains` changes; a report names them."""
    return sorted(task for task in anchor if anchor[task] < FLOOR * constants[task])


def mean_gain(by_task: Mapping[str, float]) -> float:
    """The mean over tasks: what the search maximises."""
    return fmean(by_task.values())
