"""What to predict from what, proposed for a file that nobody has described yet."""

import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from automtl.data.files.source import Source, open_source
from automtl.data.labels.labelsets import flags
from automtl.data.labels.separators import guess_separator
from automtl.data.request import DataRequest, TargetRequest
from automtl.errors import DataError
from automtl.plugins import Plugins

MANY = 5  # columns of 0 and 1, from which on more become one set of labels


def propose(file: Path, targets: Sequence[str], plugins: Plugins) -> DataRequest:
    """
    A request for the data in ``file``. A column of separated labels becomes a set of labels, as do
    more than `MANY` columns of 0 and 1; a file with -train in its name is for training if there is
    the same with -test.

    :param targets: The columns to predict; none to predict what the file says are its labels.
    :raises DataError: If the file cannot be read, or nothing says what is to be predicted.
    """
    file = file.resolve()
    source = open_source(file, plugins)
    found = _of_columns(source, targets) if targets else _of_file(source)
    return DataRequest(file, tuple(found), parts=_parts(file))


def _of_file(source: Source) -> list[TargetRequest]:
    """All labels that the file knows of, as one target."""
    columns = source.columns()
    names = source.labels()
    if not names:
        raise DataError(
            f"{source.path}: nothing says which columns are to be predicted. Name them with "
            f"--targets, separated by commas; the columns are {', '.join(columns[:20])}"
            f"{', ...' if len(columns) > 20 else ''}."
        )
    return [TargetRequest(_unused("labels", columns), "multilabel", columns=tuple(names))]


def _of_columns(source: Source, targets: Sequence[str]) -> list[TargetRequest]:
    """A target for each column, but one for many of 0 and 1."""
    columns = source.columns()
    named = [name for name in dict.fromkeys(targets) if name in columns]
    raw = source.read(set(named))
    alike = [name for name in named if _is_flag(raw[name])]
    if len(alike) <= MANY:
        alike = []
    single = [_single(name, raw) for name in dict.fromkeys(targets) if name not in alike]
    if not alike:
        return single
    name = _unused("labels", columns)
    return [TargetRequest(name, "multilabel", columns=tuple(alike)), *single]


def _single(name: str, raw: pa.Table) -> TargetRequest:
    known = name in raw.column_names
    return TargetRequest(name, separator=guess_separator(raw[name]) if known else None)


def _is_flag(values: pa.ChunkedArray) -> bool:
    return flags(values) is not None


def _unused(name: str, columns: Sequence[str]) -> str:
    """A name that no column has."""
    while name in columns:
        name += "_"
    return name


def _parts(file: Path) -> dict[str, Path]:
    """The files of the parts of the split, if this one and another are called so."""
    match = re.fullmatch(r"(.*[-_.])train((?:\.\w+)+)", file.name)
    test = file.with_name(f"{match[1]}test{match[2]}") if match else file
    return {"train": file, "test": test} if match and test.is_file() else {}


def told(target: TargetRequest, kind: str) -> dict[str, object]:
    """What a configuration has to say of a target that `propose` gave."""
    found: dict[str, object] = {"kind": kind}
    if target.columns:
        found["columns"] = list(target.columns)
    if target.separator is not None:
        found["separator"] = target.separator
    return found
