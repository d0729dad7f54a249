import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import mark, raises

from automtl.data.table import ColumnKind
from automtl.deploy.schema import Input, Schema
from automtl.errors import DataError
from automtl.serve.questions import Form, read_question


def ask(data: Any, schema: Schema) -> Mapping[str, list[Any]]:
    question = read_question(json.dumps(data).encode(), schema.inputs)
    return {name: feed[:, 0].tolist() for name, feed in question.feeds.items()}


def test_one_row(row: dict[str, Any], schema: Schema) -> None:
    question = read_question(json.dumps(row).encode(), schema.inputs)
    assert question.form is Form.ROW
    assert ask(row, schema) == {
        "x": [1.5],
        "<b>": [1.0],
        "when": [86_400.0],
        "w&w": ["a"],
        "words": ["some text"],
    }
    assert {feed.shape for feed in question.feeds.values()} == {(1, 1)}


def test_missing_values(row: dict[str, Any], schema: Schema) -> None:
    found = ask(dict.fromkeys(row), schema)
    assert found["w&w"] == found["words"] == [""]
    assert all(math.isnan(found[name][0]) for name in ("x", "<b>", "when"))


def test_rows_and_columns_say_the_same(row: dict[str, Any], schema: Schema) -> None:
    rows = [row, {**row, "x": -2, "w&w": None, "<b>": 0}]
    columns = {name: [each[name] for each in rows] for name in row}
    assert ask({"rows": rows}, schema) == ask(columns, schema)
    assert ask({"rows": [row]}, schema) == ask(row, schema)


def test_a_column_may_be_called_rows() -> None:
    schema = Schema((Input("rows", ColumnKind.NUMERIC),), ())
    assert ask({"rows": [1, 2]}, schema) == {"rows": [1.0, 2.0]}
    assert ask({"rows": 1}, schema) == {"rows": [1.0]}


@mark.parametrize(
    ("change", "message"),
    [
        ({"x": "1"}, "Column 'x', row 0: must be a finite number or null, but is \"1\""),
        ({"x": True}, "must be a finite number or null, but is true"),
        ({"x": 10**400}, "must be a finite number or null, but is 1000"),
        ({"x": {}}, "must be a finite number or null, but is {}"),
        ({"<b>": 2}, "must be true, false, 1, 0 or null, but is 2"),
        ({"<b>": "yes"}, "must be true, false, 1, 0 or null"),
        ({"when": "soon"}, 'must be a date-time such as .*, but is "soon"'),
        ({"w&w": 7}, "Column 'w&w', row 0: must be text or null, but is 7"),
        ({"words": "\ud800"}, r'must be text or null, but is "\\ud800"'),
        ({"y": 1}, 'The row has "y", which is no input of the model: did you mean|there are'),
        ({"y\ud800": 1}, r'has "y\\ud800", which is no input'),
    ],
)
def test_wrong_values(
    row: dict[str, Any], change: dict[str, Any], message: str, schema: Schema
) -> None:
    with raises(DataError, match=message):
        ask({**row, **change}, schema)


@mark.parametrize(
    ("body", "message"),
    [
        (b"", "must be JSON, but is not: line 1, character 1"),
        (b'{"x": NaN}', "JSON, which has no NaN. Write null"),
        (b'{"x": -Infinity}', "has no -Infinity"),
        (b'{"x": 1, "x": 2}', 'Keys must be unique, but "x" is repeated'),
        (b"\xff", "must be UTF-8 text"),
        (b"[" * 100_000, "must be JSON that is not nested deeply"),
        (b"9" * 5_000, "a number that is too long"),
        (b"null", "must be one row as an object.*but is null"),
        (b"{}", "must have all columns, but these are missing: x, <b>, when, w&w, words"),
        (b'{"rows": []}', "'rows' must be a list of one object or more"),
        (b'{"rows": {}}', "'rows' must be a list of one object or more"),
        (b'{"rows": [1]}', "Row 0 must be an object, but is 1"),
    ],
)
def test_wrong_bodies(body: bytes, message: str, schema: Schema) -> None:
    with raises(DataError, match=message):
        read_question(body, schema.inputs)


def test_wrong_columns(row: dict[str, Any], schema: Schema) -> None:
    columns = {name: [value] for name, value in row.items()}
    with raises(DataError, match="equally many rows, but they have"):
        ask({**columns, "x": [1, 2]}, schema)
    with raises(DataError, match="Column 'x' must be a list, as others are: 1"):
        ask({**columns, "x": 1}, schema)
    with raises(DataError, match="must have rows, but have none"):
        ask({name: [] for name in row}, schema)
    with raises(DataError, match="Row 1 must have all columns, but these are missing: words"):
        ask({"rows": [row, {k: v for k, v in row.items() if k != "words"}]}, schema)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
NAMES = st.sampled_from(["x", "<b>", "when", "w&w", "words"])
ROWS = st.fixed_dictionaries(dict.fromkeys(["x", "<b>", "when", "w&w", "words"], SCALARS))


@settings(max_examples=200, deadline=None)
@given(
    data=JSON | st.dictionaries(NAMES, SCALARS) | ROWS | st.lists(ROWS).map(lambda r: {"rows": r})
)
def test_whatever_is_asked_is_understood_or_refused(data: Any, schema: Schema) -> None:
    try:
        question = read_question(json.dumps(data).encode(), schema.inputs)
    except DataError as error:
        str(error).encode()
        return
    kinds = {i.name: object if i.kind.is_strings else np.float64 for i in schema.inputs}
    assert {name: feed.dtype for name, feed in question.feeds.items()} == kinds
