"""Teaches hypothesis what a task graph is: ``@given(...)`` fills arguments by their types."""

from itertools import combinations

from hypothesis import settings
from hypothesis import strategies as st

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate
from automtl.core.graph import HARD, Node, TaskGraph

settings.register_profile("core", max_examples=50, deadline=None, derandomize=True)
settings.load_profile("core")

PRIMITIVES = (HARD, "cross_stitch", "soft_l2")

scalars = (
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)


@st.composite
def task_graphs(draw: st.DrawFn) -> TaskGraph:
    """Any task graph: any names, partitions, primitives and cascade edges."""
    tasks = draw(st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=5, unique=True))
    stages = draw(st.lists(stages_of(tasks), min_size=1, max_size=3))
    edges = list(combinations(tasks, 2))  # they point forward, so they make no cycle
    chosen = draw(st.lists(st.sampled_from(edges), max_size=3)) if edges else []
    return TaskGraph(tuple(stages), tuple(chosen))


@st.composite
def stages_of(draw: st.DrawFn, tasks: list[str]) -> tuple[Node, ...]:
    """One stage: each task draws its group, each group its primitive."""
    groups: dict[int, list[str]] = {}
    for task in tasks:
        groups.setdefault(draw(st.integers(0, len(tasks) - 1)), []).append(task)
    primitive = st.sampled_from(PRIMITIVES)
    return tuple(Node(tuple(group), draw(primitive)) for group in groups.values())


@st.composite
def affinities(draw: st.DrawFn) -> Affinity:
    """Any affinity of three tasks over two stages."""
    value = st.floats(-1, 1)
    off = [[[draw(value) for _ in range(3)] for _ in range(3)] for _ in range(2)]
    mean = [[[v * (i != j) for j, v in enumerate(r)] for i, r in enumerate(m)] for m in off]
    matrices = tuple(tuple(map(tuple, matrix)) for matrix in mean)
    return Affinity(("a", "b", "c"), matrices, matrices, "drawn")


st.register_type_strategy(TaskGraph, task_graphs())
st.register_type_strategy(Affinity, affinities())
st.register_type_strategy(
    Candidate,
    st.builds(Candidate, task_graphs(), st.dictionaries(st.text(max_size=5), scalars, max_size=4)),
)
