"""Is the model better than a model per task, and for which tasks?"""

from collections.abc import Iterator, Mapping

from automtl.report import decisions, findings
from automtl.report.findings import tone
from automtl.report.found import Found
from automtl.report.leaderboard import percent, shown, verdict
from automtl.report.parts import Heading, Items, Part, Pictures, Section, Text
from automtl.report.pictures import gain_picture
from automtl.report.summary import Summary, TaskSummary
from automtl.report.tables import Cell, Table, number
from automtl.search.entry import Estimate

TITLE = "Is it better than a model per task?"
MANY = 12  # tasks, from which on the picture scrolls
HOW_TO_READ = (
    "The gain of a task is the share by which its error is smaller than that of the tuned "
    "single-task anchor, mean over seeds, with a 95 % interval (Student's t over seeds). The "
    "interval tells the noise of training, not that of the {rows:,} test rows. Exported is what "
    "is in the file; winner and single-task are means over the seeds of the winning candidate and "
    "of the anchor. Nothing was chosen on test."
)
MARKS = (
    "A full dot is better and a diamond worse by more than the interval; a ring cannot be told "
    "from zero; an arrow is an interval that goes on."
)
GUARD = (
    "The guard looks at each finalist's gains on validation, paired by seed: a task whose 95 % "
    "interval lies below zero gets a path of its own, and the result is trained again."
)


def section(found: Found) -> Section:
    """Gains on test with intervals; while the search goes on, those of the best on validation."""
    if found.summary is None:
        return Section("gain", TITLE, _so_far(found), list(_parts_so_far(found)))
    return Section("gain", TITLE, findings.on_gains(found.summary), list(_parts(found.summary)))


def gain_cell(gain: Estimate) -> Cell:
    """A gain, coloured where it is credible."""
    return Cell(percent(gain), f"number {tone(gain)}")


def _parts(summary: Summary) -> Iterator[Part]:
    if summary.winner.anchor == "single-task":
        yield from _sharing(summary)
    else:
        yield from _picture({task.name: task.test_gain for task in summary.tasks}, "test")
    yield _table(summary)
    remarks = [findings.on_floor(summary.floored), findings.on_chance(summary)]
    for line in filter(None, [HOW_TO_READ.format(rows=summary.n_rows[2]), *remarks]):
        yield Text(line, "note")
    yield Heading("Is any task left behind?")
    first, *others = decisions.on_guard(summary)
    yield Text(first)
    if others:
        yield Items(others)
    yield Text(GUARD, "note")


def _sharing(summary: Summary) -> Iterator[Part]:
    """What the best candidate that shares would have given; nothing if there is none."""
    others = [row for row in summary.rows if row.mean != summary.winner.mean and not row.anchor]
    if len(summary.tasks) > 1 and others:
        yield Text(
            f"For comparison, the best candidate that is not an anchor, {others[0].digest}, which "
            "was not exported:"
        )
        yield from _picture(others[0].gains, "validation")


def _so_far(found: Found) -> str:
    """What can be said before anything was tested."""
    if not found.rows:
        return (
            "Not known yet: the first single-task anchor, the zero point of all gains, has not "
            "ended."
        )
    best = found.rows[0]
    if best.anchor == "single-task":
        return "Not known yet: so far nothing that shares is ahead of the single-task anchor."
    return (
        f"Not known yet, as nothing is tested before the end. On validation, where the choice is "
        f"made, the best candidate so far has a mean gain of {percent(best.mean)}."
    )


def _parts_so_far(found: Found) -> Iterator[Part]:
    if found.rows and found.rows[0].anchor != "single-task":
        yield from _picture(found.rows[0].gains, "validation")


def _picture(gains: Mapping[str, Estimate], part: str) -> Iterator[Part]:
    """Nothing where no gain is defined."""
    picture = gain_picture(gains, part)
    if picture is not None:
        yield Pictures([picture], wide=len(gains) > MANY)
        yield Text(MARKS, "note")


def _table(summary: Summary) -> Table:
    head = ["task", "kind", "metric", "exported", "winner", "single-task", "gain on test",
            "gain on validation", "conclusion"]  # fmt: skip
    rows = [
        [
            *(Cell(text) for text in (task.name, task.kind, task.metric)),
            *map(number, _metric(task)),
            gain_cell(task.test_gain),
            number(percent(task.validation_gain)),
            Cell(verdict(summary, task)),
        ]
        for task in summary.tasks
    ]
    return Table("Each task on test, by the metric that defines its gain", head, rows)


def _metric(task: TaskSummary) -> list[str]:
    """The metric of the exported network, and the means of the winner and of the anchor."""
    return [shown(of[task.metric]) for of in (task.test, task.winner_test, task.anchor_test)]
