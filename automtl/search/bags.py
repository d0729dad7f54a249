"""
Bags: the winner, and what is next best if an ensemble is asked for, is trained on several divisions
of the rows that are not for testing, and the mean of what these networks predict is exported. The
search has begun it: what is compared are trainings that leave out a fold each (`Plan.order`).

Each fold of those rows is for validation once (cross-validation committees, Parmanto, Munro and
Doyle, 1996, https://doi.org/10.1080/095400996116848), so that every row is learned from, and has a
prediction by a network that did not learn from it, which is what thresholds are chosen on.
"""

from math import ceil

from automtl.core.trial import Order, Phase, Trial
from automtl.search.entry import Entry
from automtl.search.ledger import Ledger
from automtl.search.plan import Plan
from automtl.search.standing import Standing

ENOUGH = 2  # bags: the mean of fewer is none
MARGIN = 1.3  # bags have more rows to learn from than the trainings before


def next_bag(plan: Plan, ledger: Ledger, elapsed: float) -> Order | None:
    """The next bag, candidate by candidate, once the winner is decided and in time, if any."""
    bags, seconds = plan.budget.bags, plan.budget.seconds
    if not bags or any(order.phase is not Phase.BAGS for order in ledger.pending.values()):
        return None
    for entry in _chosen(ledger.standing, plan.budget.ensemble):
        for seed in range(plan.first_seed, plan.first_seed + bags):
            order = plan.order(entry.candidate, seed, Phase.BAGS)
            if ledger.new(order):
                late = seconds is not None and _longest(entry) > seconds - elapsed
                return None if late else order
    return None


def search_end(plan: Plan, ledger: Ledger) -> float | None:
    """
    When the search must end, in seconds, so that the bags of what is best so far can be trained:
    at most half of the time is kept for them. Those of the next best have what is left of that.
    None where there is no limit.
    """
    seconds, planned = plan.budget.seconds, plan.budget.search_seconds
    if seconds is None or planned is None or not plan.budget.bags:
        return seconds
    winner = _chosen(ledger.standing, 1)
    needed = sum(_rounds(plan, ledger, entry) * _longest(entry) for entry in winner)
    return max(seconds / 2, min(planned, seconds - MARGIN * needed))


def bags_of(
    standing: Standing, trials: list[Trial], count: int, candidates: int = 1
) -> list[Trial]:
    """
    The bags of the winner in the order of their folds, then those of the next best, as far as they
    were trained; none unless there are two of the winner.

    :param count: Into how many folds the rows are divided.
    :param candidates: Of how many candidates at most.
    """
    found: list[Trial] = []
    for entry in _chosen(standing, candidates):
        own = _folds(entry, trials, count)
        if not found and len(own) < ENOUGH:
            return []
        found += (own[fold] for fold in sorted(own))
    return found


def _rounds(plan: Plan, ledger: Ledger, entry: Entry) -> int:
    """How many bags a worker has still to train of a candidate."""
    bags = plan.budget.bags
    lacking = bags - len(_folds(entry, ledger.trials, bags))
    return ceil(lacking / max(plan.workers, 1))


def _folds(entry: Entry, trials: list[Trial], count: int) -> dict[int, Trial]:
    """The first training of a candidate that left out a fold, for each of so many folds."""
    found: dict[int, Trial] = {}
    for trial in trials:
        bag = trial.order.bag
        if trial.done and trial.candidate == entry.candidate and bag and bag[1] == count:
            found.setdefault(bag[0], trial)
    return found


def _chosen(standing: Standing, count: int) -> list[Entry]:
    """The best candidates, of those that are the same networks in other words the best."""
    different: dict[frozenset[str], Entry] = {}
    for entry in standing.peers:
        parts = frozenset(part.digest for part in entry.candidate.parts)
        different.setdefault(parts, entry)
    return list(different.values())[:count]


def _longest(entry: Entry) -> float:
    """What training a candidate takes, in seconds, as far as its trainings so far tell."""
    return max(trial.result.seconds for trial in entry.trials)
