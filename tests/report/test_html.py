import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from automtl.core.affinity import Affinity
from automtl.core.graph import TaskGraph
from automtl.report.found import Found, read_folder
from automtl.report.html import RELOAD, report_html, write_report
from automtl.report.leaderboard import percent
from automtl.report.sections import cost, helping
from automtl.report.summary import Summary
from automtl.run import RunFolder
from automtl.search.entry import Estimate

Maker = Callable[..., Found]
HOSTILE = "<script>alert(1)</script>"


def affinity(tasks: list[str]) -> Affinity:
    n = len(tasks)
    mean = tuple(tuple(0.0 if i == j else (i - j) / n for j in range(n)) for i in range(n))
    return Affinity(tuple(tasks), (mean, mean), (((0.1,) * n,) * n,) * 2, "cosine")


def curve(tasks: list[str], epochs: int = 5) -> dict[str, object]:
    losses = [[1.0 / (epoch + 1)] * len(tasks) for epoch in range(epochs)]
    return {"tasks": tasks, "train": losses, "validation": losses, "best": epochs - 2}


def evidence(names: list[str]) -> dict[str, Any]:
    counts = [[20, 2, 1], [3, 30, 2], [0, 1, 9]]
    classes = {"ordered": False, "classes": names, "folded": 0, "counts": counts, "right": 59}
    return {"kind": "multiclass", "rows": 68, "confusion": classes}


def test_a_real_run_is_reported(finished: Summary, parsed: Callable[[str], Any]) -> None:
    run = RunFolder.open(finished.folder)
    text = report_html(read_folder(run))
    assert (finished.folder / "report.html").read_text(encoding="utf-8") == text
    page = parsed(text)
    for task in finished.tasks:
        assert f"{task.test[task.metric]:.4g}" in page.text
        assert f"{task.anchor_test[task.metric]:.4g}" in page.text
        assert percent(task.test_gain) in page.text
        assert f"Losses of {task.name}" in page.text
    for row in finished.rows:
        assert row.digest in page.text
        assert percent(row.mean) in page.text
    assert finished.data_digest in page.text
    assert all(note in page.text for note in finished.notes)
    assert str(finished.folder / "config.yaml") in page.text
    assert all(citation in page.text for citation in dict(finished.stands_on).values())
    assert " weights" in page.text
    assert "Trainings over what they cost" in page.text
    assert 'http-equiv="refresh"' not in text


def test_it_needs_nothing_but_the_folder(finished: Summary, tmp_path: Path) -> None:
    """The data are gone, the folder has moved, and nothing is trained."""
    for file in [*finished.folder.glob("*.json"), finished.folder / "trials.jsonl"]:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = (finished.folder / "config.yaml").read_text()
    gone = re.sub("^data: .*$", "data: gone.csv", config, flags=re.MULTILINE)
    (tmp_path / "config.yaml").write_text(gone)
    found = write_report(RunFolder.open(tmp_path))
    assert found.folder == tmp_path
    assert not found.curves
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert str(tmp_path / "config.yaml") in text
    assert "No curves of the exported network were kept." in text


def test_while_the_search_goes_on_the_best_so_far_is_shown(
    finished: Summary, parsed: Callable[[str], Any]
) -> None:
    text = report_html(read_folder(RunFolder.open(finished.folder), running=True))
    page = parsed(text)
    assert f'<meta http-equiv="refresh" content="{RELOAD}">' in text
    assert "The search goes on: 12 trainings so far." in page.text
    assert "Not known yet" in page.text
    assert finished.rows[0].digest in page.text
    for task in finished.tasks:
        assert f"{task.test[task.metric]:.4g} " not in page.text  # nothing is tested yet
    assert all(word not in page.text for word in ("exported model", "Exported"))


def test_an_interrupted_search_says_how_to_go_on(found: Maker) -> None:
    bare = Found(Path("/runs/x"))
    assert "no model yet: the search ended after 0 trainings" in report_html(bare)
    assert "automtl search --resume /runs/x" in report_html(bare)
    assert "--resume" not in report_html(found())


