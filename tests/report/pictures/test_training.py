from typing import Any
from xml.etree import ElementTree

from automtl.report.pictures.training import curve_pictures


def curve(validation: list[float], best: int, tasks: int = 1) -> dict[str, Any]:
    rows = [[value] * tasks for value in validation]
    names = [f"task {at}" for at in range(tasks)]
    return {"tasks": names, "train": rows, "validation": rows, "best": best}


def test_a_picture_a_task_that_says_when_it_was_best() -> None:
    first, second = curve_pictures([curve([3.0, 1.0, 2.0], 1), curve([3.0, 2.0, 1.0], 1)])
    assert first.sentence == (
        "The validation loss went from 3 to 1 in epoch 2 of 3, which was kept."
    )
    assert "would have stopped later, in epoch 3, at 1" in second.sentence
    (before,) = curve_pictures([curve([3.0, 4.0], -1)])
    assert before.sentence == "No epoch was better than the weights before training."
    assert "-1" not in before.spoken


def test_curves_of_many_tasks_are_thinned() -> None:
    losses = [1 / (1 + step) for step in range(2000)]
    pictures = curve_pictures([curve(losses, 1999, tasks=100)])
    assert len(pictures) == 100
    assert sum(len(picture.svg) for picture in pictures) < 300_000
    for picture in pictures[:3]:
        ElementTree.fromstring(picture.svg)
