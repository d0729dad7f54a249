"""What did it cost?"""

from collections.abc import Iterator, Sequence

from automtl.core.trial import Phase, Trial
from automtl.report import decisions, findings
from automtl.report.findings import counted, duration, tone
from automtl.report.found import Found
from automtl.report.leaderboard import percent
from automtl.report.parts import Folded, Heading, Part, Pictures, Section, Text
from automtl.report.pictures import Picture, front_picture, trials_picture
from automtl.report.sections.gain import gain_cell
from automtl.report.summarise import front_point
from automtl.report.summary import FrontPoint, Row, Summary
from automtl.report.tables import Cell, Table, number
from automtl.search.cost import cost_in_j
from automtl.search.front import pareto_front

TITLE = "What did it cost, and what was tried?"
MAX_ROWS = 200  # of the leaderboard; the anchors are always shown
MAX_COLUMNS = 6  # tasks with a column of their own in the leaderboard
LONG = 100  # letters of a graph, from which on it is folded
TOO_LONG = 1000  # letters of a graph, from which on it is not shown in full
ON_RANKING = (
    "All of it is on validation, where the choice is made, so the first places look a little "
    "better here than they are; section 1 does not have this flaw. What breaks a limit of the "
    "search comes last, before it what harms a task credibly; candidates with several seeds come "
    "first."
)


def section(found: Found) -> Section:
    """Trials over time, the leaderboard, the Pareto front, and what failed."""
    return Section("cost", TITLE, _finding(found), list(_parts(found)))


def cost(found: Found) -> float | None:
    """What the search cost so far, in all-shared trainings; None if that is not known."""
    if found.summary is not None:
        return found.summary.cost_j
    return None if found.standing is None else cost_in_j(found.trials, found.standing)


def _finding(found: Found) -> str:
    if found.summary is not None:
        return decisions.on_cost(found.summary)
    if not found.trials:
        return "No training has ended yet."
    spent = cost(found)
    in_j = "" if spent is None else f", {spent:,.1f} J (1 J is one all-shared training)"
    seconds = duration(found.trials[-1].elapsed)
    return f"So far {counted(len(found.trials), 'training')} in {seconds}{in_j}."


def _parts(found: Found) -> Iterator[Part]:
    pictures = list(_pictures(found))
    if pictures:
        yield Pictures(pictures)
    if found.trials:
        yield _phases(found)
    if found.rows:
        yield Heading("Leaderboard")
        yield Text(findings.on_leaderboard(found.rows))
        yield _board(found)
        yield Text(ON_RANKING, "note")
    if found.summary is not None:
        yield from _of_summary(found.summary)
    failed = _failures(found.trials)
    if failed.rows:
        yield Folded(f"{failed.caption} ({sum(int(row[1].text) for row in failed.rows)})", [failed])


def _of_summary(summary: Summary) -> Iterator[Part]:
    if summary.calibration is not None:
        yield Text(decisions.on_calibration(summary.calibration))
    if summary.against:
        yield Heading("The Pareto front")
        yield Text(decisions.on_front(summary))
        yield _front_table(summary)


def _pictures(found: Found) -> Iterator[Picture]:
    """Trainings over what they cost, and gain against each cost that counts, or parameters."""
    if found.standing is not None:
        picture = trials_picture(found.trials, found.standing)
        if picture is not None:
            yield picture
    if found.rows:
        against = () if found.summary is None else found.summary.against
        for name in against or ("parameters",):
            points = _front(found, name)
            if len(points) > 1:
                yield front_picture(points, name, found.rows[0].digest)


def _front(found: Found, cost: str) -> Sequence[FrontPoint]:
    """The Pareto front of the search, or the one against a cost that it did not care about."""
    if found.summary is not None and found.summary.against:
        return found.summary.front
    peers = [] if found.standing is None else found.standing.peers
    return [front_point(entry) for entry in pareto_front(peers, (cost,))]


def _phases(found: Found) -> Table:
    """What each phase of the search took."""
    total, spent = sum(trial.result.seconds for trial in found.trials), cost(found)
    rows = []
    for phase in Phase:
        trials = [trial for trial in found.trials if trial.phase is phase]
        seconds = sum(trial.result.seconds for trial in trials)
        failed = sum(not trial.done for trial in trials)
        counts = [f"{len(trials):,}", f"{failed:,}", f"{seconds:,.1f}"]
        if total and spent is not None:
            counts.append(f"{spent * seconds / total:,.1f}")
        if trials:
            rows.append([Cell(phase.value), *map(number, counts)])
    head = ["phase", "trainings", "failed or cut off", "seconds of training", "J"]
    return Table("What each phase took", head[: len(rows[0])], rows)


def _board(found: Found) -> Table:
    columns = found.tasks if len(found.tasks) <= MAX_COLUMNS else ()
    kept = [row for row in found.rows if row.rank <= MAX_ROWS or row.anchor]
    head = ["rank", "mean gain", *(columns or ["worst task"]), "seeds", "parameters", "graph",
            "candidate"]  # fmt: skip
    caption = "Candidates by their gain over a model per task, on validation"
    if len(kept) < len(found.rows):
        caption += f" (behind rank {MAX_ROWS} only anchors; trials.jsonl has all)"
    return Table(caption, head, [_board_row(row, columns) for row in kept])


def _board_row(row: Row, columns: Sequence[str]) -> list[Cell]:
    worst = min(row.gains, key=lambda name: row.gains[name].mean)
    gains = [gain_cell(row.gains[task]) for task in columns] or [
        Cell(f"{percent(row.gains[worst])} {worst}", tone(row.gains[worst]))
    ]
    mark = f" ({row.anchor} anchor)" if row.anchor else ""
    return [
        Cell(str(row.rank)),
        gain_cell(row.mean),
        *gains,
        number(str(row.seeds)),
        number(f"{row.parameters:,}"),
        _graph(row.graph),
        Cell(f"{row.digest}{mark}", "candidate anchor" if row.anchor else "candidate"),
    ]


def _front_table(summary: Summary) -> Table:
    units = [decisions.UNITS[name] for name in summary.against]
    head = ["candidate", "mean gain", *units, "harms", "graph"]
    rows = []
    for point in summary.front:
        digest, _, *numbers, harms, graph = decisions.front_row(point, summary.against)
        rows.append(
            [Cell(digest), gain_cell(point.gain), *map(number, numbers), Cell(harms), _graph(graph)]
        )
    return Table("The Pareto front, on validation", head, rows)


def _graph(graph: str) -> Cell:
    if len(graph) > TOO_LONG:
        return Cell(f"{graph[:LONG]}… ({len(graph):,} letters, in trials.jsonl)", "graph")
    return Cell(graph, "graph long" if len(graph) > LONG else "graph")


def _failures(trials: Sequence[Trial]) -> Table:
    reasons = [trial.result.reason or "no reason given" for trial in trials if not trial.done]
    order = sorted(set(reasons), key=lambda reason: -reasons.count(reason))
    rows = [[Cell(reason), number(str(reasons.count(reason)))] for reason in order]
    return Table("Trainings that failed or were cut off", ["reason", "trainings"], rows)
