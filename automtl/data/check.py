"""Whether a request fits its file: every column it names is there and has one purpose."""

from collections.abc import Iterator
from math import isclose
from typing import TypeAlias

from automtl.core.task import TaskKind
from automtl.data.files.joined import LongSource
from automtl.data.files.source import Source
from automtl.data.request import PART, DataRequest, SplitRequest, TargetRequest
from automtl.errors import DataError
from automtl.plugins import Plugins
from automtl.suggest import did_you_mean

Place: TypeAlias = tuple[str, ...]  # the keys of the configuration that something stands at


def check_request(request: DataRequest, source: Source, plugins: Plugins) -> None:
    """
    Checks names and purposes, before any row is read.

    :raises DataError: If a column is not in the file or has two purposes, if there is no target,
        or if a target's kind or metric does not exist.
    """
    names = source.columns()
    for purpose, column, place in _named(request):
        if column not in names:
            message = _unknown(purpose, column, request, source, plugins)
            raise source.error(message).at(*place, key=place[-1] == column)
    if not request.targets:
        raise source.error("at least one column must be a target, but none is named.")
    _check_shares(request.split, source)
    _check_purposes(request, source)
    if request.fold is not None and request.split.column is not None:
        raise source.error(
            f"folds divide the rows, but '{request.split.column}' divides them already; take "
            f"'column' out of the split, or do without folds."
        ).at("split", "column")
    for target in request.targets:
        _check_target(target, source, plugins)


def split_column(split: SplitRequest) -> str | None:
    """The column that the split depends on, if any."""
    return split.column or split.groups or split.time


def _named(request: DataRequest) -> Iterator[tuple[str, str, Place]]:
    """Every column that is named: what as, which one, and where."""
    for target in request.targets:
        yield from (("target", column, place) for column, place in _label_columns(target))
        if target.query is not None:
            yield "query column", target.query, ("targets", target.name, "query")
    yield from (("input", column, ("inputs", column)) for column in request.inputs or ())
    yield from (("column to ignore", column, ("ignore", column)) for column in request.ignore)
    yield from (("one of 'columns'", column, ("columns", column)) for column in request.columns)
    if column := split_column(request.split):
        yield "split column", column, _split_place(request.split)


def _label_columns(target: TargetRequest) -> Iterator[tuple[str, Place]]:
    """The columns with the labels of a target, and where each is named."""
    place = ("targets", target.name)
    for column in target.label_columns:
        yield column, (*place, "columns", column) if target.columns else place


def _split_place(split: SplitRequest) -> Place:
    """Where the column that the split depends on is named."""
    return ("split", "column" if split.column else "groups" if split.groups else "time")


def _unknown(
    purpose: str, column: str, request: DataRequest, source: Source, plugins: Plugins
) -> str:
    """What is said of a column that is not there."""
    if purpose == "target" and isinstance(source, LongSource):
        mend = did_you_mean(column, source.reader.tasks)
        return f"there is no task '{column}', named as a target; {mend}"
    known = [name for name in source.columns() if name != PART]
    mend = f"{did_you_mean(column, known)}{_hint(column, request, plugins)}"
    return f"there is no column '{column}', named as {purpose}; {mend}"


def _hint(column: str, request: DataRequest, plugins: Plugins) -> str:
    """How a task of several columns says which these are, if ``column`` only names such a task."""
    for target in request.targets:
        kind = plugins.task_kinds.get(target.kind or "")
        if target.name == column and not target.columns and kind is not None and kind.several:
            return f". The columns of a {kind.name} task are listed as its 'columns'"
    return ""


def _check_shares(split: SplitRequest, source: Source) -> None:
    shares = (split.train, split.validation, split.test)
    if min(shares) <= 0 or not isclose(sum(shares), 1, abs_tol=1e-6):
        raise source.error(
            f"the shares of the split must be positive and add up to 1, but got train="
            f"{split.train}, validation={split.validation}, test={split.test}."
        ).at("split")
    given = [column for column in (split.column, split.groups, split.time) if column is not None]
    if len(given) > 1:
        raise source.error(
            f"the split must use at most one of 'column', 'groups' and 'time', but got {given}."
        ).at("split")


