"""Square cells between names: the frame of matrices."""

from collections.abc import Sequence

from automtl.report.pictures.frame import tooltip
from automtl.report.svg import WIDTH, element, label, n_columns, shorten, words

LETTERS = 16  # of a name
LETTER = 8.6  # pixels of a letter
LEVELS = 5  # steps of colour
TEXT = 30  # pixels of a cell, from which on its number is written into it


class Cells:
    """
    A square of cells, with names at the left, and above it.

    :param names: Of the rows and of the columns.
    :param sides: Of a cell, in pixels: the least and the most.
    """

    def __init__(self, names: Sequence[str], sides: tuple[float, float] = (12, 52)) -> None:
        self._names = [shorten(name, LETTERS) for name in names]
        room = LETTER * max(map(n_columns, self._names))
        self.left = max(room + 10, 24)
        self.side = max(sides[0], min(sides[1], (WIDTH - 8 - self.left) / len(names)))
        self._turned = room > self.side
        self.top = 24 + (room + 8 if self._turned else 16)

    @property
    def width(self) -> float:
        """Of the whole picture."""
        return max(self.left + self.side * len(self._names) + 8, WIDTH)

    @property
    def height(self) -> float:
        """Of the whole picture."""
        return self.top + self.side * len(self._names) + 8

    def names(self) -> str:
        """The names at both sides."""
        body = []
        for at, name in enumerate(self._names):
            middle = self.side * (at + 0.5)
            body.append(label(name, self.left - 6, self.top + middle + 4, "name", "end"))
            body.append(self._head(name, self.left + middle))
        return "".join(body)

    def cell(
        self, row: int, column: int, style: str, told: str, text: str = "", size: float = 1.0
    ) -> str:
        """
        A cell with a tooltip.

        :param text: Written into it, if there is room.
        :param size: The share of its side that is filled, about its middle.
        """
        x, y, side = self._corner(row, column, size)
        square = element("rect", tooltip(told), x=x, y=y, width=side, height=side, class_=style)
        if side < TEXT or not text or n_columns(text) * LETTER > side:
            return square
        on = "on" if style.endswith(str(LEVELS)) else ""
        return square + label(text, x + side / 2, y + side / 2 + 5, on, "middle")

    def square(self, row: int, column: int, size: float) -> str:
        """The same as part of a path."""
        x, y, side = self._corner(row, column, size)
        return f"M{x:.0f} {y:.0f}h{side:.0f}v{side:.0f}h-{side:.0f}z"

    def outline(self) -> str:
        """The path of a square around all cells."""
        size = self.side * len(self._names)
        corner = f"M{self.left - 1:.1f} {self.top - 1:.1f}"
        return f"{corner}h{size + 1:.1f}v{size + 1:.1f}h{-size - 1:.1f}z"

    def _corner(self, row: int, column: int, size: float) -> tuple[float, float, float]:
        """Where a cell begins, and its side."""
        side = size * (self.side - 1)
        lost = (self.side - 1 - side) / 2
        return self.left + self.side * column + lost, self.top + self.side * row + lost, side

    def _head(self, name: str, x: float) -> str:
        y = self.top - 6
        if not self._turned:
            return label(name, x, y, "name", "middle")
        turn = f"rotate(-90 {x + 4:.1f} {y:.1f})"
        return element("text", words(name), x=x + 4, y=y, class_="name", transform=turn)


def level(share: float) -> int:
    """
    The step of colour of a share, from 1 to 5.

    >>> level(0.0), level(0.5), level(1.0)
    (1, 3, 5)
    """
    return min(LEVELS, int(share * LEVELS) + 1)
