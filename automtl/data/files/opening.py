"""From what a request says of its files to one source, and to targets that name their columns."""

from collections.abc import Collection
from dataclasses import replace
from itertools import chain

from automtl.data.check import split_column
from automtl.data.files.joined import JoinedReader, JoinedSource, LongReader, LongSource
from automtl.data.files.source import Source, check_file, frame_source, open_source
from automtl.data.request import ALL, PART, DataRequest, TargetRequest
from automtl.errors import DataError
from automtl.plugins import Plugins
from automtl.suggest import did_you_mean


def open_request(request: DataRequest, plugins: Plugins) -> tuple[Source, DataRequest]:
    """
    Opens the files of a request.

    :returns: What they are together, and the request with every target named, with the split that
        the files are, and with the labels that are not asked for set aside.
    :raises DataError: If there is no such file, or one is not what the request says.
    """
    source, found = _open(request, plugins)
    if request.parts:
        _check_apart(request, source)
        request = replace(request, split=replace(request.split, column=PART))
    targets = [_resolved(t, request, source) for t in _spread(request, found, source)]
    asked = {column for target in targets for column in target.label_columns}
    labels = dict.fromkeys([*found, *_labels(request, source)])
    aside = tuple(name for name in labels if name not in asked)
    return source, replace(request, targets=tuple(targets), aside=aside)


def _open(request: DataRequest, plugins: Plugins) -> tuple[Source, list[str]]:
    """The source, and the names of the tasks that its form says there are."""
    if request.frame is not None:
        return frame_source(request.frame), []
    if request.labels is not None:
        check_file(request.labels, ("labels",))
    needed = {split_column(request.split), *(target.query for target in request.targets)}
    ignore = [name for name in request.ignore if name not in needed]
    if request.sources:
        files = [open_source(path, plugins, ("sources", str(path))) for path in request.sources]
        own = {str(path): names for path, names in request.sources.items()}
        joined = JoinedSource(request.path, JoinedReader(files, own, {}, ignore))
        return joined, list(dict.fromkeys(chain.from_iterable(own.values())))
    if request.parts:
        return JoinedSource(request.path, _parts_reader(request, plugins, ignore)), []
    source = open_source(request.path, plugins, ("data",))
    if request.long is None:
        return source, []
    for key, column in (("task", request.long.task), ("value", request.long.value)):
        if column not in (names := source.columns()):
            mend = did_you_mean(column, names)
            message = f"there is no column '{column}', named in 'long'; {mend}"
            raise source.error(message).at("long", key)
        if column in request.ignore:
            message = "is named in 'long' and to be ignored; choose."
            raise source.error(message, column).at("ignore", column)
    long = LongReader(source, request.long.task, request.long.value, ignore)
    return LongSource(source.path, long), long.tasks


def _parts_reader(request: DataRequest, plugins: Plugins, ignore: Collection[str]) -> JoinedReader:
    """The files of the parts; each must have all targets, or none of them is a column at all."""
    files = request.parts.items()
    sources = [open_source(path, plugins, ("data", part)) for part, path in files]
    there = {name for source in sources for name in source.columns()}
    asked = [name for target in request.targets for name in target.label_columns if name in there]
    parts = {str(path): part for part, path in files}
    return JoinedReader(sources, dict.fromkeys(parts, asked), parts, ignore)


def _check_apart(request: DataRequest, source: Source) -> None:
    """The files, and nothing else, say which part of the split a row is in."""
    names: dict[str, str] = {}
    for part, path in request.parts.items():
        if other := names.get(str(path)):
            raise DataError(
                f"{path}: each part of the split has a file of its own, but this is that of "
                f"'{other}' and of '{part}'."
            )
        names[str(path)] = part
    if column := split_column(request.split):
        raise source.error(
            f"the files are the parts of the split, but '{column}' is to divide the rows, too. "
            f"Take it out of the split."
        ).at("split")


def _spread(request: DataRequest, found: list[str], source: Source) -> list[TargetRequest]:
    """The targets, with one for each task that only `ALL` names."""
    named = {target.name for target in request.targets}
    spread: list[TargetRequest] = []
    for target in request.targets:
        if target.name != ALL:
            spread.append(target)
            continue
        if not found:
            raise source.error(
                f"the target '{ALL}' stands for all tasks of a table in long form, or of several "
                f"sources, but this is neither. Name the columns to predict."
            ).at("targets", ALL, key=True)
        # Of a table in long form, rows say which tasks there are; of sources, the user does.
        optional = request.long is not None
        spread += [replace(target, name=n, optional=optional) for n in found if n not in named]
    return spread


def _resolved(target: TargetRequest, request: DataRequest, source: Source) -> TargetRequest:
    """A target with what the file calls its labels as its columns, if no column has its name."""
    if target.columns or target.name in source.columns():
        return target
    labels = source.labels(request.labels)
    return replace(target, columns=tuple(labels or ()))


def _labels(request: DataRequest, source: Source) -> list[str]:
    """What the file says its labels are."""
    try:
        return source.labels(request.labels) or []
    except DataError:
        # The labels of a file that was found by its name are not what the user asked for.
        if request.labels is not None:
            raise
        return []
