"""Tables of the report, as the page's template shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Cell:
    """
    A cell of a table.

    :param style: Its CSS classes.
    :param link: Where it leads to, if anywhere.
    """

    text: str
    style: str = ""
    link: str = ""


@dataclass(frozen=True)
class Table:
    """
    A table.

    :param rows: The first cell of each row is its header.
    """

    form: ClassVar[str] = "table"
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def number(text: str) -> Cell:
    """A cell with a number."""
    return Cell(text, "number")
