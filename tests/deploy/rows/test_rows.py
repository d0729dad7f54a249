from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet
from pytest import MonkeyPatch, mark, raises

from automtl.data.read import read_data
from automtl.data.request import DataRequest, TargetRequest
from automtl.data.table import ColumnKind
from automtl.deploy.rows import rows
from automtl.deploy.rows.rows import column_names, read_chunks
from automtl.deploy.schema import Input
from automtl.errors import DataError
from automtl.plugins import load_plugins


def test_of_free_text_fewer_rows_are_read_at_a_time(
    tmp_path: Path, monkeypatch: MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x\na b\nc d\ne f\n")
    monkeypatch.setattr(rows, "TEXT_CHUNK", 2)
    sizes = {
        kind: [len(chunk.columns["x"]) for chunk in read_chunks(path, [Input("x", kind)], 1)]
        for kind in (ColumnKind.TEXT, ColumnKind.CATEGORICAL)
    }
    assert sizes == {ColumnKind.TEXT: [2, 1], ColumnKind.CATEGORICAL: [3]}


def test_the_ending_says_the_format(tmp_path: Path) -> None:
    (tmp_path / "t.CSV").write_text("x\n1\n2\n")
    parquet.write_table(pa.table({"x": [1, 2]}), tmp_path / "t.pq")
    for path in tmp_path.iterdir():
        assert column_names(path) == ["x"]
        [chunk] = read_chunks(path, [Input("x", ColumnKind.NUMERIC)], 1)
        np.testing.assert_array_equal(chunk.columns["x"], [1.0, 2.0])


@mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "t.xlsx",
            "",
            "no reader knows the ending '.xlsx'",
        ),
        ("t.csv", "a,b,a\n", r"must be unique, but \['a'\] are repeated"),
        ("t.csv", None, "no such file"),
        (".", None, "is a folder, not a file"),
    ],
)
def test_says_what_is_wrong(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with raises(DataError, match=message):
        column_names(path)


TRICKY = '''y,n,b,when,word
0,1e3,yes,2024-02-29, a
1,-.5,NO,2024-02-29 12:30:00,"q, ""r"""
0,NA,,2024-02-29T12:30:00+02:00,NA
1, 7 ,?,,"N/A"
0,inf,Yes,1999-12-31T23:59:59.5Z,größer
1,0x10,no,null,
0,+3.,"",NaN," "
1,12345678901234567,yes,1969-07-20,a
'''


def test_a_file_is_understood_as_it_was_for_training(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TRICKY + TRICKY.split("\n", 1)[1] * 4, encoding="utf-8")
    kinds = {
        "n": ColumnKind.NUMERIC,
        "b": ColumnKind.BOOLEAN,
        "when": ColumnKind.DATETIME,
        "word": ColumnKind.CATEGORICAL,
    }
    request = DataRequest(path, (TargetRequest("y"),), columns=kinds)
    table = read_data(request, load_plugins()).table
    [chunk] = read_chunks(path, [Input(name, column.kind) for name, column in table.items()], 1)
    assert {name: column.kind for name, column in table.items()} == kinds
    for name, column in table.items():
        np.testing.assert_array_equal(chunk.columns[name], column.values)
