"""What to conclude from a run, section by section: one sentence each, computed from its numbers."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automtl.core.affinity import Affinity
from automtl.core.graph import TaskGraph
from automtl.core.objective import FLOOR
from automtl.report.leaderboard import percent
from automtl.report.summary import Row, Summary
from automtl.search.entry import Estimate

MANY = 10  # intervals, from which on chance alone makes some look credible


@dataclass(frozen=True)
class Pair:
    """How much ``helper`` helps ``receiver`` at ``stage`` (from 1), with its standard error."""

    stage: int
    receiver: str
    helper: str
    mean: float
    std: float

    @property
    def tone(self) -> str:
        """``"helps"`` or ``"hurts"`` where two standard errors tell it from zero, else nothing."""
        if abs(self.mean) <= 2 * self.std or not math.isfinite(self.mean + self.std):
            return ""
        return "helps" if self.mean > 0 else "hurts"

    def __str__(self) -> str:
        return f"{self.mean:+.2f} ± {self.std:.2f}"


def tone(gain: Estimate) -> str:
    """``"better"`` or ``"worse"`` where the interval leaves zero out, else ``"unsure"``."""
    if gain.half_width is None or not abs(gain.mean) > gain.half_width:
        return "unsure"
    return "better" if gain.mean > 0 else "worse"


def on_gains(summary: Summary) -> str:
    """Whether the exported model is better than a model per task, on test, and for which tasks."""
    names = {"better": list[str](), "worse": list[str](), "unsure": list[str]()}
    for task in summary.tasks:
        names[tone(task.test_gain)].append(task.name)
    if len(summary.tasks) == 1:
        return (
            "There is one task, which has nobody to share with, so the exported model is one for "
            "this task, and what the search tuned is its settings."
        )
    if summary.winner.anchor == "single-task":
        return (
            "No sharing was found that beats a model per task, so the exported model is one: it "
            "shares nothing, and there is no gain to speak of."
        )
    if all(task.test_gain.half_width is None for task in summary.tasks):
        return (
            "It cannot be told: each candidate was trained with one seed, so the gains below have "
            "no intervals, and a gain may be luck."
        )
    better, worse, unsure = (listing(names[key], 5) for key in ("better", "worse", "unsure"))
    parts = [f"Better for {better}" if better else "Credibly better for no task"]
    parts.append(f"worse for {worse}" if worse else "worse for none")
    if unsure:
        parts.append(f"for {unsure} the difference cannot be told from the noise of training")
    return "; ".join(parts) + "."


def on_mean_gain(summary: Summary) -> str:
    """The mean gain on test of the exported candidate and of the all-shared anchor."""
    gains = summary.test_gains
    line = f"On average over tasks the gain on test is {percent(gains[summary.winner.digest])}"
    shared = next((row for row in summary.rows if row.anchor == "all-shared"), None)
    if shared is not None and shared != summary.winner and shared.digest in gains:
        line += f"; sharing everything would have given {percent(gains[shared.digest])}"
    return f"{line}."


def on_chance(summary: Summary) -> str:
    """With many intervals, how many of them miss by chance; nothing with few."""
    count = len(summary.tasks)
    if count < MANY:
        return ""
    return (
        f"Of {count} intervals at 95 %, about {0.05 * count:.0f} miss the truth by chance alone; "
        "a single one that barely leaves zero out proves little."
    )


def on_sharing(graph: TaskGraph, rows: Sequence[Row]) -> str:
    """Who shares at all, out of how many graphs that were tried."""
    meeting = {t for stage in graph.stages for n in stage if len(n.tasks) > 1 for t in n.tasks}
    tried = f"{counted(len({row.graph for row in rows}), 'graph')} compared"
    if not meeting:
        return f"No task shares a stage with another ({tried})."
    if all(len(stage) == 1 for stage in graph.stages):
        return f"All tasks share every stage, and only their heads differ ({tried})."
    alone = [task for task in graph.tasks if task not in meeting]
    end = f"; {listing(alone)} {'goes' if len(alone) == 1 else 'go'} alone" if alone else ""
    some = f"{len(meeting)} of" if alone else "All"
    return (
        f"{some} {len(graph.tasks)} tasks share at least one of "
        f"{counted(len(graph.stages), 'stage')}{end} ({tried})."
    )


def on_floor(floored: Sequence[str]) -> str:
    """What limits the gain of tasks whose anchor is nearly perfect; nothing where there is none."""
    if not floored:
        return ""
    return (
        f"The single-task anchor is nearly perfect for {listing(floored)}: gains there are "
        f"relative to {100 * FLOOR:g} % of a constant prediction's error."
    )


def pairs(affinity: Affinity) -> Iterator[Pair]:
    """All ordered pairs of different tasks, stage by stage."""
    for stage, (means, stds) in enumerate(zip(affinity.mean, affinity.std, strict=True), start=1):
        for i, receiver in enumerate(affinity.tasks):
            for j, helper in enumerate(affinity.tasks):
                if i != j:
                    yield Pair(stage, receiver, helper, means[i][j], stds[i][j])


def on_affinity(affinity: Affinity | None) -> str:
    """How many pairs agree or conflict clearly, and which most."""
    if affinity is None:
        return "No affinity was measured in this run."
    found = list(pairs(affinity))
    clear = [pair for pair in found if pair.tone]
    if not clear:
        return (
            f"None of {counted(len(found), 'pair')} of tasks and stages is two standard errors "
            "from zero: this measurement does not tell who helps whom."
        )
    most = max(clear, key=lambda pair: abs(pair.mean))
    helps = sum(pair.tone == "helps" for pair in clear)
    return (
        f"Of {counted(len(found), 'pair')} of tasks and stages, {helps:,} agree and "
        f"{len(clear) - helps:,} conflict by more than two standard errors; the strongest is "
        f"{most.helper} on {most.receiver} at stage {most.stage} ({most})."
    )


def on_leaderboard(rows: Sequence[Row]) -> str:
    """How sure the first place is."""
    first, *others = rows
    rivals = [row for row in others if row.seeds > 1]
    if first.anchor == "single-task":
        best = f"; the next has {percent(others[0].mean)}" if others else ""
        return f"First is the single-task anchor, the zero point of all gains{best}."
    if first.seeds < 2:
        return (
            "Each candidate was trained with one seed, so the order may be luck: the first has a "
            f"mean gain of {percent(first.mean)}."
        )
    close = sum(_overlap(first.mean, row.mean) for row in rivals)
    lead = f"The first has a mean gain of {percent(first.mean)} over {first.seeds} seeds"
    if not rivals:
        return f"{lead}; no other candidate was trained with several seeds."
    if close:
        return (
            f"{lead}; the intervals of {close} of the {counted(len(rivals), 'other')} with several "
            "seeds overlap with its own, so the order among them is not settled."
        )
    return f"{lead}; the intervals of all {counted(len(rivals), 'other')} lie apart from its own."


def on_training(curves: Sequence[Mapping[str, Any]]) -> str:
    """Whether training had ended by itself, and how far validation lies above training."""
    if not curves:
        return "No curves of the exported network were kept."
    late = sum(curve["best"] >= len(curve["validation"]) - 1 for curve in curves)
    n = len(curves)
    if hurried := sum(curve.get("hurried", False) for curve in curves):
        return (
            f"The time of the search was too short for all epochs of {hurried} of "
            f"{counted(n, 'independent part')} of the network, so that these went through them "
            "faster: a search with more minutes might have found better ones."
        )
    if late:
        return (
            f"In {late} of {counted(n, 'independent part')} of the network the last epoch was the "
            "best: more epochs might have helped."
        )
    parts = "The network" if n == 1 else f"Each of the {n} independent parts of the network"
    return f"{parts} had passed its best epoch before training stopped; that epoch was kept."


def on_inputs(summary: Summary) -> str:
    """What was spent on what."""
    train, validation, test = summary.n_rows
    failed = sum(summary.failed.values())
    hurried = (
        f" In {summary.hurried:,} of them the time was too short for all epochs, so that these "
        "were gone through faster: a model per task and graphs alike had the same time."
        if summary.hurried
        else ""
    )
    return (
        f"{counted(summary.trials, 'trial')} in {duration(summary.seconds)}, {failed or 'none'} of "
        f"them failed or cut off, on {train:,} rows to train on, {validation:,} to choose on and "
        f"{test:,} to test on.{hurried}"
    )


def listing(names: Iterable[str], most: int = 8) -> str:
    """
    Names in a sentence.

    >>> listing("abc"), listing("abcd", most=2)
    ('a, b and c', 'a, b and 2 more')
    """
    found = list(names)
    if len(found) > most:
        return f"{', '.join(found[:most])} and {len(found) - most} more"
    return " and ".join(filter(None, [", ".join(found[:-1]), *found[-1:]]))


def counted(count: int, noun: str) -> str:
    """
    A number of things.

    >>> counted(1, "trial"), counted(1200, "trial")
    ('1 trial', '1,200 trials')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """
    Seconds, for people.

    >>> duration(48.4), duration(2400), duration(9000)
    ('48 s', '40 min', '2.5 h')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _overlap(a: Estimate, b: Estimate) -> bool:
    return abs(a.mean - b.mean) <= (a.half_width or 0.0) + (b.half_width or 0.0)
