"""The model card: what the exported model is, how good it is, and what it stands on."""

from typing import Any

from automtl.core.graph import TaskGraph
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
        f"On the {test} test rows, on which nothing was chosen. The metric of the single-task "
        "anchor is the mean over its seeds; the gain is the mean over the seeds of both, with its "
        "95 % interval (Student's t over seeds: it tells the noise of training, not of the rows).",
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
        "\n".join(f"- {name}: <{url}>" for name, url in _citations(summary, plugins)),
        "## To reproduce",
        f"`automtl search {summary.folder}/config.yaml --name again` ({summary.trials} trials, "
        f"{summary.seconds:.0f} s). With one worker and a budget of trials, the same seed gives "
        "the same model.",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _floor(summary: Summary) -> list[str]:
    if not summary.floored:
        return []
    return [
        f"The single-task anchor is nearly perfect for {', '.join(summary.floored)}: gains there "
        "are relative to 1 % of a constant prediction's error."
    ]


def _citations(summary: Summary, plugins: Plugins) -> list[tuple[str, str]]:
    values = summary.hyperparameters
    used: list[Any] = [
        plugins.blocks[values["block"]],
        plugins.balancers[values["balancer"]],
        plugins.schedules[values["schedule"]],
        *(plugins.primitives[name] for name in TaskGraph.from_json(summary.graph).primitives),
        *(plugins.task_kinds[kind] for kind in {task.kind for task in summary.tasks}),
    ]
    if summary.affinity is not None:
        used.append(plugins.affinities[summary.affinity.estimator])
    return sorted((plugin.name, plugin.citation) for plugin in used)


def _code(lines: list[str]) -> str:
    return "\n".join(["```", *lines, "```"])
