"""What a candidate will cost, judged from what others did."""

from collections.abc import Mapping

import numpy as np

from automtl.core.candidate import Candidate
from automtl.core.graph import HARD, TaskGraph
from automtl.core.task import Floats

RIDGE = 0.1  # the fewer candidates were seen, the more the plain proportion counts


class CostModel:
    """
    Expects a cost to be proportional to the blocks at each stage, with the factors found by ridge
    regression on the logarithms of what was seen. Hyperparameters that change the size of a block
    are noise to it, so that it orders graphs, not settings.
    """

    def __init__(self) -> None:
        self._blocks: list[Floats] = []
        self._costs: list[Mapping[str, float]] = []

    def tell(self, candidate: Candidate, costs: Mapping[str, float]) -> None:
        """Takes what a candidate cost."""
        if costs:
            self._blocks.append(blocks(candidate.graph))
            self._costs.append(costs)

    def predict(self, n_blocks: Floats, cost: str) -> Floats:
        """
        The expected logarithm of a cost, ``[n]``.

        :param n_blocks: How many blocks each stage has, ``[n, n_stages]``; see `blocks`.
        """
        wanted = np.log(n_blocks)
        seen = [(b, c[cost]) for b, c in zip(self._blocks, self._costs, strict=True) if c.get(cost)]
        start = np.full(wanted.shape[1], 1.0 / wanted.shape[1])
        if not seen:
            return np.asarray(wanted @ start)
        known, values = np.log([b for b, _ in seen]), np.log([value for _, value in seen])
        middle, level = known.mean(axis=0), values.mean()
        centred = known - middle
        left = values - level - centred @ start
        squares = centred.T @ centred + RIDGE * np.eye(len(start))
        slopes = start + np.linalg.solve(squares, centred.T @ left)
        return np.asarray(level + (wanted - middle) @ slopes)


def blocks(graph: TaskGraph) -> Floats:
    """How many blocks each stage has: a hard node has one, another one a task."""
    return np.array(
        [
            sum(1.0 if node.primitive == HARD else len(node.tasks) for node in nodes)
            for nodes in graph.stages
        ]
    )
