from pathlib import Path

from pytest import fixture, raises

from automtl.errors import ExportError, RunError
from automtl.exporting import Wanted
from automtl.exporting.members import chosen_members
from automtl.pipeline import Reopened, reopen
from automtl.report.summary import Summary
from automtl.run import RunFolder


@fixture(scope="module")
def opened(finished: Summary) -> Reopened:
    return reopen(finished.folder)


def test_by_default_those_that_the_search_exported(opened: Reopened, finished: Summary) -> None:
    found = chosen_members(opened, Wanted(opset=18))
    assert [trial.order.key for trial in found] == [member.key for member in finished.members]


def test_of_a_candidate_the_best_seed_first(opened: Reopened, finished: Summary) -> None:
    digest = finished.winner.digest
    [best] = chosen_members(opened, Wanted(candidate=digest[:8]))
    every = chosen_members(opened, Wanted(candidate=digest, ensemble=finished.winner.seeds))
    assert every[0] == best
    assert {trial.candidate.digest for trial in every} == {digest}
    relative = [opened.director.standing.relative(trial) for trial in every]
    assert relative == sorted(relative)
    assert len({trial.seed for trial in every}) == finished.winner.seeds


def test_an_ensemble_begins_with_the_winner(opened: Reopened, finished: Summary) -> None:
    [member] = chosen_members(opened, Wanted(ensemble=1))
    assert member.candidate.digest == finished.winner.digest


def test_says_what_there_is_instead(opened: Reopened, finished: Summary) -> None:
    with raises(ExportError, match=f"begin with 'no', but 0 do; .*{finished.winner.digest}"):
        chosen_members(opened, Wanted(candidate="no"))
    seeds = finished.winner.seeds
    for count in (0, seeds + 1):
        with raises(ExportError, match=f"there are {seeds} trainings of this candidate"):
            chosen_members(opened, Wanted(candidate=finished.winner.digest, ensemble=count))
    with raises(ExportError, match="that rank with the winner"):
        chosen_members(opened, Wanted(ensemble=99))


def test_a_search_that_did_not_end_has_exported_nothing(opened: Reopened, tmp_path: Path) -> None:
    (tmp_path / "trials.jsonl").touch()
    unfinished = Reopened(
        RunFolder(tmp_path), opened.config, opened.plugins, opened.data, opened.director
    )
    with raises(RunError, match="has not come to its end"):
        chosen_members(unfinished, Wanted(opset=18))
