import time
from collections.abc import Callable

from torch import Tensor, nn

from automtl.core.block import InputSpec
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.model.count import CALLS, ENOUGH_MS, count_flops, count_parameters, measure_latency
from automtl.model.network import build_network
from automtl.plugins import Plugins

LAYOUT = InputSpec(((0.0, 1.0),) * 6, 0, ())


def test_counts_what_a_hand_counts(candidate: Callable[..., Candidate], plugins: Plugins) -> None:
    def sizes(graph: TaskGraph) -> tuple[int, int]:
        network = build_network(candidate(graph), {"a": 1, "b": 2}, {}, LAYOUT, plugins, 0)
        return count_parameters(network), count_flops(network, 6)

    # Two stages of width 16 on 6 inputs, then the heads.
    trunk, trunk_flops = (6 + 1) * 16 + (16 + 1) * 16, 2 * (6 * 16 + 16 * 16)
    heads, heads_flops = (16 + 1) * 3, 2 * 16 * 3
    assert sizes(TaskGraph.all_shared("ab", 2)) == (trunk + heads, trunk_flops + heads_flops)
    assert sizes(TaskGraph.single_task("ab", 2)) == (
        2 * trunk + heads,
        2 * trunk_flops + heads_flops,
    )


class Slow(nn.Module):
    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.linear, self.seconds = nn.Linear(3, 1), seconds
        self.calls: list[tuple[int, bool, bool]] = []

    def forward(self, inputs: Tensor) -> Tensor:
        time.sleep(self.seconds)
        outputs: Tensor = self.linear(inputs)
        self.calls.append((len(inputs), self.training, outputs.requires_grad))
        return outputs


def test_latency_is_that_of_one_row_as_it_is_predicted() -> None:
    network = Slow(0.0)
    assert measure_latency(network, 3) > 0
    assert set(network.calls) == {(1, False, False)}
    assert len(network.calls) <= CALLS + 1
    assert network.training


def test_a_slow_network_is_called_only_once() -> None:
    network = Slow(1.1 * ENOUGH_MS / 1000)
    assert measure_latency(network, 3) > ENOUGH_MS
    assert len(network.calls) == 1
