"""The contract of affinities."""

import json
import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from automtl.core.affinity import Affinity, AffinityEstimator, Anchor, Probe
from automtl.testing.common import check_named, seeded


@seeded()
def assert_affinity_contract(
    make: Callable[[Sequence[str], int], AffinityEstimator], n_updates: int = 64
) -> None:
    """
    Asserts of an affinity estimator: without a measurement it has no result; with ``n_updates`` in
    the all-shared anchor, of which some leave a task out, or one in another anchor, and with gains
    of each of its graphs, it has one, whose means and standard errors have the shape
    ``[stages, tasks, tasks]``, are finite and zero on the diagonal; it asks for what there is in
    its anchor; its graphs are of all tasks; the measurements are left as they were.
    """
    tasks, n_stages = ("age", "job", "sex"), 2
    estimator = make(tasks, n_stages)
    check_named(type(estimator))
    assert estimator.anchor in [*Anchor], f"`{estimator.name}` has the anchor {estimator.anchor!r}."
    assert estimator.result() is None, f"`{estimator.name}` has a result without a measurement."
    for step in range(n_updates if estimator.anchor == Anchor.ALL_SHARED else 1):
        probe = _MadeUpProbe(len(tasks), n_stages, estimator.anchor, step)
        estimator.update(probe)
        assert probe.untouched, "Measurements must not be changed."
    for graph in estimator.graphs():
        fits = graph.tasks == tasks and len(graph.stages) == n_stages
        assert fits, f"`{estimator.name}` has a graph of other tasks or stages: {graph}."
        estimator.learn(graph, {task: float(torch.randn(())) for task in tasks})
    _check_affinity(estimator.result(), tasks, n_stages, estimator.name)


class _MadeUpProbe(Probe):
    """Measurements of nothing, every third of them without one of the tasks."""

    def __init__(self, n_tasks: int, n_stages: int, anchor: Anchor, step: int) -> None:
        self.anchor = anchor
        gone = torch.arange(n_tasks) == (step // 3 % n_tasks if step % 3 == 2 else n_tasks)
        losses = torch.rand(n_tasks) + 2 / (1 + step)
        unknown = gone.unsqueeze(0) | gone.unsqueeze(1)
        gramians = [_gramian(n_tasks).masked_fill(unknown, math.nan) for _ in range(n_stages)]
        ahead = [losses.unsqueeze(1) * (1 - 0.01 * gramian) for gramian in gramians]
        features = [torch.randn(n_tasks, 50, 4) for _ in range(n_stages)]
        targets = torch.randn(50, n_tasks)
        targets[:20, 0] = math.nan
        self.given = [losses.masked_fill(gone, math.nan), *gramians, *ahead, *features, targets]
        self.before = [tensor.clone() for tensor in self.given]
        self.n_stages = n_stages

    @property
    def untouched(self) -> bool:
        """Whether all is as it was."""
        pairs = zip(self.given, self.before, strict=True)
        return all(torch.equal(now.nan_to_num(), was.nan_to_num()) for now, was in pairs)

    @property
    def losses(self) -> Tensor:
        return self._allowed(Anchor.ALL_SHARED)[0]

    @property
    def gramians(self) -> Sequence[Tensor]:
        return self._allowed(Anchor.ALL_SHARED)[1 : 1 + self.n_stages]

    @property
    def learning_rate(self) -> float:
        self._allowed(Anchor.ALL_SHARED)
        return 0.01

    @property
    def look_ahead(self) -> Sequence[Tensor]:
        return self._allowed(Anchor.ALL_SHARED)[1 + self.n_stages : 1 + 2 * self.n_stages]

    @property
    def features(self) -> Sequence[Sequence[Tensor]]:
        stacked = self._allowed(Anchor.ALL_SHARED, Anchor.SINGLE_TASK)[1 + 2 * self.n_stages : -1]
        return [list(stage) for stage in stacked]

    @property
    def targets(self) -> Tensor:
        return self.given[-1]

    @property
    def n_classes(self) -> Sequence[int]:
        return [0] * self.given[-1].shape[1]

    def _allowed(self, *anchors: Anchor) -> list[Tensor]:
        found = f"An estimator with the anchor '{self.anchor}' cannot ask for this."
        assert self.anchor in anchors, found
        return self.given


def _gramian(n_tasks: int) -> Tensor:
    """What two independent batches give: gradients that agree in part, and noise."""
    shared = torch.randn(n_tasks, 8)
    first, second = (shared + 0.5 * torch.randn(n_tasks, 8) for _ in range(2))
    return (first @ second.T + second @ first.T) / 2


def _check_affinity(
    affinity: Affinity | None, tasks: tuple[str, ...], n_stages: int, name: str
) -> None:
    assert affinity is not None, f"`{name}` must have a result after all measurements."
    assert affinity.tasks == tasks, f"The affinity must be of {tasks}, but is of {affinity.tasks}."
    assert affinity.estimator == name, f"`{name}` gives the affinity of '{affinity.estimator}'."
    mean, std = np.array(affinity.mean), np.array(affinity.std)
    expected = (n_stages, len(tasks), len(tasks))
    assert mean.shape == std.shape == expected, f"{mean.shape=} and {std.shape=}: {expected=}."
    assert np.isfinite(mean).all(), "Means must be finite."
    assert np.isfinite(std).all(), "Standard errors must be finite."
    assert (std >= 0).all(), "Standard errors must not be negative."
    assert not np.diagonal(mean, axis1=1, axis2=2).any(), "The diagonal of means must be zero."
    again = Affinity.from_json(json.loads(json.dumps(affinity.to_json())))
    assert again == affinity, f"`{name}` must give JSON numbers: {affinity}."
