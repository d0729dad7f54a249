import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from pytest import mark

from automtl.core.runs import as_runs, is_runs, plain, plain_type, runs_of, taken

VALUES = st.lists(st.sampled_from([0.0, 0.0, 1.0, None]), min_size=1, max_size=12)


def _held(values: list[float | None]) -> pa.Array:
    rows = np.array([row for row, value in enumerate(values) if value != 0], np.int64)
    given = [values[row] for row in rows.tolist()]
    return as_runs(rows, pa.array([*given, 0.0], pa.float64()), len(values))


@given(VALUES)
def test_nothing_is_lost(values: list[float | None]) -> None:
    held = _held(values)
    assert is_runs(held.type)
    assert plain_type(held.type) == plain(held).type == pa.float64()
    assert plain(held).to_pylist() == values
    held.validate(full=True)


@given(VALUES, VALUES, st.integers(0, 3), st.integers(1, 9))
def test_runs_of_chunks_and_of_slices(
    first: list[float | None], second: list[float | None], start: int, length: int
) -> None:
    whole = pa.chunked_array([_held(first), _held(second)])
    for column in (whole, whole.slice(start, length), _held(first).slice(start, length)):
        ends, values = runs_of(column)
        lengths = np.diff(ends, prepend=0)
        assert (lengths > 0).all()
        again = np.repeat(np.arange(len(values)), lengths)
        assert values.take(pa.array(again)).to_pylist() == plain(column).to_pylist()


@given(VALUES, st.data())
def test_rows_are_taken(values: list[float | None], data: st.DataObject) -> None:
    rows = np.array(data.draw(st.lists(st.integers(0, len(values) - 1))), np.int64)
    for column in (_held(values), pa.array(values, pa.float64())):
        found = taken(column, rows)
        assert found.type == column.type
        assert plain(found).to_pylist() == [values[row] for row in rows.tolist()]


@mark.parametrize("rest", ["red", None])
def test_words_are_held_alike(rest: str | None) -> None:
    held = as_runs(np.array([0, 2]), pa.array(["blue", None, rest], pa.string()), 4)
    assert plain(held).to_pylist() == ["blue", rest, None, rest]
