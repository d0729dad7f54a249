from collections.abc import Callable
from dataclasses import replace

from pytest import mark

from automtl.core.affinity import Affinity
from automtl.core.graph import TaskGraph
from automtl.report.findings import (
    on_affinity,
    on_chance,
    on_floor,
    on_gains,
    on_inputs,
    on_leaderboard,
    on_sharing,
    on_training,
    pairs,
    tone,
)
from automtl.report.leaderboard import conclusion
from automtl.report.summary import Row, Summary
from automtl.search.entry import Estimate

Maker = Callable[..., Summary]


@mark.parametrize("mean", [-0.2, -0.1, 0.0, 0.1, 0.2, float("nan")])
@mark.parametrize("half_width", [None, 0.0, 0.1])
def test_the_tone_agrees_with_the_conclusion(mean: float, half_width: float | None) -> None:
    gain = Estimate(mean, half_width)
    said = conclusion(gain)
    assert tone(gain) == (said if said in ("better", "worse") else "unsure")


def test_tasks_are_sorted_by_what_their_intervals_say(summary: Maker) -> None:
    found = summary(("a", "b", "c"))
    gains = [Estimate(0.1, 0.05), Estimate(-0.1, 0.05), Estimate(0.1, 0.2)]
    tasks = tuple(
        replace(task, test_gain=gain) for task, gain in zip(found.tasks, gains, strict=True)
    )
    said = on_gains(replace(found, tasks=tasks))
    assert said.startswith("Better for a; worse for b; for c the difference cannot be told")


def test_one_seed_concludes_nothing(summary: Maker) -> None:
    assert "cannot be told" in on_gains(summary(gain=Estimate(0.5, None)))


def test_a_single_task_winner_claims_no_gain(summary: Maker) -> None:
    found = summary(anchors=("single-task", "all-shared"))
    assert "shares nothing" in on_gains(found)
    assert "zero point" in on_leaderboard(found.rows)


def test_many_intervals_come_with_a_warning(summary: Maker) -> None:
    assert on_chance(summary()) == ""
    assert "about 2 miss" in on_chance(summary([f"t{n}" for n in range(30)]))


def test_sharing_says_who_goes_alone() -> None:
    graph = TaskGraph.from_groups([[["a", "b"], ["c"]]])
    assert on_sharing(graph, []).startswith(
        "2 of 3 tasks share at least one of 1 stage; c goes alone"
    )
    assert "only their heads differ" in on_sharing(TaskGraph.all_shared("abc", 2), [])
    assert on_sharing(TaskGraph.single_task("abc", 2), []).startswith("No task shares")


def test_affinity_counts_only_what_leaves_zero_out() -> None:
    mean = ((0.0, 0.5, -0.4), (0.1, 0.0, 0.1), (0.1, 0.1, 0.0))
    std = ((0.1,) * 3,) * 3
    affinity = Affinity(("a", "b", "c"), (mean,), (std,), "cosine")
    said = on_affinity(affinity)
    assert "1 agree and 1 conflict" in said
    assert "b on a at stage 1 (+0.50 ± 0.10)" in said
    assert len(list(pairs(affinity))) == 6
    unsure = replace(affinity, std=(((1.0,) * 3,) * 3,))
    assert on_affinity(unsure).startswith("None of 6 pairs")
    assert on_affinity(None).startswith("No affinity")


def row(rank: int, mean: Estimate, seeds: int = 3) -> Row:
    return Row(rank, str(rank), "", seeds, mean, {"a": mean}, 1, "a")


def test_the_leaderboard_says_whether_its_order_is_settled() -> None:
    first = row(1, Estimate(0.1, 0.01))
    near, far = row(2, Estimate(0.09, 0.01)), row(2, Estimate(0.01, 0.01))
    assert "1 of the 1 other" in on_leaderboard([first, near])
    assert "lie apart" in on_leaderboard([first, far])
    assert "no other" in on_leaderboard([first])
    assert "may be luck" in on_leaderboard([row(1, Estimate(0.1, None), seeds=1)])


def test_training_says_whether_the_last_epoch_was_best() -> None:
    ended = {"tasks": ["a"], "train": [[1.0]] * 3, "validation": [[1.0]] * 3, "best": 1}
    cut = {**ended, "best": 2}
    assert "more epochs" in on_training([ended, cut])
    assert "more epochs" not in on_training([ended])
    assert "of 1 of 2 independent parts" in on_training([cut, {**ended, "hurried": True}])
    assert on_training([]).startswith("No curves")


def test_inputs_and_floor_name_the_numbers(summary: Maker) -> None:
    assert "time was too short" not in on_inputs(summary())
    assert "In 4 of them the time was too short" in on_inputs(replace(summary(), hurried=4))
    said = on_inputs(replace(summary(), failed={"it diverged": 3}))
    assert said.startswith("24 trials in 12 s, 3 of them failed")
    assert "600 rows" in said
    assert on_floor([]) == ""
    assert "5 %" in on_floor(["a"])
