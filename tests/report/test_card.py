from collections.abc import Callable
from dataclasses import replace

from automtl.core.graph import TaskGraph
from automtl.core.objective import FLOOR
from automtl.plugins import Plugins
from automtl.report.card import model_card
from automtl.report.citations import citations
from automtl.report.leaderboard import evidence, leaderboard
from automtl.report.summary import Member, Summary


def test_the_card_of_a_whole_search(finished: Summary, plugins: Plugins) -> None:
    card = model_card(finished)
    assert (finished.folder / "MODEL_CARD.md").read_text(encoding="utf-8") == card
    for task in finished.tasks:
        assert f"`{task.name}` ({task.kind})" in card
        assert plugins.task_kinds[task.kind].citation in card
    _, values = finished.settings[0]
    for plugin in (
        plugins.blocks[str(values["block"])],
        plugins.balancers[str(values["balancer"])],
        plugins.schedules[str(values["schedule"])],
        plugins.primitives["hard"],
    ):
        assert f"{plugin.name}: <{plugin.citation}>" in card
    for line in [*evidence(finished), *leaderboard(finished), *finished.notes]:
        assert line in card
    for task in finished.tasks:
        assert all(f"{value:.4g}" in card for value in task.test.values())
    assert finished.winner.digest in card
    assert finished.data_digest in card
    assert f"automtl predict {finished.folder / 'best.onnx'} rows.csv" in card
    assert "## What this does not tell" in card


def test_plugins_of_one_name_are_told_apart(finished: Summary, plugins: Plugins) -> None:
    values = {**finished.hyperparameters, "schedule": "cosine"}
    assert finished.affinity is not None
    other = replace(finished, hyperparameters=values, alone={})
    card = model_card(replace(other, stands_on=tuple(citations(other, plugins))))
    assert f"- schedule cosine: <{plugins.schedules['cosine'].citation}>" in card
    assert f"- affinity cosine: <{plugins.affinities['cosine'].citation}>" in card


def test_a_nearly_perfect_anchor_is_owned_up_to(summary: Callable[..., Summary]) -> None:
    made = summary(("a", "b"))
    assert "nearly perfect" not in model_card(made)
    card = model_card(replace(made, floored=("b",)))
    assert f"nearly perfect for b: gains there are relative to {100 * FLOOR:g} % of" in card


def test_tasks_with_settings_of_their_own_are_named(summary: Callable[..., Summary]) -> None:
    made = summary(("a", "b"))
    values = dict(made.hyperparameters)
    graph = TaskGraph.single_task("ab", 2).to_json()
    card = model_card(replace(made, graph=graph, alone={"a": {**values, "x": 1}}))
    assert "a:\n\n- balancer: `sum`" in card
    assert "- x: `1`" in card
    assert "b:\n\n- balancer: `sum`" in card


def test_an_ensemble_lists_its_networks(summary: Callable[..., Summary]) -> None:
    members = (Member("d1", 0, "a+b"), Member("d2", 1, "a | b"))
    card = model_card(replace(summary(), members=members))
    assert "- candidate d2, seed 1: a | b" in card


def test_a_path_with_a_space_can_be_pasted(summary: Callable[..., Summary]) -> None:
    card = model_card(summary())
    assert "`automtl search '/runs/two words/config.yaml' --name again`" in card


def test_without_notes_there_is_no_empty_section(summary: Callable[..., Summary]) -> None:
    assert "\n\n\n" not in model_card(replace(summary(), notes=()))


def test_hostile_names_stay_text(summary: Callable[..., Summary]) -> None:
    names = ("<script>x</script>", "`a` *b* ```", "c\nd")
    made = summary(names)
    card = model_card(replace(made, notes=names, floored=names))
    lines = card.splitlines()
    assert "- \\<script\\>x\\</script\\>" in lines
    assert "- c d" in lines
    assert not any(line.startswith("d  ") for line in lines)
    fences = [line for line in lines if line and not line.strip("`")]
    assert fences[::2] == fences[1::2]
    assert any(len(fence) > 3 for fence in fences)
