from collections.abc import Callable
from dataclasses import replace

from automtl.core.objective import FLOOR
from automtl.report.found import Found
from automtl.report.parts import Pictures, Section, Text
from automtl.report.sections.gain import section
from automtl.report.summary import Summary
from automtl.report.tables import Table
from automtl.search.entry import Estimate

Maker = Callable[..., Found]


def pictures(found: Section) -> list[str]:
    return [
        one.title for part in found.parts if isinstance(part, Pictures) for one in part.pictures
    ]


def test_the_table_has_each_task_with_its_gain(found: Maker) -> None:
    said = section(found(["a", "b"]))
    (table,) = [part for part in said.parts if isinstance(part, Table)]
    assert [row[0].text for row in table.rows] == ["a", "b"]
    assert all(row[6].text == "+3.1 ± 1.0 %" and "better" in row[6].style for row in table.rows)
    assert pictures(said) == ["Gain on test of each task, with 95 % intervals"]


def test_a_single_task_winner_shows_what_was_not_exported(
    summary: Callable[..., Summary], found: Maker
) -> None:
    made = summary(anchors=("single-task", "", "all-shared"))
    said = section(replace(found(), summary=made))
    assert "shares nothing" in said.finding
    assert pictures(said) == ["Gain on validation of each task, with 95 % intervals"]
    alone = summary(anchors=("single-task", "all-shared"))
    assert pictures(section(replace(found(), summary=alone))) == []


def test_undefined_gains_are_told_and_not_drawn(
    summary: Callable[..., Summary], found: Maker
) -> None:
    made = summary(gain=Estimate(float("nan"), None))
    said = section(replace(found(), summary=made))
    assert pictures(said) == []
    (table,) = [part for part in said.parts if isinstance(part, Table)]
    assert table.rows[0][6].text == "undefined"


def test_a_nearly_perfect_anchor_is_owned_up_to(found: Maker) -> None:
    notes = [part.text for part in section(found(but={"floored": ("b",)})).parts
             if isinstance(part, Text)]  # fmt: skip
    assert any(f"nearly perfect for b: gains there are relative to {100 * FLOOR:g} %" in note
               for note in notes)  # fmt: skip


def test_before_the_end_nothing_is_claimed(found: Maker) -> None:
    said = section(replace(found(), summary=None))
    assert said.finding.startswith("Not known yet")
    assert said.parts == []
