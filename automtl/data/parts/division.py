"""How the rows of a table are divided: what the split depends on is read and checked here."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from automtl.data.check import split_column
from automtl.data.features.infer import infer_kind, to_column
from automtl.data.features.text import parse_category
from automtl.data.files.source import Source
from automtl.data.labels.learnable import why_unlearnable
from automtl.data.labels.targets import Target, check_parts, check_rare_classes
from automtl.data.parts.folds import fold_rows
from automtl.data.parts.split import PARTS, split_rows
from automtl.data.parts.strata import Rows
from automtl.data.request import DataRequest, SplitRequest
from automtl.data.table import ColumnKind
from automtl.errors import DataError
from automtl.suggest import did_you_mean

PART_WORDS = {"train": 0, "validation": 1, "valid": 1, "val": 1, "dev": 1, "test": 2}


class Division(NamedTuple):
    """
    Which rows are for what.

    :param parts: The rows for training, validation and testing.
    :param groups: The group of each row, if groups are kept whole, ``[n_rows]``.
    :param notes: What is to be known of it.
    """

    parts: tuple[Rows, Rows, Rows]
    groups: Rows | None
    notes: tuple[str, ...] = ()


def divide(
    request: DataRequest, raw: pa.Table, targets: Sequence[Target], source: Source
) -> Division:
    """
    Divides the rows of a table as the request says.

    :raises DataError: If a class is too rare to be in every part, if the column that the split
        depends on does not fit, or if a part is left without labels.
    """
    if request.split.column is None:
        for target in targets:
            check_rare_classes(target, source)
    labels = [_strata(target) for target in targets]
    told = [] if (own := request.split.groups) is None else [*_notes_on_groups(raw[own], own)]
    split = _with_groups(request, targets)
    request = replace(request, split=split)
    by = _split_by(request, raw, source)
    if request.fold is None:
        parts = split_rows(split, labels, request.seed, by)
    else:
        parts = _fold(request, labels, by, source)
    for target in targets:
        if why_unlearnable(target, parts) is None or not target.optional:  # else it is left out
            check_parts(target, parts, source)
    return Division(parts, by if split.groups is not None else None, tuple(told))


def _fold(
    request: DataRequest, labels: Sequence[NDArray[Any]], by: NDArray[Any] | None, source: Source
) -> tuple[Rows, Rows, Rows]:
    """The rows, with one fold of several for testing."""
    split, (number, k) = request.split, request.fold or (0, 0)
    groups, times = by if split.groups else None, by if split.time else None
    share = split.validation / (split.train + split.validation)
    try:
        return fold_rows(k, labels, request.seed, share, groups, times)[number]
    except DataError as error:
        raise source.error(str(error)) from None


def _strata(target: Target) -> NDArray[Any]:
    """The labels to stratify by: all, but not the one that only names a group."""
    return target.labels[:, :-1] if target.kind.grouped else target.labels


def _with_groups(request: DataRequest, targets: Sequence[Target]) -> SplitRequest:
    """The split; unless it says otherwise, it keeps the groups of a target that has some whole."""
    grouped = [target.task.columns[-1] for target in targets if target.kind.grouped]
    if not grouped or split_column(request.split) is not None:
        return request.split
    return replace(request.split, groups=grouped[0])


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
            said = ", ".join(f"'{PARTS[other]}'" for other in np.unique(parts))
            raise source.error(
                f"must say '{PARTS[part]}' in some rows, but in none does: all say {said}. Mend "
                f"the column, or divide the rows in another way.",
                name,
            )
    return parts


def _groups(words: Sequence[str | None], source: Source, name: str) -> NDArray[Any]:
    """The group of each row; a missing group is a group of its own row."""
    known = sorted({word for word in words if word is not None and parse_category(word)})
    if len(known) < len(PARTS):
        raise source.error(
            f"a split needs at least 3 groups, one for each part, but there are {known}. Name "
            f"another column, or divide the rows in another way.",
            name,
        )
    codes = {word: code for code, word in enumerate(known)}
    return np.array([codes.get(str(w), len(codes) + row) for row, w in enumerate(words)])


def _notes_on_groups(words: pa.ChunkedArray, name: str) -> Iterator[str]:
    known = [word is not None and bool(parse_category(str(word))) for word in words.to_pylist()]
    if alone := len(known) - sum(known):
        yield (
            f"{name}: {alone} of {len(known)} rows are in no group, so each goes to a part by "
            f"itself. If some are of the same thing, fill in which"
        )


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
        raise source.error(
            "every row needs a time, but here it is missing or infinite. Mend it, or drop the row.",
            name,
            row,
        )
    if len(np.unique(times)) < len(PARTS):
        found = len(np.unique(times))
        raise source.error(
            f"a split needs at least 3 moments, one for each part, but there are {found}. Name "
            f"another column, or divide the rows in another way.",
            name,
        )
    return times
