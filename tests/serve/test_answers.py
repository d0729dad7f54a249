import json
from typing import Any

import numpy as np

from automtl.deploy.schema import Schema
from automtl.serve.answers import answer
from automtl.serve.questions import Form

FOUND: dict[str, Any] = {
    "echo": np.array(["a", "other"], object),
    "echo_probability": np.array([[0.9, 0.1], [0.25, np.nan]], np.float32),
    "tags": np.array([[0, 1], [1, 1]]),
    "tags_probability": np.array([[0.2, 0.7], [0.5, 1.0]], np.float32),
    "sums": np.array([[1.0, 2.0], [np.inf, -4.0]], np.float32),
    "mass": np.array([3.3, -np.inf], np.float32),
}
FIRST = {
    "echo": {"label": "a", "probabilities": {"a": 0.9, "other": 0.1}},
    "tags": {"labels": {"t": False, "u": True}, "probabilities": {"t": 0.2, "u": 0.7}},
    "sums": {"values": {"v": 1.0, "w": 2.0}},
    "mass": {"value": 3.3},
}


def test_rows_of_every_sort_of_output(schema: Schema) -> None:
    first, second = answer(schema.outputs, FOUND, Form.ROWS)["rows"]
    assert first == FIRST  # as few digits as 32 bits need
    assert answer(schema.outputs, FOUND, Form.ROW) == FIRST
    assert second["echo"]["probabilities"] == {"a": 0.25, "other": None}
    assert second["sums"]["values"] == {"v": None, "w": -4.0}
    assert second["mass"] == {"value": None}


def test_columns_have_a_list_for_each_value(schema: Schema) -> None:
    columns = answer(schema.outputs, FOUND, Form.COLUMNS)
    rows = answer(schema.outputs, FOUND, Form.ROWS)["rows"]
    assert columns["echo"]["label"] == [row["echo"]["label"] for row in rows]
    assert columns["sums"]["values"]["v"] == [row["sums"]["values"]["v"] for row in rows]
    json.dumps(columns, allow_nan=False)
