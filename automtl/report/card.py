"""The model card: what the exported model is, how good it is, and what it stands on."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from shlex import quote

from automtl.core.graph import TaskGraph
from automtl.core.objective import FLOOR
from automtl.report import decisions
from automtl.report.leaderboard import evidence, leaderboard, sharing
from automtl.report.metrics import metric_lines
from automtl.report.summary import Summary
from automtl.report.tasks import about_tasks
from automtl.report.transfer import transfer

MARKUP = frozenset("\\`*[]<>&")  # what Markdown takes for its own, wherever it stands
NOT_TOLD = (
    "How it does on rows that came about otherwise than these: at another time or place, say.",
    "Whether it treats groups of people alike: its errors were not compared between groups.",
    "Whether an input causes anything: it predicts from what goes together.",
    "How far a single prediction can be trusted: report.html shows the errors of all test rows.",
)


def model_card(summary: Summary) -> str:
    """The card as Markdown."""
    train, validation, test = summary.n_rows
    graph = TaskGraph.from_json(summary.graph)
    sections = [
        f"# {summary.folder.name}",
        f"Predicts {', '.join(f'{_span(task.name)} ({task.kind})' for task in summary.tasks)}.",
        _list(about_tasks(summary)),
        "## Is it better than a model per task?",
        f"On the {test} test rows, on which nothing was chosen. *Exported* is what is in "
        "the file; *winner* and *single-task* are means over the seeds of the winning candidate "
        "and of the single-task anchor. The gain compares these two, seed by seed, with its 95 % "
        "interval (Student's t over seeds: it tells the noise of training, not of the rows).",
        _code(evidence(summary)),
        *_floor(summary),
        "## Where the tasks share",
        _code([str(graph), "", *sharing(graph)]),
        "## Is any task left behind?",
        _list([*decisions.on_guard(summary), *transfer(summary.posterior)]),
        "## Leaderboard (validation)",
        _code(leaderboard(summary)),
        decisions.on_cost(summary),
        decisions.on_calibration(summary.calibration),
        *_front(summary),
        "## How to use it",
        f"`automtl predict {quote(str(summary.folder / 'best.onnx'))} rows.csv -o predicted.csv`, "
        "or any ONNX runtime: preprocessing and decoding are in the file, and its metadata name "
        "the inputs and outputs.",
        "## What this does not tell",
        _list(NOT_TOLD),
        "## The model",
        _list(
            [
                f"{summary.parameters:,} parameters, {summary.flops:,} operations a row",
                f"candidate {summary.winner.digest}, seed {summary.seed}",
            ]
        ),
        *_members(summary),
        *_settings(summary),
        "## All metrics on test",
        *map(_code, metric_lines(summary)),
        "## The data",
        f"{train} rows to train on, {validation} to choose on, {test} to test on; "
        f"digest `{summary.data_digest}`.",
        _list(summary.notes),
        "## Stands on",
        "\n".join(f"- {name}: <{url}>" for name, url in summary.stands_on),
        "## To reproduce",
        f"`{command_again(summary.folder)}` "
        f"({summary.trials} trials, "
        f"{summary.seconds:.0f} s). With one worker and a budget of trials, the same seed gives "
        "the same model.",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _floor(summary: Summary) -> list[str]:
    if not summary.floored:
        return []
    names = _plain(", ".join(summary.floored))
    return [
        f"The single-task anchor is nearly perfect for {names}: gains there are relative to "
        f"{100 * FLOOR:g} % of a constant prediction's error."
    ]


def _front(summary: Summary) -> list[str]:
    if not summary.against:
        return []
    return ["## The Pareto front (validation)", _code(decisions.front_table(summary))]


def _members(summary: Summary) -> list[str]:
    """What an ensemble is made of; nothing of one network."""
    first, *others = decisions.on_members(summary) or [""]
    return [first, _list(others)] if first else []


def _settings(summary: Summary) -> list[str]:
    """The hyperparameters of the winner, and whose they are where tasks have their own."""
    groups = summary.settings
    return [
        (f"{_plain(', '.join(tasks))}:\n\n" if len(groups) > 1 else "")
        + "\n".join(f"- {_plain(name)}: {_span(value)}" for name, value in values.items())
        for tasks, values in groups
    ]


def command_again(folder: Path) -> str:
    """The command that does the search of a run folder once more."""
    return f"automtl search {quote(str(folder / 'config.yaml'))} --name again"


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {_plain(line)}" for line in lines)


def _code(lines: Sequence[str]) -> str:
    """Lines as they are, in a fence that is longer than any in them."""
    fence = "```"
    while any(fence in line for line in lines):
        fence += "`"
    return "\n".join([fence, *map(_printable, lines), fence])


def _plain(text: str) -> str:
    r"""
    Text in which nothing is markup.

    >>> print(_plain("<b>a_b"))
    \<b\>a_b
    """
    return "".join(f"\\{letter}" if letter in MARKUP else letter for letter in _printable(text))


def _span(text: object) -> str:
    """
    Text in a code span, where nothing is markup.

    >>> _span("a"), _span("a`b")
    ('`a`', '`` a`b ``')
    """
    line = _printable(str(text))
    if "`" not in line:
        return f"`{line}`"
    fence = "`"
    while fence in line:
        fence += "`"
    return f"{fence} {line} {fence}"


def _printable(text: str) -> str:
    """Text of one line."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
