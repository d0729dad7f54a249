from dataclasses import replace

from automtl.core.graph import TaskGraph
from automtl.report.notebook import draw, run_html
from automtl.report.summary import Summary

EVIL = "<script>alert(1)</script>"


def test_a_graph_is_drawn_until_it_is_changed() -> None:
    graph = draw(TaskGraph.all_shared([EVIL, "sex"], 2))
    drawn = graph._repr_html_()
    assert drawn is not None
    assert drawn.count("<svg") == 1
    assert "<script" not in drawn
    copy = graph.copy()
    assert copy._repr_html_() == drawn
    copy.remove_node("head sex")
    assert copy._repr_html_() is None


def test_a_run_is_shown_task_by_task(finished: Summary) -> None:
    shown = run_html(finished)
    assert shown.count("<tr>") == 1 + len(finished.tasks)
    assert all(f"<td>{task.name}</td>" in shown for task in finished.tasks)
    assert "<svg" in shown


def test_names_stay_text(finished: Summary) -> None:
    tasks = tuple(replace(task, name=f"{EVIL}{task.name}") for task in finished.tasks)
    graph = TaskGraph.from_json(finished.graph)
    renamed = graph.rename({task: f"{EVIL}{task}" for task in graph.tasks})
    shown = run_html(replace(finished, tasks=tasks, graph=renamed.to_json()))
    assert "<script" not in shown
