"""Arrays that NumPy saved together."""

import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.lib import format as npy
from numpy.typing import NDArray

from automtl.core.reader import Reader, check_names, finished
from automtl.errors import DataError
from automtl.hookspecs import hookimpl

_ARROW_UNITS = ("s", "ms", "us", "ns")


class Npz(Reader):
    """
    The `NPZ format <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>`_:
    an array with one axis is a column, an array ``x`` with two is the columns ``x_0``, ``x_1``...

    .. note::
        Nothing is unpickled, so arrays of Python objects are refused. Bits that are packed into
        bytes are read as bytes: unpack them before saving. A column that is asked for as text is
        written out as Arrow casts it.
    """

    name: ClassVar[str] = "npz"
    citation: ClassVar[str] = (
        "https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html"
    )
    suffixes: ClassVar[tuple[str, ...]] = (".npz",)

    def columns(self, path: Path) -> list[str]:
        with _blaming(path):
            _check_not_scipy(path)
            headers = list(_headers(path))
        _check_rows(path, headers)
        names = [name for header in headers for name in header.columns]
        check_names(path, names)
        return names

    def read(self, path: Path, text: Collection[str] = ()) -> pa.Table:
        names = self.columns(path)
        with _blaming(path), np.load(path, allow_pickle=False) as arrays:
            columns = [column for array in arrays.values() for column in _columns(array)]
        return finished(path, pa.table(columns, names=names), text)


@dataclass(frozen=True)
class _Header:
    """What the head of a saved array says of it."""

    name: str
    shape: tuple[int, ...]

    @property
    def columns(self) -> list[str]:
        """The names of the columns that it holds."""
        if len(self.shape) == 1:
            return [self.name]
        return [f"{self.name}_{column}" for column in range(self.shape[1])]


def _headers(path: Path) -> Iterator[_Header]:
    """The arrays in the file, without reading their values."""
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            with archive.open(member) as file:
                version = npy.read_magic(file)
                read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
                shape, _, dtype = read(file)
            name = member.removesuffix(".npy")
            _check_array(path, name, shape, dtype)
            yield _Header(name, shape)


def _check_not_scipy(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        names = {name.removesuffix(".npy") for name in archive.namelist()}
    if names >= {"format", "shape", "data"}:
        raise DataError(
            f"{path}: is a sparse matrix that SciPy saved, and has no labels beside it. Give the "
            "matrix to `automtl.MultiTaskSearch` in Python, or write it with its labels as a "
            "sparse ARFF file."
        )


def _check_array(path: Path, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if dtype.kind not in "biufUM":
        raise DataError(
            f"{path}: the array '{name}' must hold numbers, booleans, text or dates, but it holds "
            f"{dtype}. Save it as one of these; Python objects are never unpickled."
        )
    if len(shape) not in (1, 2):
        raise DataError(
            f"{path}: the array '{name}' must have one axis (a column) or two (several columns), "
            f"but has the shape {shape}. Give it another shape or leave it out of the file."
        )


def _check_rows(path: Path, headers: Iterable[_Header]) -> None:
    rows = {header.name: header.shape[0] for header in headers}
    if not rows:
        raise DataError(f"{path}: must hold arrays, but holds none.")
    if len(set(rows.values())) > 1:
        raise DataError(
            f"{path}: all arrays must have as many rows, but they have {rows}. Save those that "
            "are no columns of the table in another file."
        )


def _columns(array: NDArray[Any]) -> list[pa.Array]:
    values = array.astype(_arrow_type(array.dtype), copy=False)
    columns = [values] if values.ndim == 1 else values.T
    return [pa.array(column) for column in columns]


def _arrow_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The nearest type that Arrow knows: of this machine's byte order, and of a common size."""
    if dtype.kind == "f" and dtype.itemsize not in (4, 8):
        return np.dtype(np.float32 if dtype.itemsize == 2 else np.float64)
    if dtype.kind == "M" and np.datetime_data(dtype)[0] not in _ARROW_UNITS:
        return np.dtype("datetime64[s]")
    return dtype.newbyteorder("=")


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    try:
        yield
    except DataError:
        raise
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError) as error:
        raise DataError(
            f"{path}: is not an NPZ file that can be read: {str(error).rstrip('.')}. "
            "Write it again, or name another file."
        ) from None


@hookimpl
def automtl_readers() -> Iterable[type[Reader]]:
    return [Npz]
