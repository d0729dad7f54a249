import json

import numpy as np
from numpy.typing import NDArray
from pytest import MonkeyPatch, fixture, mark

from automtl.data.features import preprocessing
from automtl.data.features.preprocessing import Preprocessing
from automtl.data.features.sparse import SparseArray, arrays_of
from automtl.data.table import Column, ColumnKind, SparseColumn, Table

N_ROWS = 200
TRAIN = np.arange(0, N_ROWS, 2)
HOUR = 3600.0


@fixture
def table() -> Table:
    rng = np.random.default_rng(0)
    number = rng.exponential(size=N_ROWS)
    gaps = np.where(rng.random(N_ROWS) < 0.2, np.nan, number)
    flag = np.where(rng.random(N_ROWS) < 0.2, np.nan, rng.random(N_ROWS) < 0.3)
    moments = np.where(rng.random(N_ROWS) < 0.2, np.nan, 1.7e9 + HOUR * np.arange(N_ROWS))
    words = rng.choice(np.array(["a", "b", "", "c"], object), N_ROWS)
    pairs = rng.choice(np.array(["good film", "", "Bad film!", "a film"], object), N_ROWS)
    return {
        "word": Column(ColumnKind.CATEGORICAL, words),
        "gaps": Column(ColumnKind.NUMERIC, gaps),
        "text": Column(ColumnKind.TEXT, pairs),
        "moment": Column(ColumnKind.DATETIME, moments),
        "flag": Column(ColumnKind.BOOLEAN, flag),
        "number": Column(ColumnKind.NUMERIC, number),
    }


def _rows(table: Table, rows: NDArray[np.int64]) -> Table:
    return {name: Column(c.kind, c.values[rows]) for name, c in table.items()}


def test_the_layout_is_that_of_the_array(table: Table) -> None:
    fitted = Preprocessing.fit(table, TRAIN)
    layout, array = fitted.layout, fitted.transform(table)
    assert array.shape == (N_ROWS, layout.size)
    assert array.dtype == np.float32
    assert np.isfinite(array).all()
    n_numbers = len(layout.quantiles)
    flags = array[:, n_numbers : n_numbers + layout.n_flags]
    assert set(np.unique(flags)) == {0, 1}
    one_hot = array[:, n_numbers + layout.n_flags : layout.size - layout.n_plain]
    assert layout.categories == (one_hot.shape[1],)
    assert (one_hot.sum(axis=1) == 1).all()
    slots = array[:, layout.size - layout.n_plain :]
    assert np.array_equal((slots != 0).any(axis=1), table["text"].values != "")


def test_quantiles_are_those_of_the_columns_of_training_rows(table: Table) -> None:
    fitted = Preprocessing.fit(table, TRAIN)
    array = fitted.transform(table)
    for place, quantiles in enumerate(fitted.layout.quantiles):
        assert len(quantiles) >= 2
        assert (np.diff(quantiles) > 0).all()
        column = array[TRAIN, place]
        assert quantiles[0] <= column.min() + 1e-6
        assert quantiles[-1] >= column.max() - 1e-6


def test_only_training_rows_count(table: Table) -> None:
    fitted = Preprocessing.fit(table, TRAIN)
    assert Preprocessing.fit(_rows(table, TRAIN), np.arange(len(TRAIN))) == fitted


def test_rows_are_independent(table: Table) -> None:
    fitted = Preprocessing.fit(table, TRAIN)
    order = np.random.default_rng(1).permutation(N_ROWS)[:30]
    assert np.array_equal(fitted.transform(_rows(table, order)), fitted.transform(table)[order])


def test_json_round_trip(table: Table) -> None:
    fitted = Preprocessing.fit(table, TRAIN)
    again = Preprocessing.from_json(json.loads(json.dumps(fitted.to_json())))
    assert again == fitted
    assert np.array_equal(again.transform(table), fitted.transform(table))


def test_rows_may_miss_everything(table: Table) -> None:
    fitted = Preprocessing.fit(table, TRAIN)
    empty = {
        name: Column(
            c.kind,
            np.array([""], object) if c.kind.is_strings else np.array([np.nan]),
        )
        for name, c in table.items()
    }
    array = fitted.transform(empty)
    assert np.isfinite(array).all()
    gaps, number, moment = array[0, [0, 1, 2]]
    assert gaps == number == moment == 0  # the median


