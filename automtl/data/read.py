"""From a file to data that are ready to be learned from: the story of this room."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from automtl.core.runs import plain
from automtl.core.task import TaskKind
from automtl.data.check import check_request
from automtl.data.dataset import Inputs, MultiTaskData, Part
from automtl.data.features.inputs import input_names, read_inputs
from automtl.data.features.preprocessing import Preprocessing
from automtl.data.features.sparse import arrays_of
from automtl.data.files.opening import open_request
from automtl.data.files.source import Source
from automtl.data.labels.label_tasks import with_label_tasks
from automtl.data.labels.learnable import notes_on_labels, without_unlearnable
from automtl.data.labels.targets import Target, fit_kind, read_target
from automtl.data.parts.division import Division, divide
from automtl.data.parts.strata import Rows
from automtl.data.request import DataRequest
from automtl.data.table import Table
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
    raw = _with_rows(request, source.read(_as_text(request, plugins)))
    _check_size(raw, source)
    targets, division, told = _tasks(request, raw, source, plugins)
    parts, groups = division.parts, division.groups
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
        notes=(*told, *notes),
        digest=_digest([*arrays_of(inputs), labels, *parts], table, targets, kinds),
    )


def _tasks(
    request: DataRequest, raw: pa.Table, source: Source, plugins: Plugins
) -> tuple[list[Target], Division, list[str]]:
    """The tasks with their labels, how the rows are divided, and what was inferred or left out."""
    asked = [read_target(target, raw, source, plugins) for target in request.targets]
    at_random = request.split.column is None
    found, rare = without_unlearnable(asked, at_random=at_random)
    _check_left(found, rare, source)
    division = divide(request, raw, found, source)
    split = with_label_tasks(request.targets, found, division.parts[0], source, plugins)
    targets, apart = without_unlearnable(split, division.parts)
    _check_left(targets, apart, source)
    notes = [note for target in targets for note in target.notes]
    notes += [note for target in targets for note in notes_on_labels(target, division.parts)]
    notes += division.notes
    return targets, division, [*notes, *rare, *apart]


def _with_rows(request: DataRequest, raw: pa.Table) -> pa.Table:
    """The table with a value for each row in all columns but the inputs."""
    inputs = set(input_names(request, raw.column_names))
    columns = [
        values if name in inputs else plain(values)
        for name, values in zip(raw.column_names, raw.columns, strict=True)
    ]
    return pa.table(columns, names=raw.column_names)


def _check_left(targets: Sequence[Target], notes: Sequence[str], source: Source) -> None:
    if not targets:
        raise source.error(f"nothing can be learned of any task: {'; '.join(notes[:3])}.")


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


def _check_size(raw: pa.Table, source: Source) -> None:
    if raw.num_rows < MIN_ROWS:
        raise source.error(f"must have at least {MIN_ROWS} rows, but has {raw.num_rows}. Add rows.")


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
