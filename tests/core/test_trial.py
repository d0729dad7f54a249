import json

from hypothesis import given
from hypothesis import strategies as st
from pytest import mark

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Order, Phase, Result, Status, Trial

number = st.floats(0, 1e9)
errors = st.dictionaries(st.text(), number, max_size=3)
trials = st.builds(
    Trial,
    st.builds(Order, st.from_type(Candidate), st.integers(0, 2**63 - 1), st.sampled_from(Phase)),
    st.builds(
        Result,
        status=st.sampled_from(Status),
        reason=st.text(),
        errors=errors,
        metrics=st.dictionaries(st.text(), errors, max_size=3),
        parameters=st.integers(0),
        flops=st.integers(0),
        epochs=st.integers(0),
        seconds=number,
    ),
    elapsed=number,
)


@given(trial=trials)
def test_json_round_trip(trial: Trial) -> None:
    line = json.dumps(trial.to_json())
    assert "\n" not in line
    assert Trial.from_json(json.loads(line)) == trial


@given(trial=trials)
def test_a_trial_has_the_fields_of_its_order(trial: Trial) -> None:
    assert trial.candidate == trial.order.candidate
    assert (trial.seed, trial.phase) == (trial.order.seed, trial.order.phase)
    assert trial.to_json()["digest"] == trial.candidate.digest


def test_key_tells_candidate_and_seed_apart_but_not_the_phase() -> None:
    one, other = (Candidate(TaskGraph.all_shared("ab", n), {}) for n in (1, 2))
    orders = [
        Order(candidate, seed, phase)
        for candidate in (one, other)
        for seed in (0, 1)
        for phase in (Phase.GRAPHS, Phase.FINALISTS)
    ]
    assert len({order.key for order in orders}) == 4


@mark.parametrize("status", list(Status))
def test_only_done_counts(status: Status) -> None:
    order = Order(Candidate(TaskGraph.all_shared("ab", 1), {}), 0, Phase.GRAPHS)
    assert Trial(order, Result(status)).done == (status == Status.DONE)
