"""From a file to data that are ready to be learned from: the story of this room."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from automtl.core.task import TaskKind
from automtl.data.check import check_request
from automtl.data.dataset import Inputs, MultiTaskData, Part
from automtl.data.division import divide
from automtl.data.inputs import read_inputs
from automtl.data.opening import open_request
from automtl.data.preprocessing import Preprocessing
from automtl.data.request import DataRequest
from automtl.data.source import Source
from automtl.data.sparse import arrays_of
from automtl.data.strata import Rows
from automtl.data.table import Table
from automtl.data.targets import (
    Target,
    fit_kind,
    read_target,
    split_labels,
)
from automtl.plugins import Plugins

MIN_ROWS = 20


def read_data(request: DataRequest, plugins: Plugins) -> MultiTaskData:
    """
    Reads the file, makes tasks of its targets, splits the rows and fits the preprocessing to the
    training part. No row is dropped: a missing label is a label that is masked.

    :raises DataError: If the file cannot be read, or does not hold what the request says.
    """
    source, request = open_request(request, plugins)
    check_request(request, source, plugins)
    raw = source.read(_as_text(request, plugins))
    _check_size(raw, source)
    targets = [read_target(target, raw, source, plugins) for target in request.targets]
    parts, groups = divide(request, raw, targets, source)
    targets = _divided(request, targets, parts[0], plugins)
    kinds = tuple(fit_kind(target, parts[0], source) for target in targets)
    table, notes = read_inputs(request, raw, parts[0], source)
    preprocessing = Preprocessing.fit(table, parts[0])
    inputs = preprocessing.transform(table)
    pairs = zip(kinds, targets, strict=True)
    encoded = np.column_stack([kind.encode(target.labels) for kind, target in pairs])
    labels = encoded.astype(np.float32)
    return MultiTaskData(
        tasks=tuple(target.task for target in targets),
        kinds=kinds,
        preprocessing=preprocessing,
        train=_part(inputs, labels, groups, parts[0]),
        validation=_part(inputs, labels, groups, parts[1]),
        test=_part(inputs, labels, groups, parts[2]),
        table=table,
        notes=(*(note for target in targets for note in target.notes), *notes),
        digest=_digest([*arrays_of(inputs), labels, *parts], table, targets, kinds),
    )


def _as_text(request: DataRequest, plugins: Plugins) -> set[str]:
    """Columns whose text must be kept: a kind that was not inferred may need it as written."""
    split = {request.split.column, request.split.groups} - {None}
    kept = {*request.columns, *map(str, split)}
    for target in request.targets:
        kind = None if target.kind is None else plugins.task_kinds[target.kind]
        if target.query is not None:
            kept.add(target.query)
        if len(target.label_columns) == 1 and not (
            kind and kind.several and target.separator is None
        ):
            kept.update(target.label_columns)
    return kept


def _divided(
    request: DataRequest, targets: Sequence[Target], train: Rows, plugins: Plugins
) -> list[Target]:
    """The targets, those that are to be split label by label as several."""
    wanted = {target.name for target in request.targets if target.split_labels}
    found: list[Target] = []
    for target in targets:
        own = split_labels(target, train, plugins) if target.task.name in wanted else [target]
        found += own
    return found


def _check_size(raw: pa.Table, source: Source) -> None:
    if raw.num_rows < MIN_ROWS:
        raise source.error(f"must have at least {MIN_ROWS} rows, but has {raw.num_rows}.")


def _part(inputs: Inputs, labels: NDArray[np.float32], groups: Rows | None, rows: Rows) -> Part:
    return Part(inputs[rows], labels[rows], rows, None if groups is None else groups[rows])


def _digest(
    arrays: Iterable[NDArray[Any]],
    table: Table,
    targets: Sequence[Target],
    kinds: Sequence[TaskKind],
) -> str:
    names = [list(table), [target.task.name for target in targets], kinds]
    digest = hashlib.sha256(repr(names).encode())
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:12]
