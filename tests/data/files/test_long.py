from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import fixture, mark, raises, skip

from automtl.data.files.long import widen
from automtl.data.files.source import Source, open_source
from automtl.errors import DataError
from automtl.plugins import load_plugins

LANDMINE = Path(__file__).resolve().parents[3].parent / "shared/data/landmine"
CELLS = st.tuples(
    st.sampled_from([1.0, 2.0, None]),
    st.sampled_from(["u", "v"]),
    st.sampled_from("abc"),
    st.sampled_from([0, 1, None]),
)


@fixture(scope="module")
def source(tmp_path_factory: Any) -> Source:
    path = tmp_path_factory.mktemp("long") / "long.csv"
    path.write_text("x,task,label\n1,a,0\n2,,1\n")
    return open_source(path, load_plugins())


def _table(cells: list[tuple[Any, ...]]) -> pa.Table:
    x, group, task, label = zip(*cells, strict=True)
    return pa.table(
        {
            "x": pa.array(x, pa.float64()),
            "task": pa.array(task),
            "label": pa.array(label, pa.int64()),
            "group": pa.array(group),
        }
    )


@settings(max_examples=100, deadline=None)
@given(cells=st.lists(CELLS, min_size=1, max_size=30), merge=st.booleans())
def test_no_label_is_lost_or_moved(source: Source, cells: list[Any], merge: bool) -> None:
    wide, tasks, rows = widen(_table(cells), "task", "label", source, merge)
    assert wide.column_names == ["x", "group", *tasks]
    assert tasks == list(dict.fromkeys(task for _, _, task, _ in cells))
    known = Counter(cell for cell in cells if cell[3] is not None)
    found = Counter(
        (row["x"], row["group"], task, row[task])
        for row in wide.to_pylist()
        for task in tasks
        if row[task] is not None
    )
    assert found == known
    assert [cells[row][:2] for row in rows] == [(r["x"], r["group"]) for r in wide.to_pylist()]
    assert (np.diff(rows) > 0).all()


@settings(max_examples=100, deadline=None)
@given(cells=st.lists(CELLS, min_size=1, max_size=30))
def test_there_are_as_few_rows_as_can_be(source: Source, cells: list[Any]) -> None:
    wide = widen(_table(cells), "task", "label", source).table
    times = Counter(cell[:3] for cell in cells)
    alike = {cell[:2] for cell in cells}
    assert wide.num_rows == sum(max(times[(*a, task)] for task in "abc") for a in alike)


def test_conflicting_labels_stay_in_rows_of_their_own(source: Source) -> None:
    cells = [(1.0, "u", "a", 0), (1.0, "u", "b", 1), (1.0, "u", "a", 1)]
    wide, _, rows = widen(_table(cells), "task", "label", source)
    assert wide.select(["a", "b"]).to_pylist() == [{"a": 0, "b": 1}, {"a": 1, "b": None}]
    assert rows.tolist() == [0, 2]


@mark.parametrize("kind", [pa.int64(), pa.string(), pa.dictionary(pa.int8(), pa.string())])
def test_tasks_may_be_numbers_or_text(source: Source, kind: pa.DataType) -> None:
    tasks = pa.array(["7", "3", "7"]).cast(kind)
    table = pa.table({"x": [1, 2, 3], "task": tasks, "label": ["y", "n", "n"]})
    wide, names, _ = widen(table, "task", "label", source)
    assert names == ["7", "3"]
    assert wide["7"].to_pylist() == ["y", None, "n"]


@mark.parametrize("missing", [None, "", "NA"])
def test_a_row_without_a_task_is_an_error(source: Source, missing: str | None) -> None:
    table = pa.table({"x": [1, 2], "task": ["a", missing], "label": [0, 1]})
    with raises(DataError, match=r"long.csv, column 'task', line 3: .* must name its task"):
        widen(table, "task", "label", source)


def test_a_task_must_not_be_called_like_a_column(source: Source) -> None:
    table = pa.table({"x": [1, 2], "task": ["a", "x"], "label": [0, 1]})
    with raises(DataError, match="'x' is both"):
        widen(table, "task", "label", source)


def test_landmine_becomes_29_tasks() -> None:
    if not LANDMINE.is_dir():
        skip(f"{LANDMINE} is not there")
    source = open_source(LANDMINE / "landmine_long.csv.gz", load_plugins())
    table = source.read({"task"})
    wide, tasks, _ = widen(table, "task", "label", source)
    assert len(tasks) == 29
    labels = sum(wide[task].length() - wide[task].null_count for task in tasks)
    assert labels == table.num_rows == 14_820
