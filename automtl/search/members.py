"""Which trainings an exported ensemble is made of."""

from automtl.core.trial import Trial
from automtl.search.standing import Standing


def ensemble_members(standing: Standing, count: int) -> list[Trial]:
    """
    The trainings whose mean prediction is exported, at most ``count``: those of the winner, then
    those of the other finalists that are its peers, best first; of each candidate the best seed
    first. Together they keep the limits on parameters and latency, so that a limit may leave no
    room for a second one.
    """
    trials = [
        trial for entry in standing.peers for trial in sorted(entry.trials, key=standing.relative)
    ]
    members = trials[:1]
    for trial in trials[1:]:
        if len(members) < count and _fit(standing, [*members, trial]):
            members.append(trial)
    return members


def _fit(standing: Standing, members: list[Trial]) -> bool:
    limits = (
        (standing.objective.max_parameters, sum(t.result.parameters for t in members)),
        (standing.objective.max_latency_ms, sum(t.result.latency_ms for t in members)),
    )
    return all(limit is None or total <= limit for limit, total in limits)
