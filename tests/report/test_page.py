import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from pytest import fixture, mark

from automtl.report.page import Page, page_html, sha256
from automtl.report.parts import Code, Folded, Heading, Items, Pictures, Section, Text
from automtl.report.pictures.picture import Picture
from automtl.report.tables import Cell, Table

HOSTILE = "<script>alert(1)</script>"


@fixture
def everything() -> Page:
    """A page that has all there is, all of it hostile."""
    table = Table(HOSTILE, [HOSTILE], [[Cell(HOSTILE, link="https://x")], [Cell(HOSTILE, "long")]])
    picture = Picture(HOSTILE, "<svg><title>x</title></svg>", HOSTILE, HOSTILE)
    parts = [
        Text(HOSTILE, "note"),
        Heading(HOSTILE),
        Items([HOSTILE, HOSTILE]),
        Code(HOSTILE),
        table,
        Pictures([picture]),
        Pictures([picture], wide=True),
        Folded(HOSTILE, [Text(HOSTILE), table], key=HOSTILE),
    ]
    return Page(
        HOSTILE, HOSTILE, HOSTILE, [Section("one", HOSTILE, HOSTILE, parts)],
        facts=[(HOSTILE, HOSTILE)], notice=HOSTILE, reload=20,
    )  # fmt: skip


def test_whatever_a_page_says_is_text(everything: Page, parsed: Callable[[str], Any]) -> None:
    text = page_html(everything)
    page = parsed(text)
    assert HOSTILE not in text
    assert page.tags.count("script") == 1
    assert page.text.count(HOSTILE) > 20
    assert page.tags.count("svg") == 2


def test_only_its_own_script_may_run(everything: Page) -> None:
    text = page_html(everything)
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)[0]
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)[0]
    assert "default-src 'none'" in policy
    assert f"script-src '{sha256(script)}'" in policy
    assert policy.count("unsafe-inline") == 1
    assert "style-src 'unsafe-inline'" in policy


def test_headings_and_tables_are_in_order(everything: Page, parsed: Callable[[str], Any]) -> None:
    page = parsed(page_html(everything))
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))
    scopes = [value for tag, name, value in page.attributes if (tag, name) == ("th", "scope")]
    assert len(scopes) == page.tags.count("th")
    assert page.tags.count("caption") == page.tags.count("table")
    assert ("html", "lang", "en") in page.attributes


def test_links_of_the_contents_lead_to_sections(parsed: Callable[[str], Any]) -> None:
    sections = [Section(name, name, "") for name in ("one", "two")]
    page = parsed(page_html(Page("t", "l", "f", sections)))
    links = [value for tag, name, value in page.attributes if (tag, name) == ("a", "href")]
    ids = {value for tag, name, value in page.attributes if (tag, name) == ("section", "id")}
    assert links == ["#one", "#two"]
    assert ids == {"one", "two"}


@mark.parametrize("reload", [0, 20])
def test_only_a_page_that_changes_loads_itself_again(reload: int) -> None:
    text = page_html(Page("t", "l", "f", [], reload=reload))
    assert (f'http-equiv="refresh" content="{reload}"' in text) == bool(reload)


def luminance(colour: str) -> float:
    """Of WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    digits = "".join(2 * digit for digit in colour) if len(colour) == 3 else colour
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(w * s for w, s in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_can_be_read_in_light_and_in_dark(everything: Page) -> None:
    blocks = page_html(everything).split("prefers-color-scheme: dark")
    themes = [dict(re.findall(r"--(\w+): #(\w+);", block.split("/*")[0])) for block in blocks]
    assert len(themes) == 2
    for theme in themes:
        for colour in ("text", "quiet", "better", "worse", "unsure", "link"):
            assert contrast(theme[colour], theme["page"]) >= 4.5, colour
        panels = {"panel", "shared", "notice"} | {
            f"{way}{n}" for way in ("helps", "hurts") for n in (1, 2, 3)
        }
        assert all(contrast(theme["text"], theme[panel]) >= 4.5 for panel in panels)
        assert contrast(theme["quiet"], theme["panel"]) >= 4.5
