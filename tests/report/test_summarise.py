from statistics import fmean

from pytest import approx

from automtl.core.trial import Phase
from automtl.report.summary import Summary
from automtl.run import RunFolder


def test_the_rows_are_the_leaderboard(finished: Summary) -> None:
    assert [row.rank for row in finished.rows] == [*range(1, len(finished.rows) + 1)]
    assert finished.winner is finished.rows[0]
    harmless = [row for row in finished.rows if not any(g.is_loss for g in row.gains.values())]
    assert finished.rows[: len(harmless)] == tuple(harmless)
    several = [row.seeds > 1 for row in harmless]
    assert several == sorted(several, reverse=True)
    best = [row.mean.mean for row in harmless if row.seeds > 1]
    assert best == sorted(best, reverse=True)
    anchors = {row.anchor: row for row in finished.rows}
    assert anchors["single-task"].mean.mean == 0.0
    assert set(anchors["single-task"].gains) == {task.name for task in finished.tasks}


def test_it_counts_what_is_in_the_run_folder(finished: Summary) -> None:
    trials = RunFolder.open(finished.folder).trials()
    assert finished.trials == len(trials) == 12
    assert sum(finished.failed.values()) == sum(not trial.done for trial in trials)
    assert finished.seconds == max(trial.elapsed for trial in trials)
    seeds = {t.seed for t in trials if t.candidate.digest == finished.winner.digest}
    assert finished.seed in seeds
    assert len(seeds) >= finished.winner.seeds
    assert {trial.phase for trial in trials} >= {*Phase} - {Phase.GUARD, Phase.BAGS}


def test_a_gain_on_test_lies_between_those_of_the_seeds(finished: Summary) -> None:
    """The mean over seeds of winner and anchor differ as the gain says, the one seed need not."""
    assert set(finished.test_gains) >= {finished.winner.digest}
    mean = fmean(task.test_gain.mean for task in finished.tasks)
    assert finished.test_gains[finished.winner.digest].mean == approx(mean)
    anchors = [row.digest for row in finished.rows if row.anchor == "single-task"]
    assert finished.test_gains[anchors[0]].mean == 0.0
    for task in finished.tasks:
        assert set(task.test) == set(task.winner_test) == set(task.anchor_test)
        if finished.winner.seeds == 1:
            assert task.test == approx(dict(task.winner_test))
        if finished.winner.anchor == "single-task":
            assert task.winner_test == approx(dict(task.anchor_test))


def test_tasks_say_what_they_are_made_of(finished: Summary) -> None:
    by_name = {task.name: task for task in finished.tasks}
    assert by_name["sex"].classes == ("female", "male")
    assert by_name["species"].sources == ("species",)
    assert {task.loss for task in finished.tasks} == {"own"}
    assert {task.head for task in finished.tasks} == {"linear"}
    assert all(task.columns == () for task in finished.tasks)
    assert finished.shown == finished.members[0].key
