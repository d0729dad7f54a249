"""A frame with two axes, which charts are drawn into."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from automtl.report.svg import WIDTH, element, label, short, ticks, words

SQUARE = 236  # where the frame of a chart ends that is as high as wide


@dataclass(frozen=True)
class Frame:
    """
    What maps numbers to pixels.

    :param x: The numbers at the left and at the right end; they differ.
    :param y: Those at the lower and at the upper end.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    left: float = 46
    right: float = WIDTH - 14
    top: float = 26
    bottom: float = SQUARE

    def across(self, value: float) -> float:
        """Where a number lies, in pixels from the left."""
        return self.left + (self.right - self.left) * (value - self.x[0]) / (self.x[1] - self.x[0])

    def down(self, value: float) -> float:
        """Where a number lies, in pixels from the top."""
        return self.bottom - (self.bottom - self.top) * (value - self.y[0]) / (
            self.y[1] - self.y[0]
        )

    def axes(self, names: tuple[str, str], factors: tuple[float, float] = (1, 1)) -> str:
        """
        Both axes, with a grid.

        :param names: What the horizontal and the vertical axis show.
        :param factors: What the numbers at the ticks are multiplied by: 100 for percent.
        """
        body = [label(names[1], 4, 14, "axis")]
        for tick in ticks(*self.y, 5):
            y = self.down(tick)
            body.append(element("line", x1=self.left, x2=self.right, y1=y, y2=y, class_="grid"))
            body.append(label(short(factors[1] * tick), self.left - 6, y + 4, "tick", "end"))
        for tick in ticks(*self.x, 5):
            said = short(factors[0] * tick)
            body.append(label(said, self.across(tick), self.bottom + 17, "tick", "middle"))
        middle = (self.left + self.right) / 2
        return "".join([*body, label(names[0], middle, self.bottom + 36, "axis", "middle")])

    def line(self, x: Sequence[float], y: Sequence[float], style: str, told: str = "") -> str:
        """A line through points, with a tooltip."""
        points = " ".join(
            f"{self.across(a):.1f},{self.down(b):.1f}" for a, b in zip(x, y, strict=True)
        )
        return element("polyline", tooltip(told), points=points, class_=style)

    def diagonal(self) -> str:
        """A dashed line through all points whose numbers are equal."""
        low, high = max(self.x[0], self.y[0]), min(self.x[1], self.y[1])
        return self.line((low, high), (low, high), "guide")

    def dots(self, x: Sequence[float], y: Sequence[float], style: str) -> str:
        """
        Many points as one path, whose round caps are the points: ten letters a point in the file.
        """
        places = zip(x, y, strict=True)
        drawn = "".join(f"M{self.across(a):.1f} {self.down(b):.1f}h0" for a, b in places)
        return element("path", d=drawn, class_=f"dots {style}")

    @property
    def height(self) -> float:
        """Of a chart with this frame, in pixels."""
        return self.bottom + 44


def tooltip(text: str) -> str:
    """What is said where the mouse rests; nothing of nothing."""
    return element("title", words(text)) if text else ""


def ends(*values: Iterable[float], zero: bool = False) -> tuple[float, float]:
    """The ends of an axis that holds all ``values``, and zero if that is asked for."""
    all_values = [value for some in values for value in some] + [0.0] * zero
    low, high = min(all_values), max(all_values)
    margin = 0.04 * (high - low) or 0.05 * abs(high) or 0.5
    return (low if zero and low == 0 else low - margin), high + margin
