"""How the losses of a network fell."""

from collections.abc import Mapping, Sequence
from typing import Any

from automtl.report.pictures.picture import Picture
from automtl.report.svg import Line, line_chart

POINTS = 300  # of a line
BUDGET = 6000  # points of all lines together


def curve_pictures(curves: Sequence[Mapping[str, Any]]) -> list[Picture]:
    """
    The training and validation losses of each task over epochs.

    :param curves: One for each independent part, as `PartFiles.curves` gives them.
    """
    n_tasks = sum(len(curve["tasks"]) for curve in curves)
    most = min(POINTS, max(20, BUDGET // (2 * max(n_tasks, 1))))
    return [
        _picture(curve, task, column, most)
        for curve in curves
        for column, task in enumerate(curve["tasks"])
    ]


def _picture(curve: Mapping[str, Any], task: str, column: int, most: int) -> Picture:
    train, validation = ([row[column] for row in curve[part]] for part in ("train", "validation"))
    kept, title = curve["best"], f"Losses of {task}"
    if kept < 0:  # the weights before training
        spoken = f"{len(train)} epochs, none of which was kept"
    else:
        spoken = (
            f"{len(train)} epochs; the kept one, {kept + 1}, has a training loss of "
            f"{train[kept]:.4g} and a validation loss of {validation[kept]:.4g}"
        )
    lines = [Line(train, "train"), Line(validation, "validation")]
    svg = line_chart(lines, max(kept, 0), title, spoken, most)
    return Picture(title, svg, _conclusion(validation, kept), spoken)


def _conclusion(validation: Sequence[float], kept: int) -> str:
    """Where this task was best, and what it lost as one epoch was kept for all tasks of a part."""
    if kept < 0:
        return "No epoch was better than the weights before training."
    best = min(range(len(validation)), key=validation.__getitem__)
    first, here, least = validation[0], validation[kept], validation[best]
    fell = f"The validation loss went from {first:.3g} to {here:.3g} in epoch {kept + 1}"
    if kept == 0:
        fell = f"The validation loss is {here:.3g} in epoch 1"
    if best == kept or least <= 0 or here <= 1.02 * least:
        return f"{fell} of {len(validation)}, which was kept."
    word = "earlier" if best < kept else "later"
    return (
        f"{fell} of {len(validation)}, which was kept for all tasks of this part; alone, this task "
        f"would have stopped {word}, in epoch {best + 1}, at {least:.3g}."
    )
