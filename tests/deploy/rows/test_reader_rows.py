from pathlib import Path

import numpy as np
from pytest import raises

from automtl.data.table import ColumnKind
from automtl.deploy.rows import rows
from automtl.deploy.rows.reader_rows import read_chunks
from automtl.deploy.schema import Input
from automtl.errors import DataError

HEAD = "@relation r\n@attribute n numeric\n@attribute b {0,1}\n@attribute 7 {red,blue}\n@data\n"
INPUTS = [
    Input("7", ColumnKind.CATEGORICAL),
    Input("n", ColumnKind.NUMERIC),
    Input("b", ColumnKind.BOOLEAN),
]


def test_a_sparse_file_is_read_in_chunks(tmp_path: Path) -> None:
    path = tmp_path / "t.arff"
    path.write_text(HEAD + "\n".join(["{0 2.5}", *["{}"] * 20, "{0 ?, 1 1, 2 blue}"]) + "\n")
    assert rows.column_names(path) == ["n", "b", "7"]
    chunks = list(read_chunks(path, INPUTS, 10))
    assert [chunk.n_rows for chunk in chunks] == [10, 10, 2]
    assert chunks[-1].share == 1
    together = {n: np.concatenate([c.columns[n] for c in chunks]) for n in chunks[0].columns}
    np.testing.assert_array_equal(together["n"], [2.5, *[0] * 20, np.nan])
    np.testing.assert_array_equal(together["b"], [*[0] * 21, 1])
    assert together["7"].tolist() == ["red"] * 21 + ["blue"]


def test_arrays_are_columns_to_predict_from_too(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", n=np.arange(3.0), b=np.array([True, False, True]))
    (chunk,) = rows.read_chunks(tmp_path / "t.npz", INPUTS[1:], 10)
    assert {n: v.tolist() for n, v in chunk.columns.items()} == {"n": [0, 1, 2], "b": [1, 0, 1]}


def test_a_wrong_value_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "t.arff"
    path.write_text(HEAD + "1,0,red\n1,0,red\n")
    with raises(DataError, match=r"t\.arff, column '7', line 6: .*red"):
        list(read_chunks(path, [Input("7", ColumnKind.NUMERIC)], 10))
