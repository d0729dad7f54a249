"""How trials compare: the best anchors, the gains, the ranking."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from statistics import fmean

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.objective import Objective, gains, mean_gain, relative_error
from automtl.core.trial import Bag, Draw, Phase, Trial
from automtl.search.entry import Entry, Estimate
from automtl.search.front import admitted, costs, pareto_front
from automtl.search.guard import harmed


class Standing:
    """
    What is known after some trials. Those of low fidelity do not count, as what a short training
    gives is no zero point and no rank; nor do bags, which are judged on other rows.

    :param trials: The trials, in the order they ended.
    :param constants: Each task's error of a constant prediction.
    :param objective: What is sought, and within which limits.
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        constants: Mapping[str, float],
        objective: Objective = Objective(),  # noqa: B008 - it is frozen
    ) -> None:
        whole = (trial for trial in trials if trial.done and trial.order.fidelity == 1)
        self.trials = [trial for trial in whole if trial.phase is not Phase.BAGS]
        self.constants, self.objective = constants, objective

    @cached_property
    def single(self) -> Trial | None:
        """
        The best of the tuned single-task anchors, None if none succeeded. One that is composed of
        each task's own best settings goes before those with the same settings for all.
        """
        found = self._anchors(TaskGraph.single_task)
        composed = [trial for trial in found if trial.candidate.alone]
        return min(composed or found, key=self.relative, default=None)

    @cached_property
    def shared(self) -> Trial | None:
        """
        The best of the tuned all-shared anchors, None if none succeeded: of those that were judged
        on a first fold too, as the best ones are (`shortlist`), the best on both divisions.
        """
        apart: dict[Candidate, float] = {}
        for trial in self.trials if len(self.constants) > 1 else ():
            if trial.order.bag is not None and trial.order.bag[0] == 0:
                apart.setdefault(trial.candidate, self.relative(trial))
        found = self._anchors(TaskGraph.all_shared)
        again = [trial for trial in found if trial.candidate in apart]
        return min(
            again or found,
            key=lambda trial: self.relative(trial) + apart.get(trial.candidate, 0.0),
            default=None,
        )

    def relative(self, trial: Trial) -> float:
        """Its mean error relative to a constant prediction's."""
        return relative_error(trial.result.errors, self.constants)

    def gains(self, trial: Trial) -> dict[str, float] | None:
        """
        The gain of each task over the single-task anchor: with the same draw, or else, which is
        less exact, over its mean error on the same rows. None if the anchor was not judged on them.
        """
        zero = self.zero.get(trial.order.draw) or self._mean_zero.get(trial.order.bag)
        if zero is None:
            return None
        return gains(trial.result.errors, zero, self.constants, self._mean_anchor)

    @cached_property
    def ranking(self) -> list[Entry]:
        """
        All candidates that can be compared, best first: what keeps the limits of the objective
        before what does not; what credibly harms no task before what does; what was trained with
        several seeds before what was not; then by mean gain, and of equals the one that costs
        less. If the first keeps the limits, it is the winner.

        Where the anchor has left out folds, only trainings that did count: on the division that it
        was tuned on it is better than on others.

        A gain that seeds cannot tell from zero counts as none for a graph that is larger than the
        single-task anchor: parameters are not spent on luck.
        """
        by_candidate: dict[Candidate, list[Trial]] = {}
        divided = any(bag is not None for _, bag in self.zero)
        for trial in self.trials:
            apart = (trial.order.bag is not None) == divided
            if apart and trial.order.draw in self.zero:
                by_candidate.setdefault(trial.candidate, []).append(trial)
        entries = [self._entry(candidate, found) for candidate, found in by_candidate.items()]
        begun = _begun(entries)
        return sorted(entries, key=lambda entry: (*self._class(entry, begun), *self._aims(entry)))

    @cached_property
    def peers(self) -> list[Entry]:
        """
        What is ranked with the winner, by mean gain alone: it keeps the limits, harms a task only
        if the winner does, and has several seeds if the winner has. The winner is the first; none
        if nothing keeps the limits.
        """
        if not self.ranking or admitted(self.ranking[0], self.objective):
            return []
        begun = _begun(self.ranking)
        first = self._class(self.ranking[0], begun)
        return [entry for entry in self.ranking if self._class(entry, begun) == first]

    @cached_property
    def front(self) -> list[Entry]:
        """
        The Pareto front of mean gain against the costs that the objective names, highest gain
        first. It is made of what keeps the limits, and of several seeds if the winner has: one seed
        proves no trade-off. To harm no task is an aim as well, so that nobody who harms one
        dominates who harms none; the winner is the first of these, if there are any.
        """
        if not self.peers:
            return []
        begun = _begun(self.ranking)
        one_seed = self._class(self.ranking[0], begun)[2]
        able = [e for e in self.ranking if self._class(e, begun)[::2] == (False, one_seed)]
        return pareto_front(able, self.objective.against)

    def _entry(self, candidate: Candidate, trials: Sequence[Trial]) -> Entry:
        mean = self._mean_anchor
        found = [
            gains(t.result.errors, self.zero[t.order.draw], self.constants, mean) for t in trials
        ]
        named = (("all-shared", self.shared), ("single-task", self.single))
        anchors = {trial.candidate: name for name, trial in named if trial is not None}
        return Entry(
            candidate=candidate,
            trials=tuple(trials),
            gains={task: Estimate.of([gain[task] for gain in found]) for task in self.constants},
            mean=Estimate.of([mean_gain(gain) for gain in found]),
            anchor=anchors.get(candidate, ""),
        )

    def _class(self, entry: Entry, begun: bool) -> tuple[bool, bool, bool]:
        """What goes before mean gain; ``begun`` is whether finalists have several seeds."""
        one_seed = begun and len(entry.trials) < 2
        return bool(admitted(entry, self.objective)), bool(harmed(entry)), one_seed

    def _aims(self, entry: Entry) -> tuple[float, ...]:
        found, unproven = costs(entry), self._unproven(entry)
        gain = min(entry.mean.mean, 0.0) if unproven else entry.mean.mean
        return (-gain, unproven, *(found[name] for name in self.objective.against))

    def _unproven(self, entry: Entry) -> bool:
        """Whether it is larger than the single-task anchor, for a gain that may be luck."""
        if self.single is None or entry.mean.half_width is None or entry.anchor == "single-task":
            return False
        if len(self.constants) == 1:  # there is no other graph
            return False
        larger = entry.trials[0].result.parameters > self.single.result.parameters
        return larger and entry.mean.mean <= entry.mean.half_width

    @cached_property
    def zero(self) -> dict[Draw, Mapping[str, float]]:
        """The errors of the single-task anchor, by draw: what gains are relative to."""
        if self.single is None:
            return {}
        anchor = self.single.candidate
        return {t.order.draw: t.result.errors for t in self.trials if t.candidate == anchor}

    @cached_property
    def _mean_anchor(self) -> dict[str, float]:
        """The mean error of the single-task anchor over all its trainings."""
        return _means(list(self.zero.values()), self.constants)

    @cached_property
    def _mean_zero(self) -> dict[Bag | None, Mapping[str, float]]:
        """The mean error of the single-task anchor over its seeds, by division of the rows."""
        same: dict[Bag | None, list[Mapping[str, float]]] = {}
        for (_, bag), errors in self.zero.items():
            same.setdefault(bag, []).append(errors)
        return {bag: _means(found, self.constants) for bag, found in same.items()}

    def _anchors(self, graph: Callable[[Iterable[str], int], TaskGraph]) -> list[Trial]:
        """The tuning of an anchor."""
        return [
            trial
            for trial in self.trials
            if trial.phase is Phase.ANCHORS
            and trial.candidate.graph == graph(self.constants, len(trial.candidate.graph.stages))
        ]


def _means(found: Sequence[Mapping[str, float]], tasks: Iterable[str]) -> dict[str, float]:
    """The mean error of each task."""
    return {task: fmean(errors[task] for errors in found) for task in tasks}


def _begun(entries: Sequence[Entry]) -> bool:
    """Whether finalists, the anchors aside, have been trained with several seeds."""
    return any(len(entry.trials) > 1 and not entry.anchor for entry in entries)
