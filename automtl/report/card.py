"""The model card: what the exported model is, how good it is, and what it stands on."""

from collections.abc import Iterable, Mapping
from shlex import quote
from typing import Any

from automtl.core.graph import TaskGraph
from automtl.core.objective import FLOOR
from automtl.plugins import Plugins
from automtl.report import decisions
from automtl.report.leaderboard import evidence, leaderboard, sharing
from automtl.report.summary import Summary
from automtl.report.transfer import transfer


def model_card(summary: Summary, plugins: Plugins) -> str:
    """The card as Markdown."""
    train, validation, test = summary.n_rows
    graph = TaskGraph.from_json(summary.graph)
    sections = [
        f"# {summary.folder.name}",
        f"Predicts {', '.join(f'`{task.name}` ({task.kind})' for task in summary.tasks)}.",
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
        "## The model",
        _list(
            [
                f"{summary.parameters:,} parameters, {summary.flops:,} operations a row",
                f"candidate `{summary.winner.digest}`, seed {summary.seed}",
            ]
        ),
        *_members(summary),
        *_settings(summary),
        "## The data",
        f"{train} rows to train on, {validation} to choose on, {test} to test on; "
        f"digest `{summary.data_digest}`.",
        _list(summary.notes),
        "## Stands on",
        _list(f"{name}: <{url}>" for name, url in citations(summary, plugins)),
        "## To reproduce",
        f"`{command_again(summary)}` "
        f"({summary.trials} trials, "
        f"{summary.seconds:.0f} s). With one worker and a budget of trials, the same seed gives "
        "the same model.",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _floor(summary: Summary) -> list[str]:
    if not summary.floored:
        return []
    return [
        f"The single-task anchor is nearly perfect for {', '.join(summary.floored)}: gains there "
        f"are relative to {100 * FLOOR:g} % of a constant prediction's error."
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
        (f"{', '.join(tasks)}:\n\n" if len(groups) > 1 else "")
        + _list(f"{name}: `{value}`" for name, value in values.items())
        for tasks, values in groups
    ]


def command_again(summary: Summary) -> str:
    """The command that does this search once more."""
    return f"automtl search {quote(str(summary.folder / 'config.yaml'))} --name again"


def citations(summary: Summary, plugins: Plugins) -> list[tuple[str, str]]:
    """What the exported model stands on: the plugins it uses and their citations."""
    every = [values for _, values in summary.settings]
    named: list[tuple[str, Mapping[str, Any]]] = [
        ("block", plugins.blocks),
        ("balancer", plugins.balancers),
        ("schedule", plugins.schedules),
    ]
    used: list[tuple[str, Any]] = [
        (what, registry[name])
        for what, registry in named
        for name in sorted({str(values[what]) for values in every})
    ]
    primitives = sorted(TaskGraph.from_json(summary.graph).primitives)
    used += [("primitive", plugins.primitives[name]) for name in primitives]
    kinds = sorted({task.kind for task in summary.tasks})
    used += [("task kind", plugins.task_kinds[name]) for name in kinds]
    if summary.affinity is not None:
        used.append(("affinity", plugins.affinities[summary.affinity.estimator]))
    return [(f"{what} {plugin.name}", plugin.citation) for what, plugin in used]


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _code(lines: list[str]) -> str:
    return "\n".join(["```", *lines, "```"])
