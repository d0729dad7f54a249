"""How much of the evidence is kept, so that it stays small for many tasks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automtl.core.task import Floats
from automtl.report.svg import shorten

FULL = 12  # tasks, up to which nothing is spared
LETTERS = 40  # of a name


@dataclass(frozen=True)
class Detail:
    """
    The most of everything, of one task.

    :param points: Of a curve.
    :param spots: Of rows, predicted against true.
    :param classes: In a confusion matrix; the rarest are folded into one.
    :param curves: Classes or labels with a curve of their own.
    :param columns: Labels or columns of values with numbers of their own.
    """

    points: int = 100
    spots: int = 300
    classes: int = 15
    curves: int = 8
    columns: int = 20

    @classmethod
    def of(cls, n_tasks: int) -> "Detail":
        """
        Less for each task, the more tasks there are.

        >>> Detail.of(3).points, Detail.of(100).points
        (100, 12)
        """
        share = min(1.0, FULL / max(n_tasks, 1))
        return cls(
            points=max(12, int(100 * share)),
            spots=max(40, int(300 * share)),
            classes=max(6, int(15 * share)),
            curves=max(3, int(8 * share)),
            columns=max(6, int(20 * share)),
        )


def numbers(values: Floats | Sequence[float]) -> list[float | None]:
    """
    Numbers of four digits as JSON data, None where they are not defined.

    >>> numbers([0.123456, 3e7 / 7, float("nan")])
    [0.1235, 4286000.0, None]
    """
    return [number(value) for value in values]


def number(value: float) -> float | None:
    """One of `numbers`."""
    return float(f"{value:.4g}") if np.isfinite(value) else None


def short(name: str) -> str:
    """A name of bounded length."""
    return shorten(name, LETTERS)


def evenly(n: int, most: int) -> NDArray[np.int64]:
    """
    At most so many places out of ``n``, evenly spaced, the ends included.

    >>> evenly(9, 3).tolist(), evenly(2, 3).tolist()
    ([0, 4, 8], [0, 1])
    """
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64))
