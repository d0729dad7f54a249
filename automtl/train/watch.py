"""Affinity, measured inside a training without getting in its way."""

import time
from dataclasses import replace

import torch

from automtl.core.affinity import Affinity, AffinityEstimator, Anchor, Probe
from automtl.model.network import GraphNetwork
from automtl.train.losses import Rows, TaskLosses
from automtl.train.probe import MAX_BLOCK, TargetsProbe, TrainingProbe

AT_END = 4  # probes at most, for an estimator that has no result yet
STEP = 3  # the passes of a training step: one forward, and one backward that counts as two


def bound(n_tasks: int) -> float:
    """
    What measuring may add to the cost of the training it is done in, as a share of it: linear in
    the number of tasks.

    >>> [round(1 + bound(n), 2) for n in (2, 5, 20, 139)]
    [1.2, 1.2, 1.5, 3.88]
    """
    return 0.1 + 0.02 * max(n_tasks, 5)


class Watch:
    """
    Gives an estimator a probe whenever the training so far pays for it: when what the probes have
    cost and what the next will, in forward and backward passes, keeps to `bound`. Passes and not
    seconds decide, so that a training with the same seed has the same measurements. An estimator
    that measures in no training is given one probe, of the targets. In a training too short to pay
    for a result it is given a few more at the end, whatever they cost: that is some steps' worth.

    :param estimator: Who is given the probes.
    :param network: The network in training.
    :param losses: Its losses, with buffers of their own.
    :param batch_size: The rows of a training step.
    :param learning_rate: The training's first learning rate.
    :param seed: Of the choice of batches, tasks and rows.
    """

    def __init__(
        self,
        estimator: type[AffinityEstimator],
        network: GraphNetwork,
        losses: TaskLosses,
        batch_size: int,
        learning_rate: float,
        seed: int,
    ) -> None:
        self.estimator = estimator(network.tasks, len(network.stages))
        self.network, self.losses = network, losses
        self.batch_size, self.learning_rate, self.seed = batch_size, learning_rate, seed
        self.generator = torch.Generator().manual_seed(seed)
        self.allowed = STEP * bound(len(network.tasks))  # passes a step
        block = min(len(network.tasks), MAX_BLOCK)
        # The passes of the next probe: at first those of one that is asked for everything, two
        # Jacobians and a look-ahead, and then those of the last.
        self.next = 2 + (2 * 2 + len(network.stages)) * block
        self.steps, self.spent = 0, 0
        self.rows: Rows | None = None  # the training rows, once there are any
        self.began, self.seconds = time.monotonic(), 0.0  # the latter spent in measuring

    def __call__(self, rows: Rows) -> None:
        """Is called after each step, with the training rows."""
        self.steps, self.rows = self.steps + 1, rows
        if self.estimator.anchor == Anchor.NONE:
            if self.steps == 1:
                self._measure(TargetsProbe(rows, self.losses.kinds))
        elif self.spent + self.next <= self.allowed * self.steps:
            self._measure_in(rows)

    def affinity(self) -> Affinity | None:
        """What came of it, when the training is over; its cost is that and the measuring."""
        found = self.estimator.result()
        for _ in range(AT_END):
            if found is not None or self.rows is None or self.estimator.anchor == Anchor.NONE:
                break
            self._measure_in(self.rows)
            found = self.estimator.result()
        if found is None or self.estimator.anchor == Anchor.NONE:
            return found
        training = time.monotonic() - self.began - self.seconds
        return replace(found, cost=1 + self.seconds / max(training, 1e-9))

    def _measure_in(self, rows: Rows) -> None:
        """Gives a probe of the network as it is now."""
        probe = TrainingProbe(
            self.network, self.losses, rows, self.batch_size, self.learning_rate,
            self.generator, self.seed,
        )  # fmt: skip
        self._measure(probe)
        self.next = probe.passes
        self.spent += probe.passes

    def _measure(self, probe: Probe) -> None:
        began = time.monotonic()
        self.estimator.update(probe)
        self.seconds += time.monotonic() - began
