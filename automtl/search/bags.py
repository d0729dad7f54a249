"""
Bags: the winner is trained on several divisions of the rows that are not for testing, and the mean
of what these networks predict is exported.

Each fold of those rows is for validation once (cross-validation committees, Parmanto, Munro and
Doyle, 1996, https://doi.org/10.1080/095400996116848), so that every row is learned from, and has a
prediction by a network that did not learn from it, which is what thresholds are chosen on.
"""

from math import ceil

from automtl.core.trial import Order, Phase, Trial
from automtl.search.ledger import Ledger
from automtl.search.plan import Plan
from automtl.search.standing import Standing

MARGIN = 1.3  # bags have more rows to learn from than the trainings before


def next_bag(plan: Plan, ledger: Ledger, elapsed: float) -> Order | None:
    """The next bag of the winner, once it is decided and in time; None if there is none."""
    searching = any(order.phase is not Phase.BAGS for order in ledger.pending.values())
    bags = plan.budget.bags
    if not bags or searching or not (peers := ledger.standing.peers):
        return None
    seconds = plan.budget.seconds
    if seconds is not None and _longest(ledger) > seconds - elapsed:
        return None
    for number in range(bags):
        bag = (number, bags)
        order = Order(peers[0].candidate, plan.seed + number, Phase.BAGS, bag=bag)
        if ledger.new(order):
            return order
    return None


def search_end(plan: Plan, ledger: Ledger) -> float | None:
    """
    When the search must end, in seconds, so that the bags of what is best so far can be trained:
    at most half of the time is kept for them. None where there is no limit.
    """
    seconds, planned = plan.budget.seconds, plan.budget.search_seconds
    if seconds is None or planned is None or not plan.budget.bags:
        return seconds
    needed = MARGIN * ceil(plan.budget.bags / plan.workers) * _longest(ledger)
    return max(seconds / 2, min(planned, seconds - needed))


def _longest(ledger: Ledger) -> float:
    """What training the winner takes, in seconds, as far as its trainings so far tell."""
    peers = ledger.standing.peers
    trials = peers[0].trials if peers else ()
    return max((trial.result.seconds for trial in trials), default=0.0)


def bags_of(standing: Standing, trials: list[Trial], count: int) -> list[Trial]:
    """The ``count`` bags of the winner in the order of their folds, if there are all of them."""
    if not standing.peers:
        return []
    winner = standing.peers[0].candidate
    wanted = [(number, count) for number in range(count)]
    bags = {t.order.bag: t for t in trials if t.done and t.candidate == winner}
    return [bags[bag] for bag in wanted] if bags.keys() >= set(wanted) else []
