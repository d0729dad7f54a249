from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pytest import MonkeyPatch

from automtl.report.columns import ColumnSummary
from automtl.report.found import Found
from automtl.report.parts import Folded, Part, Pictures, Text
from automtl.report.sections import tasks
from automtl.report.sections.tasks import FEW, section
from automtl.report.tables import Table
from automtl.search.entry import Estimate

Maker = Callable[..., Found]
CLASSES = {"ordered": False, "classes": ["x", "y"], "folded": 0, "counts": [[8, 1], [2, 9]],
           "right": 17}  # fmt: skip
EVIDENCE: dict[str, Any] = {"kind": "binary", "rows": 20, "confusion": CLASSES}


def folded(found: Found) -> dict[str, Folded]:
    return {
        part.key: part for part in section(found).parts if isinstance(part, Folded) and part.key
    }


def inside(part: Folded) -> list[Part]:
    return [deeper for one in part.parts
            for deeper in ([one, *one.parts] if isinstance(one, Folded) else [one])]  # fmt: skip


def test_few_tasks_are_open_and_many_can_be_searched(found: Maker) -> None:
    names = [f"t{n}" for n in range(FEW + 1)]
    assert all(part.open for part in folded(found(names[:FEW])).values())
    assert not [part for part in folded(found(names)).values() if part.open]
    assert list(folded(found(names))) == names


def test_a_task_has_its_pictures_metrics_and_columns(found: Maker) -> None:
    made = found(["tags"])
    assert made.summary is not None
    column = ColumnSummary("rare", (60, 20, 20), (2, 1, 0), 0.25, {"macro_f1": float("nan")})
    task = replace(made.summary.tasks[0], kind="multilabel", columns=(column,), loss="asymmetric")
    shown = folded(found(["tags"], {"tasks": (task,)}, evidence={"tags": EVIDENCE}))["tags"]
    captions = [part.caption for part in inside(shown) if isinstance(part, Table)]
    assert captions == ["All metrics of tags on test",
                        "The 1 labels of tags, with metrics of their own on test"]  # fmt: skip
    assert [len(part.pictures) for part in shown.parts if isinstance(part, Pictures)] == [1]


def test_without_evidence_there_are_numbers_only(found: Maker) -> None:
    made = found()
    assert not [part for one in folded(made).values() for part in inside(one)
                if isinstance(part, Pictures)]  # fmt: skip
    notes = [part.text for part in section(made).parts if isinstance(part, Text)]
    assert any("no evidence.json" in note for note in notes)


def test_where_room_is_short_the_lowest_gains_have_pictures(
    found: Maker, monkeypatch: MonkeyPatch
) -> None:
    made = found(["a", "b", "c"], evidence=dict.fromkeys("abc", EVIDENCE))
    assert made.summary is not None
    gains = [0.1, -0.1, float("nan")]
    changed = tuple(
        replace(task, test_gain=Estimate(gain, None))
        for task, gain in zip(made.summary.tasks, gains, strict=True)
    )
    made = replace(made, summary=replace(made.summary, tasks=changed))
    (picture,) = tasks.task_pictures(EVIDENCE)
    monkeypatch.setattr(tasks, "MAX_LETTERS", len(picture.svg))
    shown = [
        key for key, one in folded(made).items() if any(isinstance(p, Pictures) for p in one.parts)
    ]
    assert shown == ["b"]
    assert section(made).parts[-1].text.startswith("To keep this page small, 2 tasks")  # type: ignore[union-attr]
