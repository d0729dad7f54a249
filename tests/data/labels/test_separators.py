import pyarrow as pa
from pytest import mark

from automtl.data.labels.separators import guess_separator


def guessed(*cells: str | None) -> str | None:
    return guess_separator(pa.chunked_array([list(cells)], pa.string()))


@mark.parametrize("separator", [";", "|", ","])
def test_labels_that_come_again_are_a_set(separator: str) -> None:
    cells = [f"red{separator} green", "green", f"blue{separator}red", "red", "blue", None, ""]
    assert guessed(*cells) == separator


def test_a_separator_alone_is_a_row_without_labels() -> None:
    assert guessed("a;b", "a", ";", " ; ", "b;c", "c") == ";"


@mark.parametrize(
    "cells",
    [
        ("red", "green", "blue"),
        ("Oslo, Norway", "Bergen, Norway", "Kyiv, Ukraine"),
        ("1,5", "2,5", "1,2", "5,1", "2,1"),  # decimal commas
        ("a;a", "a;b", "b", "a"),  # one twice
        ("a;;b", "a;b", "b", "a"),
        (None, "", "NA"),
    ],
)
def test_other_cells_are_not(cells: tuple[str | None, ...]) -> None:
    assert guessed(*cells) is None


def test_numbers_are_no_sets_and_categories_may_be() -> None:
    assert guess_separator(pa.chunked_array([[1, 2]])) is None
    cells = pa.chunked_array([["a;b", "a", "b"]]).dictionary_encode()
    assert guess_separator(cells) == ";"


def test_a_rare_separator_is_part_of_a_name() -> None:
    assert guessed("a;b", *["a", "b"] * 20) is None