EXTREMES = np.array([0.0, 1e-300, 1e160, -1e200, 1e308, -1e308, np.finfo(float).max])


def test_extreme_values_stay_finite(table: Table) -> None:
    fitted = Preprocessing.fit(table, TRAIN)
    extreme = {
        name: Column(c.kind, EXTREMES if c.kind in ("numeric", "datetime") else c.values[:7])
        for name, c in table.items()
    }
    array = fitted.transform(extreme)
    assert np.isfinite(array).all()
    assert array[2:, 0].tolist() == [3, -3, 3, -3, 3]


def _words(n_columns: int, n_rows: int = N_ROWS) -> Table:
    """Columns with how often a word occurs: rarely, apart from the first."""
    rng = np.random.default_rng(0)
    counts = np.where(rng.random((n_rows, n_columns)) < 0.02, rng.integers(1, 4, n_columns), 0.0)
    counts[0] = 1  # so that no column is constant
    counts[:, 0] = rng.normal(size=n_rows)
    return {f"w{i}": Column(ColumnKind.NUMERIC, c) for i, c in enumerate(counts.T)}


def test_very_many_columns_that_are_mostly_zero_are_plain() -> None:
    fitted = Preprocessing.fit(_words(250), TRAIN)
    assert [column.name for column in fitted.numbers] == ["w0"]
    assert (len(fitted.layout.quantiles), fitted.layout.n_plain) == (1, 249)
    assert Preprocessing.fit(_words(100), TRAIN).layout.n_plain == 0


def test_zeros_stay_zeros_and_are_left_out() -> None:
    table = _words(250)
    inputs = Preprocessing.fit(table, TRAIN).transform(table)
    assert isinstance(inputs, SparseArray)
    raw = np.column_stack([column.values for column in table.values()])
    assert np.array_equal(inputs.dense() == 0, raw == 0)
    for place, column in enumerate(Preprocessing.fit(table, TRAIN).plain, start=1):
        scaled = column.scaled(raw[:, place]).astype(np.float32)
        assert np.array_equal(inputs.dense()[:, place], scaled)


@mark.parametrize("n_columns", [3, 250])
def test_chunks_make_no_difference(n_columns: int, monkeypatch: MonkeyPatch) -> None:
    table = _words(n_columns)
    fitted = Preprocessing.fit(table, TRAIN)
    whole = arrays_of(fitted.transform(table))
    monkeypatch.setattr(preprocessing, "CHUNK", 7)
    for one, other in zip(whole, arrays_of(fitted.transform(table)), strict=True):
        assert np.array_equal(one, other)


def test_a_crowded_beginning_does_not_make_a_table_dense(monkeypatch: MonkeyPatch) -> None:
    table = _words(250, 2000)
    crowded = {n: Column(c.kind, np.append(np.ones(50), c.values)) for n, c in table.items()}
    fitted = Preprocessing.fit(crowded, np.arange(50, 2050))
    assert isinstance(fitted.transform(crowded), SparseArray)


def _held(table: Table) -> Table:
    """The numbers and booleans without their zeros."""
    return {
        name: SparseColumn.of(column.kind, column.values)
        if column.kind in (ColumnKind.NUMERIC, ColumnKind.BOOLEAN)
        else column
        for name, column in table.items()
    }


@mark.parametrize("n_words", [0, 250])
def test_how_columns_are_held_makes_no_difference(
    n_words: int, table: Table, monkeypatch: MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    words = _words(n_words) if n_words else {}
    missing = np.where(np.arange(N_ROWS) == N_ROWS - 1, np.nan, rng.random(N_ROWS) < 0.05)
    booleans = {f"b{i}": Column(ColumnKind.BOOLEAN, np.roll(missing, i)) for i in range(3)}
    table = {**table, **words, **booleans}
    fitted, held = Preprocessing.fit(table, TRAIN), _held(table)
    assert Preprocessing.fit(held, TRAIN) == fitted
    one = fitted.transform(table)
    monkeypatch.setattr(preprocessing, "CHUNK", 7)
    other = fitted.transform(held)
    for part, same in zip(arrays_of(one), arrays_of(other), strict=True):
        assert np.array_equal(part, same)
        assert part.dtype == same.dtype
