"""
Bags: the winner is trained on several divisions of the rows that are not for testing, and the mean
of what these networks predict is exported.

Each fold of those rows is for validation once (cross-validation committees, Parmanto, Munro and
Doyle, 1996, https://doi.org/10.1080/095400996116848), so that every row is learned from, and has a
prediction by a network that did not learn from it, which is what thresholds are chosen on.
"""

from automtl.core.trial import Order, Phase, Trial
from automtl.search.ledger import Ledger
from automtl.search.plan import Plan
from automtl.search.standing import Standing


def next_bag(plan: Plan, ledger: Ledger, elapsed: float) -> Order | None:
    """The next bag of the winner, once it is decided and in time; None if there is none."""
    searching = any(order.phase is not Phase.BAGS for order in ledger.pending.values())
    if not plan.bags or searching or not (peers := ledger.standing.peers):
        return None
    seconds = plan.budget.seconds
    longest = max((trial.result.seconds for trial in peers[0].trials), default=0.0)
    if seconds is not None and longest > seconds - elapsed:
        return None
    for number in range(plan.bags):
        bag = (number, plan.bags)
        order = Order(peers[0].candidate, plan.seed + number, Phase.BAGS, bag=bag)
        if ledger.new(order):
            return order
    return None


def bags_of(standing: Standing, trials: list[Trial]) -> list[Trial]:
    """The bags of the winner, if there are all of them."""
    if not standing.peers:
        return []
    winner = standing.peers[0].candidate
    bags = [t for t in trials if t.done and t.order.bag is not None and t.candidate == winner]
    latest = {trial.order.bag: trial for trial in bags}
    whole = [one for one in latest.values() if one.order.bag and one.order.bag[1] <= len(latest)]
    return whole if len(whole) == len(latest) else []
