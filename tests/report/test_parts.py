from collections.abc import Callable
from typing import Any, get_args

from pytest import mark

from automtl.report.page import Page, page_html
from automtl.report.parts import Code, Folded, Heading, Items, Part, Pictures, Section, Text
from automtl.report.pictures.picture import Picture
from automtl.report.tables import Cell, Table

WORDS = "said once"
EVERY: list[Part] = [
    Text(WORDS),
    Heading(WORDS),
    Items([WORDS]),
    Code(WORDS),
    Pictures([Picture(WORDS, "<svg></svg>", "", "")]),
    Folded("more", [Text(WORDS)]),
    Table("numbers", ["one"], [[Cell(WORDS)]]),
]


def shown(part: Part, parsed: Callable[[str], Any]) -> Any:
    return parsed(page_html(Page("t", "l", "f", [Section("one", "One", "finding", [part])])))


def test_every_part_has_a_form_of_its_own() -> None:
    assert {type(part) for part in EVERY} == set(get_args(Part))
    assert len({part.form for part in EVERY}) == len(EVERY)


@mark.parametrize("part", EVERY, ids=lambda part: part.form)
def test_the_page_knows_every_form(part: Part, parsed: Callable[[str], Any]) -> None:
    assert shown(part, parsed).text.count(WORDS) == 1


@mark.parametrize("part", EVERY, ids=lambda part: part.form)
def test_whatever_is_folded_is_shown_as_well(part: Part, parsed: Callable[[str], Any]) -> None:
    folded = Folded("outer", [Folded("inner", [part])])
    assert shown(folded, parsed).text.count(WORDS) == 1


@mark.parametrize("unfolded", [False, True])
@mark.parametrize("key", ["", "a task"])
def test_what_is_folded_is_closed_and_not_searched_for_unless_it_is_said(
    unfolded: bool, key: str, parsed: Callable[[str], Any]
) -> None:
    page = shown(Folded("more", [], unfolded, key), parsed)
    found = {name: value for tag, name, value in page.attributes if tag == "details"}
    assert ("open" in found) == unfolded
    assert found.get("data-key", "") == key


@mark.parametrize("style", ["", "finding", "note"])
def test_a_paragraph_has_its_style_or_none(style: str, parsed: Callable[[str], Any]) -> None:
    page = shown(Text(WORDS, style), parsed)
    styles = [value for tag, name, value in page.attributes if (tag, name) == ("p", "class")]
    assert ("note" in styles) == (style == "note")
    assert None not in styles
    assert "" not in styles


def test_a_section_may_have_nothing_but_a_finding(parsed: Callable[[str], Any]) -> None:
    section = Section("one", "One", WORDS)
    assert list(section.parts) == []
    assert parsed(page_html(Page("t", "l", "f", [section]))).text.count(WORDS) == 1


def test_wide_pictures_are_in_a_frame_to_scroll_in(parsed: Callable[[str], Any]) -> None:
    picture = Picture(WORDS, "<svg></svg>", "", "")
    for wide in (False, True):
        page = shown(Pictures([picture], wide), parsed)
        assert (("div", "class", "scroll") in page.attributes) == wide