def test_a_search_that_has_only_begun_has_a_page(
    finished: Summary, parsed: Callable[[str], Any], tmp_path: Path
) -> None:
    earlier = RunFolder.open(finished.folder)
    about = earlier.about
    run = RunFolder.create(
        tmp_path / "new",
        earlier.config.read_text(),
        {"digest": "d", "report": about.report(), "constants": about.constants()},
    )
    page = parsed(report_html(read_folder(run, running=True)))
    assert "0 trainings so far" in page.text
    assert "No training has ended yet." in page.text
    assert "344 rows" in page.text


def test_nothing_is_loaded_and_one_script_runs(found: Maker, parsed: Callable[[str], Any]) -> None:
    text = report_html(found())
    page = parsed(text)
    assert page.tags.count("script") == 1
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    names = {name for _, name, _ in page.attributes}
    assert not names & {"src", "srcset", "data", "action", "xlink:href", "style"}
    assert not [name for name in names if name.startswith("on")]
    assert {tag for tag, name, _ in page.attributes if name == "href"} == {"a"}
    assert "url(" not in text
    assert "@import" not in text


def test_hostile_names_stay_text(found: Maker, parsed: Callable[[str], Any]) -> None:
    tasks = [HOSTILE, '"><b onclick=x>', "a & b"]
    made = found(
        tasks,
        {"notes": (HOSTILE,), "stands_on": ((HOSTILE, "https://x"),)},
        affinity=affinity(tasks),
        posterior=affinity(tasks),
        curves=[curve(tasks)],
        evidence={task: evidence([HOSTILE, "b", "c"]) for task in tasks},
        config=HOSTILE,
    )
    text = report_html(made)
    page = parsed(text)
    assert page.tags.count("script") == 1
    assert "b" not in page.tags
    assert HOSTILE not in text
    assert all(page.text.count(task) > 5 for task in tasks)


def test_pictures_are_well_formed_and_described(found: Maker) -> None:
    tasks = ["a", "b"]
    kept = {"affinity": affinity(tasks), "curves": [curve(tasks)]}
    text = report_html(found(tasks, evidence={"a": evidence(["x", "y", "z"])}, **kept))
    pictures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(pictures) == 1 + 1 + 2 + 2 + 1  # gains, graph, affinities, curves, confusion
    for markup in pictures:
        svg = ElementTree.fromstring(markup)
        assert svg.get("role") in {"img", "group"}
        assert [child.tag.split("}")[1] for child in svg][:2] == ["title", "desc"]


def test_a_hundred_tasks_and_a_thousand_rows_fit(
    found: Maker, parsed: Callable[[str], Any]
) -> None:
    tasks = [f"a_rather_long_name_of_task_{number}" for number in range(100)]
    made = found(tasks)
    assert made.summary is not None
    first, second, *_ = made.summary.rows
    rows = [replace(first, rank=rank, digest=f"d{rank:011}") for rank in range(1, 1001)]
    anchor = replace(second, rank=1001, digest="the anchor")
    summary = replace(
        made.summary,
        rows=(*rows, anchor),
        graph=TaskGraph.single_task(tasks, 3).to_json(),
        test_gains={rows[0].digest: Estimate(0.01, None)},
    )
    shown = {task: evidence([f"class {n}" for n in range(3)]) for task in tasks}
    curves = [curve([task], 500) for task in tasks]
    whole = replace(made, summary=summary, affinity=affinity(tasks), curves=curves, evidence=shown)
    text = report_html(whole)
    page = parsed(text)
    assert len(text.encode()) < 2_000_000
    assert len(tasks) > helping.MAX_MATRIX
    assert "strongest of 9,900 pairs" in page.text
    assert rows[cost.MAX_ROWS - 1].digest in page.text
    assert rows[cost.MAX_ROWS].digest not in page.text
    assert "the anchor" in page.text
    assert all(f"Losses of {task}" in page.text for task in tasks)
    assert page.text.count("Who is taken for whom") >= 50
