"""What the guard did in a search, told from its trials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Phase, Trial
from automtl.search.entry import Entry, Estimate
from automtl.search.guard import split_off


@dataclass(frozen=True)
class Rescue:
    """
    A task that was moved to a path of its own.

    :param companions: With whom it shared anything before.
    :param before: The digest of the candidate that harmed it.
    :param after: The digest of the one in which it is alone.
    :param gain: Its gain before; ``gain_after`` in the other candidate.
    :param mean: The mean gain over tasks before; ``mean_after`` in the other candidate.
    """

    task: str
    companions: tuple[str, ...]
    before: str
    after: str
    gain: Estimate
    gain_after: Estimate
    mean: Estimate
    mean_after: Estimate


def rescues(trials: Sequence[Trial], ranking: Sequence[Entry]) -> list[Rescue]:
    """
    All rescues whose result was trained, in the order of the trials.

    :param trials: The trials, in the order they ended.
    :param ranking: The leaderboard they make.
    """
    entries = {entry.candidate: entry for entry in ranking}
    guarded = dict.fromkeys(trial.candidate for trial in trials if trial.phase is Phase.GUARD)
    found = []
    for candidate in guarded:
        if candidate in entries and (source := _source(candidate, entries)) is not None:
            for task in split_off(source.candidate, candidate):
                found.append(_rescue(task, source, entries[candidate]))
    return found


def _source(candidate: Candidate, entries: Mapping[Candidate, Entry]) -> Entry | None:
    """The entry that was guarded: of several, the one that is nearest; its tasks moved last."""
    made = {e.candidate.digest: split_off(e.candidate, candidate) for e in entries.values()}
    sources = [e for e in entries.values() if made[e.candidate.digest]]
    return min(sources, key=lambda entry: len(made[entry.candidate.digest]), default=None)


def _rescue(task: str, before: Entry, after: Entry) -> Rescue:
    return Rescue(
        task,
        _companions(before.candidate.graph, task),
        before.candidate.digest,
        after.candidate.digest,
        before.gains[task],
        after.gains[task],
        before.mean,
        after.mean,
    )


def _companions(graph: TaskGraph, task: str) -> tuple[str, ...]:
    met = {other for node in graph.path(task) for other in node.tasks}
    linked = {other for edge in graph.cascades if task in edge for other in edge}
    return tuple(sorted((met | linked) - {task}))
