"""From what a request says of its files to one source, and to targets that name their columns."""

from dataclasses import replace
from itertools import chain

from automtl.data.joined import PART, JoinedReader, LongReader
from automtl.data.request import ALL, DataRequest, TargetRequest
from automtl.data.source import Source, frame_source, open_source
from automtl.plugins import Plugins
from automtl.suggest import did_you_mean


def open_request(request: DataRequest, plugins: Plugins) -> tuple[Source, DataRequest]:
    """
    Opens the files of a request.

    :returns: What they are together, and the request with every target named, and with the split
        that the files are.
    :raises DataError: If there is no such file, or one is not what the request says.
    """
    source, found = _open(request, plugins)
    if request.parts:
        request = replace(request, split=replace(request.split, column=PART))
    targets = _spread(request.targets, found, source)
    return source, replace(request, targets=tuple(_resolved(t, request, source) for t in targets))


def _open(request: DataRequest, plugins: Plugins) -> tuple[Source, list[str]]:
    """The source, and the names of the tasks that its form says there are."""
    if request.frame is not None:
        return frame_source(request.frame), []
    if request.sources:
        files = [open_source(path, plugins) for path in request.sources]
        own = {str(path): names for path, names in request.sources.items()}
        joined = JoinedReader(files, own, {}, request.ignore)
        return Source(request.path, joined), list(dict.fromkeys(chain.from_iterable(own.values())))
    if request.parts:
        sources = [open_source(path, plugins) for path in request.parts.values()]
        parts = {str(path): part for part, path in request.parts.items()}
        joined = JoinedReader(sources, dict.fromkeys(parts, ()), parts, request.ignore)
        return Source(request.path, joined), []
    source = open_source(request.path, plugins)
    if request.long is None:
        return source, []
    for column in (request.long.task, request.long.value):
        if column not in (names := source.columns()):
            mend = did_you_mean(column, names)
            raise source.error(f"there is no column '{column}', named in 'long'; {mend}")
    long = LongReader(source, request.long.task, request.long.value, request.ignore)
    return Source(source.path, long), long.tasks


def _spread(
    targets: tuple[TargetRequest, ...], found: list[str], source: Source
) -> list[TargetRequest]:
    """The targets, with one for each task that only `ALL` names."""
    named = {target.name for target in targets}
    spread: list[TargetRequest] = []
    for target in targets:
        if target.name != ALL:
            spread.append(target)
            continue
        if not found:
            raise source.error(
                f"the target '{ALL}' stands for all tasks of a table in long form, or of several "
                f"sources, but this is neither. Name the columns to predict."
            )
        spread += [replace(target, name=name) for name in found if name not in named]
    return spread


def _resolved(target: TargetRequest, request: DataRequest, source: Source) -> TargetRequest:
    """A target with what the file calls its labels as its columns, if no column has its name."""
    if target.columns or target.name in source.columns():
        return target
    labels = source.labels(request.labels)
    return replace(target, columns=tuple(labels or ()))
