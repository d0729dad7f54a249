from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pytest import fixture, raises

from automtl.data.features.inputs import input_names, read_inputs
from automtl.data.files.source import Source, open_source
from automtl.data.request import DataRequest, SplitRequest, TargetRequest
from automtl.data.table import ColumnKind
from automtl.errors import DataError
from automtl.plugins import load_plugins

N_ROWS = 20
TRAIN = np.arange(12)


@fixture
def source(tmp_path: Path) -> Source:
    path = tmp_path / "x.csv"
    path.write_text("a\nx\n")
    return open_source(path, load_plugins())


def _request(**fields: Any) -> DataRequest:
    return DataRequest(Path("x.csv"), (TargetRequest("target"),), **fields)


def _raw(**columns: Any) -> pa.Table:
    return pa.table({"target": [0, 1] * 10, **columns})


def test_inputs_are_what_is_nothing_else() -> None:
    names = ["d", "target", "c", "b", "a"]
    assert input_names(_request(), names) == ["d", "c", "b", "a"]
    assert input_names(_request(inputs=("a", "c")), names) == ["c", "a"]
    request = _request(ignore=("a",), split=SplitRequest(groups="b"))
    assert input_names(request, names) == ["d", "c"]


def test_labels_that_are_not_asked_for_are_no_inputs(source: Source) -> None:
    request, raw = _request(aside=("label",)), _raw(label=[0, 1] * 10, x=[1.5, 2.5] * 10)
    table, notes = read_inputs(request, raw, TRAIN, source)
    assert list(table) == ["x"]
    assert notes == ["label: set aside, the file says that it is a label"]
    named = _request(aside=("label",), inputs=("label", "x"))
    assert list(read_inputs(named, raw, TRAIN, source)[0]) == ["label", "x"]
    ignored = _request(aside=("label",), ignore=("label",))
    assert read_inputs(ignored, raw, TRAIN, source)[1] == []


def test_a_few_words_among_numbers_are_told_where_they_are(source: Source) -> None:
    source.path.write_text("a\n" + "x\n" * 40)
    numbers = [str(n / 2) for n in range(N_ROWS)]
    numbers[7] = "abc"
    with raises(DataError, match=r"column 'x', line 9: nearly all values are numbers, but 'abc'"):
        read_inputs(_request(), _raw(x=numbers), TRAIN, source)
    said = _request(columns={"x": ColumnKind.CATEGORICAL})
    assert read_inputs(said, _raw(x=numbers), TRAIN, source)[0]["x"].values[7] == "abc"
    ignored = _request(ignore=("x",))
    assert list(read_inputs(ignored, _raw(x=numbers, y=[1.5, 2.5] * 10), TRAIN, source)[0]) == ["y"]


def test_numbers_that_are_written_in_another_way_are_noted(source: Source) -> None:
    raw = _raw(price=[f"${n % 12}" for n in range(N_ROWS)], alone=[f"{n},5" for n in range(N_ROWS)])
    _, notes = read_inputs(_request(), raw, TRAIN, source)
    assert notes == [
        "price: categorical, but it seems to hold numbers with a sign or unit, such as '$0': "
        "leave these out",
        "alone: set aside, 20 of its 20 values are distinct, so it seems an identifier; but it "
        "seems to hold numbers with a decimal comma, such as '0,5': write a point",
    ]


def test_kinds_are_inferred(source: Source) -> None:
    raw = _raw(number=[1.5, 2.5] * 10, word=["a", "b"] * 10, flag=[True, False] * 10)
    table, notes = read_inputs(_request(), raw, TRAIN, source)
    kinds = [column.kind for column in table.values()]
    assert kinds == [ColumnKind.NUMERIC, ColumnKind.CATEGORICAL, ColumnKind.BOOLEAN]
    assert list(table) == ["number", "word", "flag"]
    assert notes == []


def test_kinds_can_be_forced(source: Source) -> None:
    request = _request(columns={"year": ColumnKind.CATEGORICAL})
    table, _ = read_inputs(request, _raw(year=["2007", "2008"] * 10), TRAIN, source)
    assert table["year"].kind == ColumnKind.CATEGORICAL
    assert table["year"].values.tolist() == ["2007", "2008"] * 10


COLUMNS: dict[str, Any] = {
    "good": [1, 2] * 10,
    "id": range(7, 7 + N_ROWS),
    "name": [f"name {i}" for i in range(N_ROWS)],
    "same": ["x"] * N_ROWS,
    "late": [3] * len(TRAIN) + [4] * (N_ROWS - len(TRAIN)),
    "empty": pa.nulls(N_ROWS),
    "list": [[1]] * N_ROWS,
    "": [1, 2] * 10,
}


def test_useless_columns_are_set_aside_with_a_note(source: Source) -> None:
    table, notes = read_inputs(_request(), _raw(**COLUMNS), TRAIN, source)
    assert list(table) == ["good"]
    names = [name or "column 9" for name in list(COLUMNS)[1:]]
    assert [note.split(":")[0] for note in notes] == names
    assert notes[0] == "id: set aside, it counts the rows one by one, so it seems an identifier"


def test_an_identifier_that_is_asked_for_is_kept(source: Source) -> None:
    wanted = _request(inputs=("id", "name", "same"))
    table, _ = read_inputs(wanted, _raw(**COLUMNS), TRAIN, source)
    assert list(table) == ["id", "name"]  # a constant is set aside all the same
    forced = _request(columns={"name": ColumnKind.CATEGORICAL})
    table, _ = read_inputs(forced, _raw(**COLUMNS), TRAIN, source)
    assert list(table) == ["good", "name"]


def test_infinite_numbers_are_noted(source: Source) -> None:
    table, notes = read_inputs(_request(), _raw(x=[1, 2, np.inf, None] * 5), TRAIN, source)
    assert np.isnan(table["x"].values).sum() == 10
    assert notes == ["x: 5 infinite values count as missing"]


def test_refuses_an_input_of_another_type(source: Source) -> None:
    with raises(DataError, match=r"column 'list': an input must hold .* but it holds list"):
        read_inputs(_request(inputs=("list",)), _raw(**COLUMNS), TRAIN, source)


def test_refuses_when_no_input_is_left(source: Source) -> None:
    with raises(DataError, match=r"none is \(every column is a target"):
        read_inputs(_request(), _raw(), TRAIN, source)
    with raises(DataError, match=r"none is \(same: set aside, it is the same"):
        read_inputs(_request(), _raw(same=["x"] * N_ROWS), TRAIN, source)
