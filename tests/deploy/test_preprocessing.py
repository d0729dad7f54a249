from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto
from pytest import mark

from automtl.data.features.preprocessing import Preprocessing
from automtl.data.features.sparse import MANY, SparseArray
from automtl.data.table import Column, ColumnKind, Table
from automtl.deploy.preprocessing import input_infos, write_preprocessing
from automtl.deploy.writer import GraphWriter, batch_of

N_ROWS = 200
WORDS = ["", "a", "B", "b", " a", "naïve", "雪", "ß", "two words", "it's", "x" * 500]


def numeric(rng: np.random.Generator) -> NDArray[np.float64]:
    values = rng.normal(10.0 ** rng.integers(-6, 10), 10.0 ** rng.integers(-6, 10), N_ROWS)
    return np.where(rng.random(N_ROWS) < rng.choice([0.0, 0.3]), np.nan, values)


def texts(rng: np.random.Generator) -> NDArray[Any]:
    words = rng.choice(np.array(WORDS, object), (N_ROWS, 4))
    return np.array([", ".join(row) for row in words], object)


def column(kind: ColumnKind, rng: np.random.Generator) -> Column:
    makers: dict[ColumnKind, Callable[[], NDArray[Any]]] = {
        ColumnKind.NUMERIC: lambda: numeric(rng),
        ColumnKind.BOOLEAN: lambda: rng.choice([0.0, 1.0, np.nan][: rng.integers(2, 4)], N_ROWS),
        ColumnKind.CATEGORICAL: lambda: rng.choice(np.array(WORDS, object), N_ROWS),
        ColumnKind.DATETIME: lambda: np.round(rng.uniform(-2e9, 4e9, N_ROWS), rng.integers(0, 6)),
        ColumnKind.TEXT: lambda: texts(rng),
    }
    return Column(kind, makers[kind]())


def random_table(seed: int, kinds: list[ColumnKind]) -> Table:
    rng = np.random.default_rng(seed)
    order = rng.permutation(kinds * int(rng.integers(1, 4)))
    return {f"{i}/ {kind}.é": column(ColumnKind(kind), rng) for i, kind in enumerate(order)}


def in_onnxruntime(preprocessing: Preprocessing, table: Table) -> NDArray[np.float32]:
    writer = GraphWriter(table)
    features = write_preprocessing(preprocessing, writer)
    output = batch_of(features, TensorProto.FLOAT, preprocessing.layout.size)
    model = writer.model(input_infos(preprocessing), [output], {})
    session = onnxruntime.InferenceSession(model.SerializeToString())
    feeds = {name: c.values.reshape(-1, 1) for name, c in table.items()}
    return np.asarray(session.run([features], feeds)[0])


def assert_agree(preprocessing: Preprocessing, table: Table) -> None:
    expected = preprocessing.transform(table)
    if isinstance(expected, SparseArray):
        expected = expected.dense()
    found = in_onnxruntime(preprocessing, table)
    assert found.dtype == expected.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


KINDS = list(ColumnKind)
ALIKE = [ColumnKind.NUMERIC, ColumnKind.BOOLEAN]
SUBSETS = [KINDS, *([kind] for kind in KINDS), KINDS[3:], KINDS[1:3], KINDS[::2]]


