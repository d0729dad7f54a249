from collections.abc import Callable

from automtl.report.found import Found
from automtl.report.parts import Folded, Pictures, Text
from automtl.report.sections.training import MANY, section
from automtl.report.summary import Member

Maker = Callable[..., Found]


def curve(tasks: list[str]) -> dict[str, object]:
    losses = [[1.0 / (epoch + 1)] * len(tasks) for epoch in range(5)]
    return {"tasks": tasks, "train": losses, "validation": losses, "best": 3}


def test_each_task_has_its_curves(found: Maker) -> None:
    said = section(found(curves=[curve(["a"]), curve(["b"])]))
    (pictures,) = [part for part in said.parts if isinstance(part, Pictures)]
    assert [one.title for one in pictures.pictures] == ["Losses of a", "Losses of b"]


def test_many_curves_are_folded(found: Maker) -> None:
    tasks = [f"t{n}" for n in range(MANY + 1)]
    parts = section(found(tasks, curves=[curve(tasks)])).parts
    assert isinstance(parts[-1], Folded)


def test_of_an_ensemble_the_first_network_is_shown(found: Maker) -> None:
    members = (Member("d", 0, "g", "d-0-bag0of2", (0, 2)), Member("d", 1, "g", "k", (1, 2)))
    said = section(found(but={"members": members}, curves=[curve(["a", "b"])]))
    texts = [part.text for part in said.parts if isinstance(part, Text)]
    assert any("the first of 2 in the file" in text for text in texts)


def test_without_curves_a_sentence_says_so(found: Maker) -> None:
    assert section(found()).finding == "No curves of the exported network were kept."
