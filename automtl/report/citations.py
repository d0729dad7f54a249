"""What an exported model stands on, with where to read of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from automtl.core.graph import TaskGraph
from automtl.core.head import LINEAR
from automtl.core.loss import OWN
from automtl.core.space import LINEAR_SKIP
from automtl.plugins import Plugins
from automtl.report.summary import Summary

RIDGE = "http://hdl.handle.net/1721.1/37318"  # of `fit_skip`
BAGS = "https://doi.org/10.1080/095400996116848"  # of `automtl.search.bags`
# Of the rules in `automtl.core.thresholds`; those without are choices on validation alone.
RULES = {
    "per_label": "https://doi.org/10.1145/383952.383975",
    "top_k": "https://doi.org/10.1145/383952.383975",
    "f1": "https://arxiv.org/abs/1402.1892",
    "balanced": "https://doi.org/10.1016/0377-2217(95)00015-I",
}


def citations(summary: Summary, plugins: Plugins) -> list[tuple[str, str]]:
    """The plugins that the exported model uses, and what else it is made by, with citations."""
    used = [*_of_settings(summary, plugins), *_of_tasks(summary, plugins)]
    if summary.affinity is not None:
        used.append(("affinity", plugins.affinities[summary.affinity.estimator]))
    named = [(f"{what} {plugin.name}", str(plugin.citation)) for what, plugin in used]
    return [*named, *_methods(summary)]


def _of_settings(summary: Summary, plugins: Plugins) -> Iterator[tuple[str, Any]]:
    every = [values for _, values in summary.settings]
    named: list[tuple[str, Mapping[str, Any]]] = [
        ("block", plugins.blocks),
        ("balancer", plugins.balancers),
        ("schedule", plugins.schedules),
    ]
    for what, registry in named:
        for name in sorted({str(values[what]) for values in every}):
            yield what, registry[name]
    for name in sorted(TaskGraph.from_json(summary.graph).primitives):
        yield "primitive", plugins.primitives[name]


def _of_tasks(summary: Summary, plugins: Plugins) -> Iterator[tuple[str, Any]]:
    for name in sorted({task.kind for task in summary.tasks}):
        yield "task kind", plugins.task_kinds[name]
    for name in sorted({task.loss for task in summary.tasks} - {OWN}):
        yield "loss", plugins.losses[name]
    for name in sorted({task.head for task in summary.tasks} - {LINEAR}):
        yield "head", plugins.heads[name]


def _methods(summary: Summary) -> Iterator[tuple[str, str]]:
    """What is no plugin."""
    if any(values.get("skip") == LINEAR_SKIP for _, values in summary.settings):
        yield "linear skip (ridge regression with leave-one-out errors)", RIDGE
    rules = {str(task.options.get("rule")) for task in summary.tasks}
    for rule in sorted(rules & RULES.keys()):
        yield f"thresholds {rule}", RULES[rule]
    if any(member.bag is not None for member in summary.members):
        yield "bags (cross-validation committees)", BAGS