@mark.parametrize("seed", range(4))
@mark.parametrize("kinds", SUBSETS, ids=",".join)
def test_agrees_with_transform(kinds: list[ColumnKind], seed: int) -> None:
    table = random_table(seed, kinds)
    assert_agree(Preprocessing.fit(table, np.arange(N_ROWS // 2)), table)


def test_agrees_far_from_the_training_values() -> None:
    table = random_table(0, [ColumnKind.NUMERIC, ColumnKind.DATETIME])
    fitted = Preprocessing.fit(table, np.arange(N_ROWS))
    far = np.array([0.0, -0.0, 1e-300, -1e15, 1e15, 1e100, -1e100, 1e200, -1e307, np.nan])
    assert_agree(fitted, {name: Column(c.kind, far) for name, c in table.items()})


def test_large_offsets_keep_their_precision() -> None:
    values = 1.7e9 + np.arange(N_ROWS) / N_ROWS  # a float has steps of 128 here
    table = {"x": Column(ColumnKind.NUMERIC, values)}
    found = in_onnxruntime(Preprocessing.fit(table, np.arange(N_ROWS)), table)
    assert len(np.unique(found)) == N_ROWS


@mark.parametrize("kind", [ColumnKind.NUMERIC, ColumnKind.DATETIME])
def test_infinite_is_missing(kind: ColumnKind) -> None:
    fitted = Preprocessing.fit(random_table(3, [kind]), np.arange(N_ROWS))
    columns = [c.name for c in fitted.columns]
    gone = {name: Column(kind, np.full(3, np.nan)) for name in columns}
    infinite = {name: Column(kind, np.array([np.inf, -np.inf, np.nan])) for name in columns}
    np.testing.assert_array_equal(
        in_onnxruntime(fitted, infinite), in_onnxruntime(fitted, gone), strict=True
    )


def test_unseen_and_rare_categories_take_slot_0() -> None:
    seen = np.array(["a", "a", "b", "b", "rare"], object)
    fitted = Preprocessing.fit({"x": Column(ColumnKind.CATEGORICAL, seen)}, np.arange(5))
    given = np.array(["a", "b", "rare", "A", "", "雪"], object)
    found = in_onnxruntime(fitted, {"x": Column(ColumnKind.CATEGORICAL, given)})
    np.testing.assert_array_equal(found.argmax(1), [1, 2, 0, 0, 0, 0])
    np.testing.assert_array_equal(found.sum(1), np.ones(6))


def test_a_column_without_frequent_categories() -> None:
    seen = np.array(["a", "b", "c"], object)
    table = {"x": Column(ColumnKind.CATEGORICAL, seen)}
    assert_agree(Preprocessing.fit(table, np.arange(3)), table)


def test_very_many_columns_that_are_mostly_zero() -> None:
    rng = np.random.default_rng(0)
    n_columns = MANY + 9
    mostly = np.where(rng.random((N_ROWS, n_columns)) < 0.03, rng.integers(1, 5, n_columns), 0.0)
    named = {
        f"w{place}": Column(ColumnKind.NUMERIC, values) for place, values in enumerate(mostly.T)
    }
    table = {"x": column(ColumnKind.NUMERIC, rng), **named}
    fitted = Preprocessing.fit(table, np.arange(N_ROWS))
    assert len(fitted.plain) == n_columns
    assert_agree(fitted, table)
    gone = {name: Column(c.kind, np.array([np.nan, 9.0])) for name, c in table.items()}
    assert_agree(fitted, gone)


def test_columns_alike_are_one_matrix() -> None:
    def n_nodes(count: int) -> int:
        values = np.arange(9.0)
        table = {f"{kind}{i}": Column(kind, values) for kind in ALIKE for i in range(count)}
        writer = GraphWriter(table)
        fitted = Preprocessing.fit(table, np.arange(9))
        name, size = write_preprocessing(fitted, writer), fitted.layout.size
        output = batch_of(name, TensorProto.FLOAT, size)
        return len(writer.model(input_infos(fitted), [output], {}).graph.node)

    assert n_nodes(2) == n_nodes(50)


def test_a_single_row() -> None:
    table = random_table(1, KINDS)
    fitted = Preprocessing.fit(table, np.arange(N_ROWS))
    assert_agree(fitted, {name: Column(c.kind, c.values[:1]) for name, c in table.items()})


def test_inputs_are_named_as_the_columns() -> None:
    table = random_table(2, KINDS)
    infos = input_infos(Preprocessing.fit(table, np.arange(N_ROWS)))
    assert [info.name for info in infos] == list(table)
    for info, given in zip(infos, table.values(), strict=True):
        expected = TensorProto.STRING if given.kind.is_strings else TensorProto.DOUBLE
        assert info.type.tensor_type.elem_type == expected
