from collections.abc import Callable, Mapping

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.search.guard import spare
from automtl.search.rescue import rescues
from automtl.search.standing import Standing

CONSTANTS = {"a": 1.0, "b": 1.0, "c": 1.0}
SINGLE, SHARED = (make("abc", 2) for make in (TaskGraph.single_task, TaskGraph.all_shared))


def trained(
    candidate: Candidate, phase: Phase, errors: Mapping[str, float], status: Status = Status.DONE
) -> list[Trial]:
    """Three seeds."""
    return [
        Trial(Order(candidate, seed, phase), Result(status, errors=errors)) for seed in range(3)
    ]


def test_it_tells_whom_the_guard_took_where(candidate: Callable[..., Candidate]) -> None:
    single, shared = candidate(SINGLE), candidate(SHARED, learning_rate=0.5)
    zero = dict.fromkeys("abc", 0.5)
    before = [
        *trained(single, Phase.ANCHORS, zero),
        *trained(shared, Phase.FINALISTS, {"a": 0.4, "b": 0.6, "c": 0.4}),
    ]
    entries = Standing(before, CONSTANTS).ranking
    harmful = next(entry for entry in entries if entry.candidate == shared)
    spared = spare(harmful, single)
    assert spared is not None
    trials = [*before, *trained(spared, Phase.GUARD, {"a": 0.3, "b": 0.5, "c": 0.4})]
    (found,) = rescues(trials, Standing(trials, CONSTANTS).ranking)
    assert (found.task, found.companions) == ("b", ("a", "c"))
    assert (found.before, found.after) == (shared.digest, spared.digest)
    assert found.gain.is_loss
    assert found.gain_after.mean == found.gain_after.half_width == 0.0
    assert found.mean_after.mean > found.mean.mean
    assert rescues(before, entries) == []


def test_a_second_rescue_is_told_from_the_first(candidate: Callable[..., Candidate]) -> None:
    single, shared = candidate(SINGLE), candidate(SHARED)
    own = dict(single.hyperparameters, learning_rate=0.9)
    once = Candidate(TaskGraph.from_groups([["ac", "b"]] * 2), shared.hyperparameters, {"b": own})
    twice = Candidate(SINGLE, shared.hyperparameters, dict.fromkeys("abc", own))
    zero = dict.fromkeys("abc", 0.5)
    trials = [
        *trained(single, Phase.ANCHORS, zero),
        *trained(shared, Phase.FINALISTS, zero),
        *trained(once, Phase.GUARD, zero),
        *trained(twice, Phase.GUARD, zero),
    ]
    found = rescues(trials, Standing(trials, CONSTANTS).ranking)
    steps = [(rescue.before, rescue.after, rescue.task) for rescue in found]
    assert steps == [
        (shared.digest, once.digest, "b"),
        (once.digest, twice.digest, "a"),
        (once.digest, twice.digest, "c"),
    ]


def test_a_guarded_candidate_that_failed_is_no_rescue(candidate: Callable[..., Candidate]) -> None:
    trials = [
        *trained(candidate(SINGLE), Phase.ANCHORS, dict.fromkeys("abc", 0.5)),
        *trained(candidate(SHARED), Phase.GUARD, {}, Status.FAILED),
    ]
    assert rescues(trials, Standing(trials, CONSTANTS).ranking) == []
