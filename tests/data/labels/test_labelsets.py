from pathlib import Path

import numpy as np
import pyarrow as pa
from pytest import mark

from automtl.data.files.source import open_source
from automtl.data.labels.labelsets import flags, read_set
from automtl.plugins import load_plugins

NAN = np.nan


@mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([True, False, None]), [1, 0, NAN]),
        (pa.array([1, 0, None], pa.int8()), [1, 0, NAN]),
        (pa.array([1.0, 0.0, NAN]), [1, 0, NAN]),
        (pa.array(["yes", "no", "?"]), [1, 0, NAN]),
        (pa.array(["1", "0.0", None]), [1, 0, NAN]),
        (pa.array(["True", "false", ""], pa.large_string()), [1, 0, NAN]),
        (pa.array(["1", "0", "1"]).dictionary_encode(), [1, 0, 1]),
        (pa.array([None, None], pa.int8()), [NAN, NAN]),
        (pa.nulls(2), [NAN, NAN]),
    ],
)
def test_flags(values: pa.Array, expected: list[float]) -> None:
    np.testing.assert_array_equal(flags(pa.chunked_array([values])), expected)


@mark.parametrize(
    "values", [[0, 1, 2], [0.5, 1.0], ["yes", "maybe"], ["0", "2"], [-1, 1], [[0], [1]]]
)
def test_others_are_none(values: list[object]) -> None:
    assert flags(pa.chunked_array([pa.array(values)])) is None


@mark.parametrize("separator", [";", "|", ".", ".*", "\\", "[", "; ", " ", "\t", "::", "é"])
def test_any_text_separates_as_it_is_written(separator: str) -> None:
    cells = [separator.join(names) for names in (["b", "a"], ["a"], ["c", "b"])]
    names, labels = read_set(pa.chunked_array([cells]), separator)
    assert names == ("a", "b", "c")
    assert labels.tolist() == [[1, 1, 0], [1, 0, 0], [0, 1, 1]]


def test_space_around_a_label_and_repeats_do_not_count() -> None:
    names, labels = read_set(pa.chunked_array([[" a ;b c", "a;a; ", "b c"]]), ";")
    assert names == ("a", "b c")
    assert labels.tolist() == [[1, 1], [1, 0], [0, 1]]


def test_missing_is_unknown_and_empty_is_none() -> None:
    names, labels = read_set(pa.chunked_array([["a;b", None, "", ";", "NA", "?"]]), ";")
    assert names == ("a", "b")
    np.testing.assert_array_equal(labels[1], [NAN, NAN])
    np.testing.assert_array_equal(labels[2:4], np.zeros((2, 2)))
    np.testing.assert_array_equal(labels[4:], np.full((2, 2), NAN))


def test_a_missing_word_among_labels_is_a_label() -> None:
    assert read_set(pa.chunked_array([["a;NA"]]), ";")[0] == ("NA", "a")


def test_an_empty_cell_of_csv_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('m,x\n"a, b",1\n,2\n"",3\n",",4\n"""a"", b",5\n')
    raw = open_source(path, load_plugins()).read({"m"})
    names, labels = read_set(raw["m"], ",")
    assert names == ('"a"', "a", "b")
    assert np.isnan(labels).all(1).tolist() == [False, True, True, False, False]
    assert labels[3].tolist() == [0, 0, 0]
    assert labels[4].tolist() == [1, 0, 1]


def test_nothing_but_missing() -> None:
    names, labels = read_set(pa.chunked_array([pa.array([None, None], pa.string())]), ";")
    assert names == ()
    assert labels.shape == (2, 0)
