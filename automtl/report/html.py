"""The report of a run: one page, made of what its folder holds, at whatever moment."""

from automtl.errors import RunError
from automtl.report import findings
from automtl.report.findings import counted, duration, listing
from automtl.report.found import Found, read_folder
from automtl.report.leaderboard import percent
from automtl.report.page import Page, page_html
from automtl.report.sections import cost, gain, helping, inputs, sharing, tasks, training
from automtl.run import RunFolder

RELOAD = 20  # seconds after which a browser loads the page again while the search goes on
SECTIONS = (gain, sharing, helping, cost, training, tasks, inputs)


def write_report(run: RunFolder, running: bool = False) -> Found:
    """
    Writes ``report.html`` of a run folder, from what is in the folder alone.

    :param running: Whether a search is at work in it.
    :return: What it was made of.
    :raises RunError: If a file of the folder is broken, or it cannot be written to.
    """
    found = read_folder(run, running)
    try:
        run.write_text("report.html", report_html(found))
    except OSError as error:
        raise RunError(f"{run.path}: report.html cannot be written: {error.strerror}.") from None
    return found


def report_html(found: Found) -> str:
    """The report as one HTML page that needs no network and no other file."""
    return page_html(
        Page(
            title=found.folder.name,
            lead=_lead(found),
            finding=_finding(found),
            sections=[one.section(found) for one in SECTIONS],
            facts=_facts(found),
            notice=_notice(found),
            reload=RELOAD if found.running else 0,
        )
    )


def _lead(found: Found) -> str:
    if not found.tasks:
        return "What a search found so far."
    if found.summary is None:
        return f"A search for one model that predicts {listing(found.tasks)}."
    return f"One model that predicts {listing(found.tasks)}, and what the search for it found."


def _finding(found: Found) -> str:
    """The two sentences that matter most."""
    if found.summary is None or found.graph is None:
        return gain.section(found).finding
    said = findings.on_sharing(found.graph, found.rows)
    return f"{said} {findings.on_mean_gain(found.summary)}"


def _notice(found: Found) -> str:
    """Whether more is to come; nothing of a search that has ended."""
    n = counted(len(found.trials), "training")
    if found.running:
        return f"The search goes on: {n} so far. This page loads itself again every {RELOAD} s."
    again = f"automtl search --resume {found.folder}"
    if found.summary is None:
        return f"There is no model yet: the search ended after {n}. Go on with it: {again}"
    if found.summary.trials < len(found.trials):
        since = counted(len(found.trials) - found.summary.trials, "training")
        return f"{since} ended after this model was exported. Go on with the search: {again}"
    return ""


def _facts(found: Found) -> list[tuple[str, str]]:
    """The few numbers on top."""
    spent = cost.cost(found)
    seconds = max((trial.elapsed for trial in found.trials), default=0.0)
    return [
        ("tasks", str(len(found.tasks))),
        *_of_model(found),
        ("trainings", f"{len(found.trials):,}"),
        ("cost", "unknown" if spent is None else f"{spent:,.1f} J"),
        ("time", duration(seconds)),
    ]


def _of_model(found: Found) -> list[tuple[str, str]]:
    if found.summary is None:
        best = found.rows[0].mean if found.rows else None
        return [] if best is None else [("best gain on validation", percent(best))]
    size = found.summary.exported.size
    return [
        ("mean gain on test", percent(found.summary.test_gains[found.summary.winner.digest])),
        ("parameters", f"{found.summary.parameters:,}"),
        ("operations a row", f"{found.summary.flops:,}"),
        ("file", f"{size / 1024:,.0f} KiB" if size < 2**20 else f"{size / 2**20:,.1f} MiB"),
    ]
