"""What an exported model stands on, with where to read of it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automtl.core.graph import TaskGraph
from automtl.core.head import LINEAR
from automtl.core.loss import OWN
from automtl.core.space import KERNEL_SKIP, LINEAR_SKIP
from automtl.core.task import TaskKind
from automtl.core.trial import Trial
from automtl.plugins import Plugins
from automtl.report.summary import Summary

RIDGE = "http://hdl.handle.net/1721.1/37318"  # of `automtl.model.skips.ridge`
KERNEL = "https://papers.nips.cc/paper/1866"  # of `fit_kernel`
BAGS = "https://doi.org/10.1080/095400996116848"  # of `automtl.search.bags`
# Of the rules in `automtl.core.thresholds`; those without are choices on validation alone.
RULES = {
    "per_label": "https://doi.org/10.1145/383952.383975",
    "top_k": "https://doi.org/10.1145/383952.383975",
    "f1": "https://arxiv.org/abs/1402.1892",
    "balanced": "https://doi.org/10.1016/0377-2217(95)00015-I",
}


@dataclass(frozen=True)
class _Made:
    """
    What a model is made by.

    :param settings: The hyperparameters of each independent part of its networks.
    """

    settings: Sequence[Mapping[str, Any]]
    primitives: Collection[str]
    kinds: Collection[str]
    losses: Collection[str]
    heads: Collection[str]
    rules: Collection[str]
    bags: bool
    affinity: str | None = None


def citations(summary: Summary, plugins: Plugins) -> list[tuple[str, str]]:
    """The plugins that the exported model uses, and what else it is made by, with citations."""
    made = _Made(
        settings=[values for _, values in summary.settings],
        primitives=TaskGraph.from_json(summary.graph).primitives,
        kinds={task.kind for task in summary.tasks},
        losses={task.loss for task in summary.tasks},
        heads={task.head for task in summary.tasks},
        rules={str(task.options.get("rule")) for task in summary.tasks},
        bags=any(member.bag is not None for member in summary.members),
        affinity=None if summary.affinity is None else summary.affinity.estimator,
    )
    return _cited(made, plugins)


def citations_of(
    members: Sequence[Trial], kinds: Sequence[TaskKind], plugins: Plugins
) -> list[tuple[str, str]]:
    """The same for the mean prediction of trainings, whatever search they are from."""
    parts = [part for member in members for part in member.candidate.parts]
    own = [(part.hyperparameters, task) for part in parts for task in part.graph.tasks]
    made = _Made(
        settings=[part.hyperparameters for part in parts],
        primitives={name for part in parts for name in part.graph.primitives},
        kinds={kind.name for kind in kinds},
        losses={str(values.get(f"loss.{task}", OWN)) for values, task in own},
        heads={str(values.get(f"head.{task}", LINEAR)) for values, task in own},
        rules={str(getattr(kind, "rule", None)) for kind in kinds},
        bags=any(member.order.bag is not None for member in members),
    )
    return _cited(made, plugins)


def _cited(made: _Made, plugins: Plugins) -> list[tuple[str, str]]:
    used = [*_of_settings(made, plugins), *_of_tasks(made, plugins)]
    if made.affinity is not None:
        used.append(("affinity", plugins.affinities[made.affinity]))
    named = [(f"{what} {plugin.name}", str(plugin.citation)) for what, plugin in used]
    return [*named, *_methods(made)]


def _of_settings(made: _Made, plugins: Plugins) -> Iterator[tuple[str, Any]]:
    named: list[tuple[str, Mapping[str, Any]]] = [
        ("block", plugins.blocks),
        ("balancer", plugins.balancers),
        ("schedule", plugins.schedules),
    ]
    for what, registry in named:
        for name in sorted({str(values[what]) for values in made.settings}):
            yield what, registry[name]
    for name in sorted(made.primitives):
        yield "primitive", plugins.primitives[name]


def _of_tasks(made: _Made, plugins: Plugins) -> Iterator[tuple[str, Any]]:
    for name in sorted(made.kinds):
        yield "task kind", plugins.task_kinds[name]
    for name in sorted(set(made.losses) - {OWN}):
        yield "loss", plugins.losses[name]
    for name in sorted(set(made.heads) - {LINEAR}):
        yield "head", plugins.heads[name]


def _methods(made: _Made) -> Iterator[tuple[str, str]]:
    """What is no plugin."""
    if any(values.get("skip") == LINEAR_SKIP for values in made.settings):
        yield "linear skip (ridge regression with leave-one-out errors)", RIDGE
    if any(values.get("skip") == KERNEL_SKIP for values in made.settings):
        yield "kernel skip (kernel ridge regression on landmarks)", KERNEL
    for rule in sorted(set(made.rules) & RULES.keys()):
        yield f"thresholds {rule}", RULES[rule]
    if made.bags:
        yield "bags (cross-validation committees)", BAGS
