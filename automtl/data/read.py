"""From a file to data that are ready to be learned from: the story of this room."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from automtl.core.task import TaskKind
from automtl.data.check import check_request, split_column
from automtl.data.dataset import MultiTaskData, Part
from automtl.data.infer import infer_kind, to_column
from automtl.data.inputs import read_inputs
from automtl.data.preprocessing import Preprocessing
from automtl.data.request import DataRequest
from automtl.data.source import Source, open_source
from automtl.data.split import PARTS, Rows, split_rows
from automtl.data.table import ColumnKind, Table
from automtl.data.targets import Target, check_parts, check_rare_classes, fit_kind, read_target
from automtl.data.text import parse_category
from automtl.plugins import Plugins
from automtl.suggest import did_you_mean

MIN_ROWS = 20
PART_WORDS = {"train": 0, "validation": 1, "valid": 1, "val": 1, "dev": 1, "test": 2}


def read_data(request: DataRequest, plugins: Plugins) -> MultiTaskData:
    """
    Reads the file, makes tasks of its targets, splits the rows and fits the preprocessing to the
    training part. No row is dropped: a missing label is a label that is masked.

    :raises DataError: If the file cannot be read, or does not hold what the request says.
    """
    source = open_source(request.path, plugins)
    check_request(request, source, plugins)
    raw = source.read(_as_text(request))
    _check_size(raw, source)
    targets = [read_target(t, raw[t.column], source, plugins) for t in request.targets]
    parts = _split(request, raw, targets, source)
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
        train=Part(inputs[parts[0]], labels[parts[0]], parts[0]),
        validation=Part(inputs[parts[1]], labels[parts[1]], parts[1]),
        test=Part(inputs[parts[2]], labels[parts[2]], parts[2]),
        table=table,
        notes=(*(note for target in targets for note in target.notes), *notes),
        digest=_digest([inputs, labels, *parts], table, targets, kinds),
    )


def _as_text(request: DataRequest) -> set[str]:
    """Columns whose text must be kept: a kind that was not inferred may need it as written."""
    split = {request.split.column, request.split.groups} - {None}
    return {*(target.column for target in request.targets), *request.columns, *map(str, split)}


def _check_size(raw: pa.Table, source: Source) -> None:
    if raw.num_rows < MIN_ROWS:
        raise source.error(f"must have at least {MIN_ROWS} rows, but has {raw.num_rows}.")


def _split(
    request: DataRequest, raw: pa.Table, targets: Sequence[Target], source: Source
) -> tuple[Rows, Rows, Rows]:
    if request.split.column is None:
        for target in targets:
            check_rare_classes(target, source)
    labels = [target.labels for target in targets]
    parts = split_rows(request.split, labels, request.seed, _split_by(request, raw, source))
    for target in targets:
        check_parts(target, parts, source)
    return parts


def _split_by(request: DataRequest, raw: pa.Table, source: Source) -> NDArray[Any] | None:
    """What the split depends on, as `split_rows` takes it."""
    name = split_column(request.split)
    if name is None:
        return None
    if request.split.column is not None:
        return _parts(raw[name].to_pylist(), source, name)
    if request.split.groups is not None:
        return _groups(raw[name].to_pylist(), source, name)
    return _times(raw[name], request.columns.get(name), source, name)


def _parts(words: Sequence[str | None], source: Source, name: str) -> Rows:
    for row, word in enumerate(words):
        if word is None or word.strip().lower() not in PART_WORDS:
            found = "it is missing" if word is None else f"got '{word}'"
            mend = did_you_mean((word or "").strip().lower(), PART_WORDS)
            raise source.error(
                f"must say train, validation or test in every row, but {found}; {mend}", name, row
            )
    parts = np.array([PART_WORDS[str(word).strip().lower()] for word in words])
    for part in (0, 2):
        if not (parts == part).any():
            raise source.error(f"must say '{PARTS[part]}' in some rows, but in none does.", name)
    return parts


def _groups(words: Sequence[str | None], source: Source, name: str) -> NDArray[Any]:
    """The group of each row; a missing group is a group of its own row."""
    known = sorted({word for word in words if word is not None and parse_category(word)})
    if len(known) < len(PARTS):
        raise source.error(f"a split needs at least 3 groups, but there are {known}.", name)
    codes = {word: code for code, word in enumerate(known)}
    return np.array([codes.get(str(w), len(codes) + row) for row, w in enumerate(words)])


def _times(
    values: pa.ChunkedArray, kind: ColumnKind | None, source: Source, name: str
) -> NDArray[Any]:
    kind = kind or infer_kind(values)
    if kind not in (ColumnKind.DATETIME, ColumnKind.NUMERIC):
        raise source.error(
            f"a split by time needs date-times such as 2024-02-29, or numbers, but the column is "
            f"{kind or values.type}.",
            name,
        )
    times = to_column(values, kind, source, name).values
    if np.isnan(times).any():
        row = int(np.isnan(times).argmax())
        raise source.error("every row needs a time, but here it is missing.", name, row)
    if len(np.unique(times)) < len(PARTS):
        found = len(np.unique(times))
        raise source.error(f"a split needs at least 3 moments, but there are {found}.", name)
    return times


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
