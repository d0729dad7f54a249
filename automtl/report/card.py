"""The model card: what the exported model is, how good it is, and what it stands on."""

from shlex import quote
from typing import Any

from automtl.core.graph import TaskGraph
from automtl.core.objective import FLOOR
from automtl.plugins import Plugins
from automtl.report.leaderboard import evidence, leaderboard, sharing
from automtl.report.summary import Summary


def model_card(summary: Summary, plugins: Plugins) -> str:
    """The card as Markdown."""
    train, validation, test = summary.n_rows
    graph = TaskGraph.from_json(summary.graph)
    settings = (f"- {name}: `{value}`" for name, value in sorted(summary.hyperparameters.items()))
    sections = [
        f"# {summary.folder.name}",
        f"Predicts {', '.join(f'`{task.name}` ({task.kind})' for task in summary.tasks)}.",
        "## Is it better than a model per task?",
        f"On the {test} test rows, on which nothing was chosen. *Exported* is the one network in "
        "the file; *winner* and *single-task* are means over the seeds of the winning candidate "
        "and of the single-task anchor. The gain compares these two, seed by seed, with its 95 % "
        "interval (Student's t over seeds: it tells the noise of training, not of the rows).",
        _code(evidence(summary)),
        *_floor(summary),
        "## Where the tasks share",
        _code([str(graph), "", *sharing(graph)]),
        "## Leaderboard (validation)",
        _code(leaderboard(summary)),
        "## The model",
        "\n".join(
            [
                f"- {summary.parameters:,} parameters, {summary.flops:,} operations a row",
                f"- candidate `{summary.winner.digest}`, seed {summary.seed}",
                *settings,
            ]
        ),
        "## The data",
        f"{train} rows to train on, {validation} to choose on, {test} to test on; "
        f"digest `{summary.data_digest}`.",
        "\n".join(f"- {note}" for note in summary.notes),
        "## Stands on",
        "\n".join(f"- {name}: <{url}>" for name, url in citations(summary, plugins)),
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


def command_again(summary: Summary) -> str:
    """The command that does this search once more."""
    return f"automtl search {quote(str(summary.folder / 'config.yaml'))} --name again"


def citations(summary: Summary, plugins: Plugins) -> list[tuple[str, str]]:
    """What the exported model stands on: the plugins it uses and their citations."""
    values = summary.hyperparameters
    used: list[tuple[str, Any]] = [
        ("block", plugins.blocks[values["block"]]),
        ("balancer", plugins.balancers[values["balancer"]]),
        ("schedule", plugins.schedules[values["schedule"]]),
    ]
    primitives = sorted(TaskGraph.from_json(summary.graph).primitives)
    used += [("primitive", plugins.primitives[name]) for name in primitives]
    kinds = sorted({task.kind for task in summary.tasks})
    used += [("task kind", plugins.task_kinds[name]) for name in kinds]
    if summary.affinity is not None:
        used.append(("affinity", plugins.affinities[summary.affinity.estimator]))
    return [(f"{what} {plugin.name}", plugin.citation) for what, plugin in used]


def _code(lines: list[str]) -> str:
    return "\n".join(["```", *lines, "```"])
