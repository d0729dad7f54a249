import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pytest import mark, raises

from automtl.data.features.text import NULLS, parse_number
from automtl.data.table import ColumnKind
from automtl.deploy.rows.cells import IndexedError, parse_all


@mark.parametrize(
    ("kind", "texts", "expected"),
    [
        (ColumnKind.NUMERIC, ["1.5", " 2 ", "", "NA"], [1.5, 2.0, np.nan, np.nan]),
        (ColumnKind.BOOLEAN, ["yes", "F", "?"], [1.0, 0.0, np.nan]),
        (ColumnKind.DATETIME, ["1970-01-02", ""], [86_400.0, np.nan]),
    ],
)
def test_numbers(kind: ColumnKind, texts: list[str], expected: list[float]) -> None:
    np.testing.assert_array_equal(parse_all(texts, kind), expected)


@mark.parametrize("kind", [ColumnKind.CATEGORICAL, ColumnKind.TEXT])
def test_text_is_kept_as_it_is_but_for_missing_values(kind: ColumnKind) -> None:
    found = parse_all([" a", "null", "", "雪"], kind)
    assert found.tolist() == [" a", "", "", "雪"]


def test_no_text_at_all() -> None:
    assert parse_all([], ColumnKind.NUMERIC).shape == (0,)


def test_says_which_one_is_wrong() -> None:
    with raises(IndexedError, match="'x'") as caught:
        parse_all(["1", "", "x", "y"], ColumnKind.NUMERIC)
    assert caught.value.index == 2


NUMBERS = st.text("0123456789.eE+-_ xXinfaN\u0663\x1c\x00\n", max_size=6) | st.floats().map(str)


@given(st.lists(NUMBERS | st.sampled_from(sorted(NULLS)), max_size=4))
def test_plain_numbers_are_read_by_the_same_rules(texts: list[str]) -> None:
    try:
        expected = [parse_number(text) for text in texts]
    except ValueError:
        with raises(IndexedError):
            parse_all(texts, ColumnKind.NUMERIC)
    else:
        np.testing.assert_array_equal(parse_all(texts, ColumnKind.NUMERIC), expected)
