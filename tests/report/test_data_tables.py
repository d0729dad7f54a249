from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from pytest import fixture

from automtl.data.dataset import MultiTaskData
from automtl.data.findings.describe import data_report
from automtl.report.data_tables import (
    MAX_ALIKE,
    MAX_CLASSES,
    MAX_HEAT,
    MAX_INPUTS,
    apart,
    heat_pictures,
    input_table,
    on_data,
    pair_table,
    suspicions,
    target_table,
)


@fixture(scope="module")
def report(penguins: MultiTaskData) -> Mapping[str, Any]:
    return data_report(penguins)


def many(size: int) -> dict[str, Any]:
    """How ``size`` columns go together, the more the closer they are."""
    matrix = [[1 / (1 + abs(i - j)) for j in range(size)] for i in range(size)]
    names = [f"c{number}" for number in range(size)]
    return {"labels": names, "association": matrix, "rows": [[9] * size] * size}


def test_each_target_and_input_has_a_row(report: Mapping[str, Any]) -> None:
    targets = target_table(report)
    assert [row[0].text for row in targets.rows] == [task["name"] for task in report["tasks"]]
    assert all(len(row) == len(targets.head) for row in targets.rows)
    assert "Adelie: " in targets.rows[0][-1].text
    assert "mean " in targets.rows[-1][-1].text
    inputs = input_table(report)
    assert [row[0].text for row in inputs.rows] == [one["name"] for one in report["inputs"]]


def test_many_inputs_are_counted_by_kind(report: Mapping[str, Any]) -> None:
    wide = [{"name": str(n), "kind": "numeric", "missing": n % 2} for n in range(MAX_INPUTS + 1)]
    (row,) = input_table({**report, "inputs": wide}).rows
    assert [cell.text for cell in row[:3]] == ["numeric", "61", "30"]


def test_what_goes_together_is_drawn_and_the_strongest_listed(report: Mapping[str, Any]) -> None:
    (picture,) = heat_pictures(report)
    assert ElementTree.fromstring(picture.svg).get("role") == "img"
    rows = pair_table(report).rows
    strengths = [abs(float(row[2].text)) for row in rows]
    assert strengths == sorted(strengths, reverse=True)
    assert apart(report) == ""


def test_of_many_columns_those_that_go_together_most_are_drawn() -> None:
    (picture,) = heat_pictures({"relations": many(MAX_HEAT + 20)})
    assert picture.title.endswith(f"the {MAX_HEAT} of {MAX_HEAT + 20} that do most")
    assert picture.svg.count("<rect") == MAX_HEAT * (MAX_HEAT - 1) / 2


def test_tasks_that_share_no_row_are_told_and_not_drawn() -> None:
    relations = many(3) | {"association": [[None] * 3] * 3}
    assert heat_pictures({"relations": relations}) == []
    assert "unknown" in apart({"relations": relations})
    assert apart({"relations": many(1)}) == ""


def test_suspicions_are_counted_and_the_first_of_each_kind_told() -> None:
    one = [{"kind": "leak", "columns": [], "text": f"leak {n}"} for n in range(MAX_ALIKE + 3)]
    other = [{"kind": "identifier", "columns": [], "text": "id"}]
    found = {"suspicions": [*one, *other]}
    lines = suspicions(found)
    assert len(lines) == MAX_ALIKE + 2
    assert lines[-1] == "3 more of the same kind (leak)."
    assert "leak (11) and identifier" in on_data(found)
    assert "Nothing" in on_data({"suspicions": []})


def test_of_many_classes_the_most_frequent_are_told(report: Mapping[str, Any]) -> None:
    task = report["tasks"][0]
    counts = {f"k{number}": number for number in range(MAX_CLASSES + 5)}
    label = task["labels"][0] | {"counts": counts}
    (row,) = target_table({**report, "tasks": [{**task, "labels": [label]}]}).rows
    assert row[-1].text.startswith(f"k{MAX_CLASSES + 4}: {MAX_CLASSES + 4}, ")
    assert row[-1].text.endswith(" and 5 more classes")
