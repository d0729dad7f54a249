"""Negative transfer: which task loses by sharing, with whom, at which stage, and how sure it is."""

from automtl.core.affinity import Affinity
from automtl.report.findings import Pair, pairs

QUANTILE = 1.64  # of the normal distribution: 95 % to one side


def losses(posterior: Affinity) -> list[Pair]:
    """
    The pairs whose affinity is credibly below zero, the largest loss first.

    :param posterior: What the searcher inferred from the gains, in gain.
    """
    found = (pair for pair in pairs(posterior) if pair.mean + QUANTILE * pair.std < 0)
    return sorted(found, key=lambda pair: pair.mean)


def transfer(posterior: Affinity | None) -> list[str]:
    """
    A line for each credible loss, or one that says that there is none.

    >>> hurt = (((0.0, -0.031), (0.0, 0.0)),)
    >>> sure = (((0.0, 0.012), (0.0, 0.012)),)
    >>> transfer(Affinity(("mass", "sex"), hurt, sure, "posterior"))
    ['mass loses by sharing stage 1 with sex: -3.1 ± 1.2 %']
    """
    if posterior is None:
        return ["The searcher infers no affinity from gains, so who harms whom is not known."]
    if len(posterior.tasks) < 2:
        return ["There is one task, so that none can lose by sharing."]
    return [_line(pair) for pair in losses(posterior)] or [
        "No task credibly loses by sharing a stage with another (95 %, one-sided), as far as the "
        "graphs that were tried can tell."
    ]


def _line(pair: Pair) -> str:
    where = f"stage {pair.stage} with {pair.helper}"
    return f"{pair.receiver} loses by sharing {where}: {in_percent(pair)}"


def in_percent(pair: Pair) -> str:
    """The affinity of a pair as a gain, with its standard deviation."""
    return f"{100 * pair.mean:+.1f} ± {100 * pair.std:.1f} %"
