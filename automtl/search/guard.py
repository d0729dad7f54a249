"""
The guard: no task is left behind. A task that a finalist harms is moved to its single-task path.
"""

from collections.abc import Iterable

from automtl.core.candidate import Candidate
from automtl.core.graph import Node, TaskGraph
from automtl.search.entry import Entry


def harmed(entry: Entry) -> list[str]:
    """
    The tasks that ``entry`` credibly harms: the 95 % interval of their gain over the single-task
    anchor, paired by seed, lies below zero. Where there is no interval, no harm is credible.
    """
    return [task for task, gain in entry.gains.items() if gain.is_loss]


def spare(entry: Entry, single: Candidate) -> Candidate | None:
    """
    The candidate of ``entry`` with the harmed tasks on paths of their own, trained as in
    ``single``, which makes their gain exactly zero. All others keep their nodes and settings; but
    who has nobody left to share with is alone from now on, and trained as in ``single`` too.

    :param single: The tuned single-task anchor.
    :return: None if no task is harmed; ``single`` if nothing is left to share.
    """
    if not (leaving := harmed(entry)):
        return None
    candidate = entry.candidate
    graph = take_out(candidate.graph, leaving)
    own = {part.graph.tasks[0]: part.hyperparameters for part in single.parts}
    before = alone(candidate.graph)
    fresh = {task: own[task] for task in alone(graph) if task in leaving or task not in before}
    kept = {
        name: value
        for name, value in candidate.hyperparameters.items()
        if not name.startswith("primitive.") or name.split(".")[1] in graph.primitives
    }
    spared = Candidate(graph, kept, {**candidate.alone, **fresh})
    return single if spared.parts == single.parts else spared


def take_out(graph: TaskGraph, tasks: Iterable[str]) -> TaskGraph:
    """
    The graph in which ``tasks`` are alone at every stage, without their cascade edges; the others
    stay where they are.

    >>> print(take_out(TaskGraph.all_shared("abc", 2), ["b"]))
    a+c | b → a+c | b
    """
    leaving = set(tasks)
    if leaving.issuperset(graph.tasks):
        return TaskGraph.single_task(graph.tasks, len(graph.stages))
    rest = graph.restrict(set(graph.tasks) - leaving)
    paths = tuple(Node((task,)) for task in leaving)
    return TaskGraph(tuple((*nodes, *paths) for nodes in rest.stages), rest.cascades)


def alone(graph: TaskGraph) -> frozenset[str]:
    """The tasks that share nothing with anyone, and exchange no predictions."""
    return frozenset(part.tasks[0] for part in graph.parts if len(part.tasks) == 1)


def split_off(before: Candidate, after: Candidate) -> list[str]:
    """
    The tasks that were taken out of ``before`` to make ``after``, as `spare` does it; empty if that
    is not how the two are related.

    >>> together = Candidate(TaskGraph.all_shared("abc", 1), {"block": "mlp"})
    >>> spared = Candidate(TaskGraph.from_groups([["ac", "b"]]), {"block": "mlp"})
    >>> split_off(together, spared)
    ['b']
    """
    there = set(before.parts)
    fresh = [part for part in after.parts if len(part.graph.tasks) == 1 and part not in there]
    leaving = [part.graph.tasks[0] for part in fresh]
    same_settings = after.hyperparameters.items() <= before.hyperparameters.items()
    return leaving if same_settings and take_out(before.graph, leaving) == after.graph else []
