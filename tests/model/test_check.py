from collections.abc import Callable, Sequence

import torch
from pytest import mark, raises
from torch import Tensor

from automtl.core.block import Features
from automtl.core.graph import Node, TaskGraph
from automtl.core.primitive import BlockFactory, Primitive
from automtl.model.check import check_network
from automtl.model.network import GraphNetwork, Network
from automtl_plugins.blocks.mlp import MLP


def _network(change: Callable[[Tensor], Tensor]) -> Network:
    class Odd(Primitive):
        name, citation = "odd", "none"

        def __init__(self, n_tasks: int, block: BlockFactory) -> None:
            super().__init__(n_tasks)
            self.block = block()

        def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
            return [change(self.block(features[0]))] * self.n_tasks

    graph = TaskGraph(((Node(("a", "b"), "odd"),),))
    return Network([GraphNetwork(graph, {"a": 1, "b": 1}, Features(3), MLP, {"odd": Odd})])


def test_passes_what_keeps_the_contract() -> None:
    network = _network(lambda feature: feature)
    check_network(network, 3)
    assert network.training


@mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f[:, :5], r"'odd' must give features of the shape \(2, 128\) .* \(2, 5\)"),
        (lambda f: f[:1], r"gave \(1, 128\)"),
        (lambda f: f.unsqueeze(1), r"gave \(2, 1, 128\)"),
        (lambda f: f / 0 * 0, "'odd' gave NaN or infinity"),
    ],
)
def test_names_the_primitive_that_breaks_it(
    change: Callable[[Tensor], Tensor], message: str
) -> None:
    with raises(ValueError, match=message), torch.no_grad():
        check_network(_network(change), 3)
