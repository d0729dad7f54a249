import json
from dataclasses import replace

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
    st.builds(
        Order,
        st.from_type(Candidate),
        st.integers(0, 2**63 - 1),
        st.sampled_from(Phase),
        fidelity=st.sampled_from([1.0, 0.3]),
        warm=st.sampled_from(["", "abc-0"]),
    ),
    st.builds(
        Result,
        status=st.sampled_from(Status),
        reason=st.text(),
        errors=errors,
        metrics=st.dictionaries(st.text(), errors, max_size=3),
        parameters=st.integers(0),
        flops=st.integers(0),
        epochs=st.integers(0),
        latency_ms=number,
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


def test_key_tells_where_a_training_starts_apart() -> None:
    full = Order(Candidate(TaskGraph.all_shared("ab", 1), {}), 0, Phase.GRAPHS)
    shares = [replace(full, fidelity=share, warm=warm) for share in (0.3, 0.5) for warm in "xy"]
    assert len({order.key for order in [full, *shares]}) == 5
    assert replace(full, warm="x").key == full.key  # who is trained in full starts fresh


def test_parts_are_orders_of_the_same_training() -> None:
    candidate = Candidate(TaskGraph.from_groups([[["a", "b"], ["c"]]]), {})
    order = Order(candidate, 3, Phase.FINALISTS, 0.3, "abc-0")
    first, second = order.parts
    assert (first.candidate, second.candidate) == candidate.parts
    assert first == replace(order, candidate=candidate.parts[0])
    (again,) = second.parts
    assert again.key == second.key


def test_the_shared_anchor_is_known() -> None:
    shared, single = (make("ab", 2) for make in (TaskGraph.all_shared, TaskGraph.single_task))
    anchor = Order(Candidate(shared, {}), 0, Phase.ANCHORS)
    assert anchor.is_shared_anchor
    assert not replace(anchor, phase=Phase.FINALISTS).is_shared_anchor
    assert not replace(anchor, candidate=Candidate(single, {})).is_shared_anchor
    one = Candidate(TaskGraph.all_shared("a", 2), {})
    assert not replace(anchor, candidate=one).is_shared_anchor


@mark.parametrize("status", list(Status))
def test_only_done_counts(status: Status) -> None:
    order = Order(Candidate(TaskGraph.all_shared("ab", 1), {}), 0, Phase.GRAPHS)
    assert Trial(order, Result(status)).done == (status == Status.DONE)
