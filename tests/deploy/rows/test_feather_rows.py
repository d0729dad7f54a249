from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import feather
from pytest import mark, raises

from automtl.data.table import ColumnKind
from automtl.deploy.rows.feather_rows import column_names, read_chunks
from automtl.deploy.schema import Input
from automtl.errors import DataError

X, WORD = Input("x", ColumnKind.NUMERIC), Input("word", ColumnKind.CATEGORICAL)
TABLE = pa.table({"word": ["a", None, "NA", "ü", "b"], "y": range(5), "x": [1.0, 2, None, 4, 5]})


def write(path: Path, form: str) -> Path:
    if form == "stream":
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, TABLE.schema) as writer:
            writer.write_table(TABLE, max_chunksize=3)
    else:
        feather.write_feather(TABLE, path, compression=form, chunksize=3)
    return path


@mark.parametrize("form", ["uncompressed", "lz4", "zstd", "stream"])
def test_reads_columns_in_chunks(tmp_path: Path, form: str) -> None:
    path = write(tmp_path / "t.feather", form)
    chunks = list(read_chunks(path, [X, WORD], 2))
    assert column_names(path) == ["word", "y", "x"]
    assert [chunk.n_rows for chunk in chunks] == [2, 1, 2]
    found = np.concatenate([chunk.columns["x"] for chunk in chunks])
    np.testing.assert_array_equal(found, [1, 2, np.nan, 4, 5])
    words = [word for chunk in chunks for word in chunk.columns["word"]]
    assert words == ["a", "", "", "ü", "b"]
    shares = [chunk.share for chunk in chunks]
    assert shares == sorted(shares)
    assert 0 < shares[0] <= shares[-1] <= 1


def test_says_where_a_value_is_wrong(tmp_path: Path) -> None:
    path = write(tmp_path / "t.feather", "uncompressed")
    with raises(DataError, match=r"t.feather: column 'word', row 1: must be a number, but got 'a'"):
        list(read_chunks(path, [Input("word", ColumnKind.NUMERIC)], 2))


@mark.parametrize("content", [b"", b"x,y\n1,2\n", b"ARROW1", b"FEA1 of the first version"])
def test_not_feather(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.feather"
    path.write_bytes(content)
    with raises(DataError, match="is not a Feather file"):
        column_names(path)