def _check_purposes(request: DataRequest, source: Source) -> None:
    """A column is a target, what the split depends on, an input or ignored: one of them."""
    purposes: dict[str, str] = {}
    labels = [pair for target in request.targets for pair in _label_columns(target)]
    for target in request.targets:
        if target.query is not None and target.query in dict(labels):
            message = "must have one purpose, but is a target and a query. Name another."
            raise source.error(message, target.query).at("targets", target.name, "query")
    claims = [(column, "a target", place) for column, place in labels]
    if column := split_column(request.split):
        claims.append((column, "what the split depends on", _split_place(request.split)))
    inputs = dict.fromkeys(request.inputs or ())
    claims += [(column, "an input", ("inputs", column)) for column in inputs]
    for column, purpose, place in claims:
        if other := purposes.get(column):
            twice = "named twice as a target" if other == purpose else f"{other} and {purpose}"
            message = f"must have one purpose, but it is {twice}. Take one of them out."
            raise source.error(message, column).at(*place, key=place[-1] == column)
        purposes[column] = purpose
    for column in request.ignore:
        if purposes.get(column) in ("a target", "an input"):
            message = f"is {purposes[column]} and to be ignored; choose."
            raise source.error(message, column).at("ignore", column)
    for column in request.columns:
        if purposes.get(column) == "a target":
            message = "is a target; say its kind there, not in 'columns'."
            raise source.error(message, column).at("columns", column, key=True)


def _check_target(target: TargetRequest, source: Source, plugins: Plugins) -> None:
    if target.kind is None:
        return  # its metric is checked when its kind is known
    if target.kind not in plugins.task_kinds:
        mend = did_you_mean(target.kind, plugins.task_kinds)
        message = f"there is no task kind '{target.kind}'; {mend}"
        raise _error(target, source, message, "kind")
    kind = plugins.task_kinds[target.kind]
    if not target.split_labels:  # else it is that of the tasks that are made
        check_metric(target, kind, source)
    check_form(target, kind, source)


def _error(
    target: TargetRequest, source: Source, message: str, *place: str, key: bool = False
) -> DataError:
    """
    An error that begins with the file and the target's column, or its name if it lists some.

    :param place: The keys of the target that lead to what is wrong.
    :param key: Whether the last of them is wrong itself.
    """
    if target.columns:
        error = source.error(f"target '{target.name}': {message}")
    else:
        error = source.error(message, target.name)
    return error.at("targets", target.name, *place, key=key)


def check_metric(target: TargetRequest, kind: type[TaskKind], source: Source) -> None:
    """
    Checks that the kind has the metric.

    :raises DataError: If it has not.
    """
    if target.metric is not None and target.metric not in kind.metrics:
        mend = did_you_mean(target.metric, kind.metrics)
        message = f"a {kind.name} task has no metric '{target.metric}'; {mend}"
        raise _error(target, source, message, "metric")


def check_options(target: TargetRequest, kind: type[TaskKind], source: Source) -> None:
    """
    Checks that the kind has the options that the target gives it.

    :raises DataError: If it has not.
    """
    if unknown := sorted(target.options.keys() - kind.options):
        mend = did_you_mean(unknown[0], kind.options)
        message = f"there is no option '{unknown[0]}' of a task of the kind {kind.name}; {mend}"
        raise _error(target, source, message, "options", unknown[0], key=True)


def check_form(target: TargetRequest, kind: type[TaskKind], source: Source) -> None:
    """
    Checks that the kind takes what the target gives it.

    :raises DataError: If it does not.
    """
    check_options(target, kind, source)
    if not kind.several and len(target.label_columns) > 1:
        raise _error(
            target,
            source,
            f"a {kind.name} task has one column of labels, but {len(target.label_columns)} are "
            f"given. Make a target of each, or choose a kind that takes several.",
            "columns",
        )
    if kind.grouped != (target.query is not None):
        mend = "Name it with 'query'." if kind.grouped else "Take 'query' out."
        wanted = "needs a column that says which rows belong together" if kind.grouped else "has no"
        what = "" if kind.grouped else " query column"
        raise _error(target, source, f"a {kind.name} task {wanted}{what}. {mend}", "query")
    if len(target.label_columns) > 1 and (kind.grouped or target.separator):
        what = "relevance" if kind.grouped else "separated labels"
        raise _error(
            target,
            source,
            f"there is one column of {what}, but {len(target.label_columns)} are given. Make a "
            f"target of each.",
            "columns",
        )
    if (target.separator or target.split_labels) and not kind.flags:
        raise _error(
            target,
            source,
            f"only a task of a set of labels is separated or split, but this is {kind.name}. "
            f"Choose the kind 'multilabel', or take 'separator' and 'split_labels' out.",
            "separator" if target.separator else "split_labels",
        )
