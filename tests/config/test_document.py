from collections.abc import Callable
from pathlib import Path

from pytest import fixture

from automtl.config.document import MAX_SHOWN, Document, Problem
from automtl.config.marks import read


@fixture
def document(write: Callable[..., Path]) -> Document:
    return read(write("a: 1\nb:\n  c: [x, y]\n"))


def test_problems_come_in_the_order_of_the_file(document: Document) -> None:
    error = document.error([Problem(("b", "c", 1), "later."), Problem(("a",), "first.")])
    assert str(error) == (
        f"{document.file}:1:4: a: first.\n    a: 1\n       ^\n"
        f"{document.file}:3:10: b.c.1: later.\n      c: [x, y]\n             ^"
    )


def test_entries_of_lists_may_be_named(document: Document) -> None:
    assert ":3:10: b.c.y: no" in str(document.error([Problem(("b", "c", "y"), "no")]))


def test_points_at_keys_or_values(document: Document) -> None:
    assert ":3:3: b.c: no" in str(document.error([Problem(("b", "c"), "no", at_key=True)]))
    assert ":3:6: b.c: no" in str(document.error([Problem(("b", "c"), "no")]))


def test_what_is_missing_is_blamed_on_what_should_hold_it(document: Document) -> None:
    assert ":3:3: b.d.e: no" in str(document.error([Problem(("b", "d", "e"), "no")]))


def test_a_part_knows_where_it_is(document: Document) -> None:
    part = document.part("b")
    assert part.data == {"c": ["x", "y"]}
    assert ":3:7: b.c.0: no" in str(part.error([Problem(("c", 0), "no")]))


def test_long_lines_are_cut_around_the_caret(write: Callable[..., Path]) -> None:
    document = read(write("a: [" + "1, " * 1000 + "here]\n"))
    _, line, caret = str(document.error([Problem(("a", 1000), "no")])).splitlines()
    assert len(line) <= MAX_SHOWN + 4
    assert line[caret.index("^")] == "h"
