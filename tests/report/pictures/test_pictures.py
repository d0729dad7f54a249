"""What holds of all pictures of tasks."""

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import mark

from automtl.report.pictures import Picture, style, task_pictures

SVG = "{http://www.w3.org/2000/svg}"
FORMS = ["classes", "levels", "labels", "values", "columns", "counts", "queries"]
SEEDS = st.integers(0, 2**32 - 1)
Evidence = Callable[..., dict[str, Any]]


def sound(picture: Picture) -> ElementTree.Element:
    """Checks what holds of any picture."""
    svg = ElementTree.fromstring(picture.svg)
    assert [child.tag for child in svg[:2]] == [f"{SVG}title", f"{SVG}desc"]
    assert (svg[0].text, svg[1].text) == (picture.title, picture.spoken)
    assert not list(svg.iter(f"{SVG}script"))
    assert picture.sentence.endswith(".")
    assert not re.search(r"\bnan\b|\binf\b|None", picture.svg + picture.sentence)
    return svg


@settings(max_examples=60, deadline=None)
@given(form=st.sampled_from(FORMS), n_rows=st.integers(1, 12), seed=SEEDS, size=st.integers(2, 20))
def test_any_evidence_can_be_drawn(
    form: str, n_rows: int, seed: int, size: int, evidence: Evidence
) -> None:
    for picture in task_pictures(evidence(form, n_rows, seed, size)):
        sound(picture)


@mark.parametrize(
    ("form", "titles"),
    [
        (
            "classes",
            ["Who is taken for whom", "ROC curves", "Precision and recall", "Calibration"],
        ),
        ("levels", ["Who is taken for whom", "ROC curves", "Precision and recall", "Calibration"]),
        (
            "labels",
            [
                "Decisions on each label",
                "ROC curves",
                "Precision and recall",
                "Calibration",
                "Which labels come together",
            ],
        ),
        ("values", ["Predicted against true", "Residuals"]),
        ("counts", ["Predicted against true", "Residuals", "Predicted and observed means"]),
        ("queries", ["NDCG of the first places"]),
    ],
)
def test_each_form_has_its_pictures(form: str, titles: list[str], evidence: Evidence) -> None:
    assert [picture.title for picture in task_pictures(evidence(form))] == titles


def test_several_columns_are_compared_and_the_worst_are_drawn(evidence: Evidence) -> None:
    first, *others = task_pictures(evidence("columns"))
    assert first.title == "How far off, column by column"
    assert len(others) == 4


def test_a_name_that_is_markup_stays_text(evidence: Evidence) -> None:
    for form in ("classes", "labels", "columns"):
        markup = "".join(picture.svg for picture in task_pictures(evidence(form)))
        assert "&lt;script&gt;" in markup
        assert "<script" not in markup


def test_without_evidence_nothing_is_drawn() -> None:
    assert task_pictures({"kind": "unheard of", "rows": 10}) == []


def test_pictures_of_many_tasks_fit_into_one_page(evidence: Evidence) -> None:
    for form in FORMS:
        assert sum(len(picture.svg) for picture in task_pictures(evidence(form))) < 60_000


def test_colours_are_those_of_the_page() -> None:
    used = set(re.findall(r"var\((--[a-z]+)", style()))
    assert used <= {
        "--page", "--text", "--quiet", "--rule", "--edge", "--better", "--worse", "--unsure",
        "--up", "--down", "--guard",
    }  # fmt: skip
    assert style().count("{") == style().count("}")
