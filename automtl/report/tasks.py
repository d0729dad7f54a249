"""What each task is and how its predictions are made, in words."""

from collections.abc import Callable, Iterator, Sequence
from math import isnan

from automtl.core.head import LINEAR
from automtl.core.loss import OWN
from automtl.report.columns import ColumnSummary
from automtl.report.findings import counted, listing
from automtl.report.leaderboard import shown
from automtl.report.summary import Summary, TaskSummary

Lacks = Callable[[ColumnSummary], bool]

# What the rules of `automtl.core.thresholds` do, for sentences that begin with the rule's name.
RULES = {
    "fixed": "0.5 for every label",
    "global": "one threshold for all labels",
    "per_label": "a threshold for each label, drawn to the common one for rare labels",
    "top_k": "the most probable labels of each row",
    "f1": "half the highest F1 that the probabilities promise",
    "balanced": "a threshold for each label that raises macro F1 at no cost in mistakes",
}
MOST = 12  # names of tasks in a line
OF_SETS = ("hamming_loss", "micro_f1", "macro_f1", "subset_accuracy")  # that are told of a set
GOALLESS = ("fixed", "balanced")  # rules that pursue no objective


def about_tasks(summary: Summary) -> list[str]:
    """
    Lines on each task: its kind, columns, loss and head; its thresholds and what its means leave
    out, if there is anything to say. Tasks of which the same is to be said share a line.
    """
    return _lines(summary, summary.tasks)


def noteworthy(summary: Summary) -> list[str]:
    """The same, only of tasks with several columns, or with another loss or head than usual."""
    odd = [t for t in summary.tasks if t.columns or t.loss != OWN or t.head != LINEAR]
    return _lines(summary, odd)


def on_sets(summary: Summary) -> list[str]:
    """A line on each set of labels that are tasks of their own: the exported model, as a whole."""
    return [
        f"{one.name}, its labels together: "
        + ", ".join(
            f"{metric} {shown(one.test[metric])}" for metric in OF_SETS if metric in one.test
        )
        for one in summary.sets
    ]


def _lines(summary: Summary, tasks: Sequence[TaskSummary]) -> list[str]:
    bags = any(member.bag is not None for member in summary.members)
    alike: dict[str, list[str]] = {}
    for task in tasks:
        for line in about(task, bags):
            alike.setdefault(line, []).append(task.name)
    return [f"{listing(names, MOST)}: {line}" for line, names in alike.items()]


def about(task: TaskSummary, bags: bool = False) -> list[str]:
    """
    The lines on one task, without its name.

    :param bags: Whether its thresholds come from networks that each left out a fold of the rows.
    """
    lines = [on_kind(task), on_thresholds(task, bags), *on_lacking(task)]
    return [line for line in lines if line]


def on_kind(task: TaskSummary) -> str:
    """Its kind, what it predicts, and its loss and head where these are not the usual ones."""
    noun = "label" if _is_set(task) else "column"
    of = ""
    if task.columns:
        names = _some([column.name for column in task.columns], ", ")
        of = f" of {counted(len(task.columns), noun)} ({names})"
    elif task.classes:
        between = " < " if task.kind == "ordinal" else ", "
        of = f" of {_some(task.classes, between)}"
    said = [f"{task.kind}{of}"]
    if not task.columns and task.sources not in ((), (task.name,)):
        said.append(f"from {listing(task.sources)}")
    said += [f"loss {task.loss}"] if task.loss != OWN else []
    said += [f"head {task.head}"] if task.head != LINEAR else []
    return ", ".join(said)


def on_thresholds(task: TaskSummary, bags: bool = False) -> str:
    """By which rule labels are predicted, and between which thresholds; empty without any."""
    values = sorted(c.threshold for c in task.columns if c.threshold is not None)
    if not values:
        return ""
    rule = str(task.options.get("rule", ""))
    goal = "" if rule in GOALLESS else str(task.options.get("objective", ""))
    named = f", by the rule {rule}" if rule else ""
    named += f" for {goal}" if goal else ""
    named += f" ({RULES[rule]})" if rule in RULES else ""
    if task.top_k is not None:
        what = f"the {task.top_k} most probable labels of each row are predicted"
    elif values[0] == values[-1]:
        what = f"a label is predicted from a probability of {values[0]:.3g} on"
    else:
        what = (
            f"each label is predicted from a probability of its own on, from {values[0]:.3g} to "
            f"{values[-1]:.3g}"
        )
    rows = (
        "rows for training and validation, each predicted by the network that had not learned "
        "from it"
        if bags
        else "the validation rows"
    )
    return f"{what}{named}, chosen on {rows}"


def on_lacking(task: TaskSummary) -> Iterator[str]:
    """Which columns nothing is learned of, and which the means of the metrics leave out."""
    if idle := [c.name for c in task.columns if _one_sided(c)]:
        yield (
            f"{len(idle)} of {len(task.columns)} labels have one value only in the "
            f"training rows, so that nothing is learned of them: {listing(idle)}"
        )
    for missing, metrics in left_out(task).items():
        yield (
            f"on test, {listing(metrics)} {'leave' if len(metrics) > 1 else 'leaves'} "
            f"out {len(missing)} of {len(task.columns)} {_noun(task)}, whose test labels do not "
            f"define {'them' if len(metrics) > 1 else 'it'}: {listing(missing)}"
        )


def left_out(task: TaskSummary) -> dict[tuple[str, ...], list[str]]:
    """The columns that means over columns leave out on test, each with the metrics that do."""
    found: dict[tuple[str, ...], list[str]] = {}
    for metric in task.columns[0].test if task.columns else ():
        missing = tuple(c.name for c in task.columns if isnan(c.test[metric]))
        if missing:
            found.setdefault(missing, []).append(metric)
    return found


def _one_sided(column: ColumnSummary) -> bool:
    return column.positives is not None and column.positives[0] in (0, column.known[0])


def _is_set(task: TaskSummary) -> bool:
    return any(column.positives is not None for column in task.columns)


def _noun(task: TaskSummary) -> str:
    return "labels" if _is_set(task) else "columns"


def _some(names: Sequence[str], between: str, most: int = 8) -> str:
    if len(names) <= most:
        return between.join(names)
    return f"{between.join(names[: most - 1])}{between}… ({len(names)})"
