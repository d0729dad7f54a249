"""Whether a request fits its file: every column it names is there and has one purpose."""

from collections.abc import Iterator
from math import isclose

from automtl.core.task import TaskKind
from automtl.data.files.joined import LongSource
from automtl.data.files.source import Source
from automtl.data.request import PART, DataRequest, SplitRequest, TargetRequest
from automtl.errors import DataError
from automtl.plugins import Plugins
from automtl.suggest import did_you_mean


def check_request(request: DataRequest, source: Source, plugins: Plugins) -> None:
    """
    Checks names and purposes, before any row is read.

    :raises DataError: If a column is not in the file or has two purposes, if there is no target,
        or if a target's kind or metric does not exist.
    """
    names = source.columns()
    for purpose, column in _named(request):
        if column not in names and purpose == "target" and isinstance(source, LongSource):
            mend = did_you_mean(column, source.reader.tasks)
            raise source.error(f"there is no task '{column}', named as a target; {mend}")
        if column not in names:
            known = [name for name in names if name != PART]
            mend = f"{did_you_mean(column, known)}{_hint(column, request, plugins)}"
            raise source.error(f"there is no column '{column}', named as {purpose}; {mend}")
    if not request.targets:
        raise source.error("at least one column must be a target, but none is named.")
    _check_shares(request.split, source)
    _check_purposes(request, source)
    if request.fold is not None and request.split.column is not None:
        raise source.error(
            f"folds divide the rows, but '{request.split.column}' divides them already; take "
            f"'column' out of the split, or do without folds."
        )
    for target in request.targets:
        _check_target(target, source, plugins)


def split_column(split: SplitRequest) -> str | None:
    """The column that the split depends on, if any."""
    return split.column or split.groups or split.time


def _named(request: DataRequest) -> Iterator[tuple[str, str]]:
    for target in request.targets:
        yield from (("target", column) for column in target.label_columns)
        if target.query is not None:
            yield "query column", target.query
    yield from (("input", column) for column in request.inputs or ())
    yield from (("column to ignore", column) for column in request.ignore)
    yield from (("one of 'columns'", column) for column in request.columns)
    if column := split_column(request.split):
        yield "split column", column


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
        )
    given = [column for column in (split.column, split.groups, split.time) if column is not None]
    if len(given) > 1:
        raise source.error(
            f"the split must use at most one of 'column', 'groups' and 'time', but got {given}."
        )


def _check_purposes(request: DataRequest, source: Source) -> None:
    """A column is a target, what the split depends on, an input or ignored: one of them."""
    purposes: dict[str, str] = {}
    claims = [(column, "a target") for target in request.targets for column in target.label_columns]
    queries = dict.fromkeys(t.query for t in request.targets if t.query is not None)
    for query in queries:
        if query in dict(claims):
            raise source.error("must have one purpose, but is a target and a query.", query)
    if column := split_column(request.split):
        claims.append((column, "what the split depends on"))
    claims += [(column, "an input") for column in dict.fromkeys(request.inputs or ())]
    for column, purpose in claims:
        if other := purposes.get(column):
            twice = "named twice as a target" if other == purpose else f"{other} and {purpose}"
            raise source.error(f"must have one purpose, but it is {twice}.", column)
        purposes[column] = purpose
    for column in request.ignore:
        if purposes.get(column) in ("a target", "an input"):
            raise source.error(f"is {purposes[column]} and to be ignored; choose.", column)
    for column in request.columns:
        if purposes.get(column) == "a target":
            raise source.error("is a target; say its kind there, not in 'columns'.", column)


def _check_target(target: TargetRequest, source: Source, plugins: Plugins) -> None:
    if target.kind is None:
        return  # its metric is checked when its kind is known
    if target.kind not in plugins.task_kinds:
        mend = did_you_mean(target.kind, plugins.task_kinds)
        raise _error(target, source, f"there is no task kind '{target.kind}'; {mend}")
    kind = plugins.task_kinds[target.kind]
    if not target.split_labels:  # else it is that of the tasks that are made
        check_metric(target, kind, source)
    check_form(target, kind, source)


def _error(target: TargetRequest, source: Source, message: str) -> DataError:
    """An error that begins with the file and the target's column, or its name if it lists some."""
    if target.columns:
        return source.error(f"target '{target.name}': {message}")
    return source.error(message, target.name)


def check_metric(target: TargetRequest, kind: type[TaskKind], source: Source) -> None:
    """
    Checks that the kind has the metric.

    :raises DataError: If it has not.
    """
    if target.metric is not None and target.metric not in kind.metrics:
        mend = did_you_mean(target.metric, kind.metrics)
        raise _error(target, source, f"a {kind.name} task has no metric '{target.metric}'; {mend}")


def check_options(target: TargetRequest, kind: type[TaskKind], source: Source) -> None:
    """
    Checks that the kind has the options that the target gives it.

    :raises DataError: If it has not.
    """
    if unknown := sorted(target.options.keys() - kind.options):
        mend = did_you_mean(unknown[0], kind.options)
        raise _error(
            target,
            source,
            f"there is no option '{unknown[0]}' of a task of the kind {kind.name}; {mend}",
        )


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
        )
    if kind.grouped != (target.query is not None):
        mend = "Name it with 'query'." if kind.grouped else "Take 'query' out."
        wanted = "needs a column that says which rows belong together" if kind.grouped else "has no"
        what = "" if kind.grouped else " query column"
        raise _error(target, source, f"a {kind.name} task {wanted}{what}. {mend}")
    if len(target.label_columns) > 1 and (kind.grouped or target.separator):
        what = "relevance" if kind.grouped else "separated labels"
        raise _error(
            target,
            source,
            f"there is one column of {what}, but {len(target.label_columns)} are given. Make a "
            f"target of each.",
        )
    if (target.separator or target.split_labels) and not kind.flags:
        raise _error(
            target,
            source,
            f"only a task of a set of labels is separated or split, but this is {kind.name}. "
            f"Choose the kind 'multilabel', or take 'separator' and 'split_labels' out.",
        )
