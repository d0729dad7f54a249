from collections.abc import Callable

from automtl.core.block import InputSpec
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.model.count import count_flops, count_parameters
from automtl.model.network import build_network
from automtl.plugins import Plugins

LAYOUT = InputSpec(((0.0, 1.0),) * 6, 0, ())


def test_counts_what_a_hand_counts(candidate: Callable[..., Candidate], plugins: Plugins) -> None:
    def sizes(graph: TaskGraph) -> tuple[int, int]:
        network = build_network(candidate(graph), {"a": 1, "b": 2}, LAYOUT, plugins, 0)
        return count_parameters(network), count_flops(network, 6)

    # Two stages of width 16 on 6 inputs, then the heads.
    trunk, trunk_flops = (6 + 1) * 16 + (16 + 1) * 16, 2 * (6 * 16 + 16 * 16)
    heads, heads_flops = (16 + 1) * 3, 2 * 16 * 3
    assert sizes(TaskGraph.all_shared("ab", 2)) == (trunk + heads, trunk_flops + heads_flops)
    assert sizes(TaskGraph.single_task("ab", 2)) == (
        2 * trunk + heads,
        2 * trunk_flops + heads_flops,
    )
