from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pytest import mark, raises
from scipy.sparse import csr_array, save_npz

from automtl.errors import DataError
from automtl.testing import assert_reader_contract
from automtl_plugins.readers.npz import Npz

READER = Npz()


def _write(folder: Path, **arrays: Any) -> Path:
    path = folder / "table.npz"
    np.savez_compressed(path, **arrays)
    return path


def test_contract(tmp_path: Path) -> None:
    path = _write(tmp_path, x=np.eye(3), y=np.array(["a", "b", "c"]))
    assert_reader_contract(READER, path, ["x_0", "x_1", "x_2", "y"])


def test_arrays_are_columns(tmp_path: Path) -> None:
    x = np.arange(6, dtype=">f4").reshape(2, 3, order="F")
    path = _write(tmp_path, x=x, y=np.array([True, False]), z=np.array(["é", ""]))
    table = READER.read(path)
    assert table.schema.types == [*[pa.float32()] * 3, pa.bool_(), pa.string()]
    assert [table[f"x_{i}"].to_pylist() for i in range(3)] == x.T.tolist()
    assert table["y"].to_pylist() == [True, False]
    assert table["z"].to_pylist() == ["é", ""]


@mark.parametrize("dtype", ["f2", "f4", "f8", "longdouble", "i1", "<i8", ">u2", "bool"])
def test_numbers(tmp_path: Path, dtype: str) -> None:
    path = _write(tmp_path, x=np.array([0, 1, 1], dtype))
    assert READER.read(path)["x"].to_pylist() == [0, 1, 1]


@mark.parametrize("unit", ["D", "h", "s", "ms", "ns"])
def test_dates(tmp_path: Path, unit: str) -> None:
    path = _write(tmp_path, x=np.array(["2024-02-29", "NaT"], f"datetime64[{unit}]"))
    found = READER.read(path)["x"].cast(pa.timestamp("s")).to_pylist()
    assert found == [datetime(2024, 2, 29), None]


def test_text(tmp_path: Path) -> None:
    path = _write(tmp_path, x=np.array([1.5, np.nan]), y=np.array([7, 8]))
    assert READER.read(path, ["x", "y"]).to_pydict() == {"x": ["1.5", "nan"], "y": ["7", "8"]}


@mark.parametrize(
    ("arrays", "message"),
    [
        ({}, ": must hold arrays, but holds none"),
        ({"x": np.zeros(0)}, ": must have rows"),
        ({"x": np.array([{}])}, ": the array 'x' must hold numbers, .* but it holds object"),
        ({"x": np.array([1j])}, ": the array 'x' must hold numbers, .* but it holds complex128"),
        ({"x": np.array([b"a"])}, ": the array 'x' must hold numbers, .* but it holds .S1"),
        ({"x": np.array(8)}, r": the array 'x' must have one axis .* the shape \(\)"),
        ({"x": np.zeros((2, 3, 4))}, r": the array 'x' must have one axis .* \(2, 3, 4\)"),
        ({"x": np.zeros(2), "y": np.ones(3)}, ": all arrays must have as many rows, .*'y': 3"),
        ({"x": np.eye(2), "x_1": np.ones(2)}, r": column names must be unique, but \['x_1'\]"),
    ],
)
def test_refuses(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    path = _write(tmp_path, **arrays)
    with raises(DataError, match=f"^{path}{message}"):
        READER.read(path)


def test_a_sparse_matrix_of_scipy_is_told_apart(tmp_path: Path) -> None:
    save_npz(tmp_path / "x.npz", csr_array(np.eye(3)))
    with raises(DataError, match=r"x\.npz: is a sparse matrix that SciPy saved, and has no labels"):
        READER.columns(tmp_path / "x.npz")


def test_refuses_what_is_not_npz(tmp_path: Path) -> None:
    path = tmp_path / "table.npz"
    np.savez(path, x=np.arange(1000.0))
    content = path.read_bytes()
    for bad in (b"", b"a,b\n1,2\n", content[:500], content.replace(b"NUMPY", b"nUMPY")):
        path.write_bytes(bad)
        with raises(DataError, match=f"^{path}: is not an NPZ file"):
            READER.read(path)
