"""Training of one network whose tasks depend on each other."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from automtl.core.balancer import Balancer
from automtl.core.schedule import Schedule
from automtl.model.inputs import chunks
from automtl.model.network import GraphNetwork
from automtl.train.halves import Halves
from automtl.train.losses import Outputs, Rows, TaskLosses
from automtl.train.order import RowOrder
from automtl.train.warm import Checkpoint, Snapshots

CHUNK = 8192  # rows evaluated at a time


class Diverged(ArithmeticError):
    """The loss is no longer a finite number."""


class DeadlinePassed(Exception):
    """The budget ended before the training did."""


@dataclass(frozen=True)
class Settings:
    """
    How to train.

    :param epochs: The most epochs.
    :param patience: Epochs without a better validation loss before training stops.
    :param deadline: The moment, in `time.monotonic` seconds, at which training is cut off.
    :param seconds: How long training may last. Where that is too short for all epochs, it goes
        through them faster: an epoch counts for several, in the schedule too.
    :param temperature: How much more often than their share small tasks are met, as in `RowOrder`;
        1 for every row once an epoch.
    """

    learning_rate: float
    weight_decay: float
    batch_size: int
    epochs: int
    patience: int
    deadline: float = math.inf
    seconds: float = math.inf
    temperature: float = 1.0


@dataclass
class Curve:
    """
    What happened in training: one row an epoch, one column a task.

    :param train: The mean training losses.
    :param validation: The validation losses.
    :param best: The epoch whose weights were kept, counted from 0; -1 for those before training.
    :param hurried: Whether the time was too short for all epochs.
    """

    tasks: tuple[str, ...]
    train: list[list[float]] = field(default_factory=list)
    validation: list[list[float]] = field(default_factory=list)
    best: int = 0
    hurried: bool = False


def fit(
    network: GraphNetwork,
    losses: TaskLosses,
    balancer: Balancer,
    schedule: Schedule,
    train: Rows,
    validation: Rows,
    settings: Settings,
    seed: int,
    watch: Callable[[Rows], None] | None = None,
    start: Checkpoint | None = None,
    snapshots: Snapshots | None = None,
    halves: Halves | None = None,
) -> Curve:
    """
    Trains ``network`` with AdamW and leaves it with the weights of its best epoch.

    The best epoch has the smallest mean over tasks of the validation loss relative to that of a
    constant prediction; a curve over epochs is U-shaped, so the last weights are rarely the best.

    :param watch: Is called after each step with the training rows.
    :param start: Where to start from; the schedule goes on where it had come to.
    :param snapshots: Is called after each epoch.
    :param halves: Is called with what the network says of the validation rows whenever it is asked.
    :raises Diverged: If a loss becomes NaN or infinite.
    :raises DeadlinePassed: If the settings' deadline passes.
    """
    optimizer, pace = _optimizer(network, balancer, settings, start), _Pace(settings)
    begun = 0 if start is None else start.epoch
    generator = torch.Generator().manual_seed(seed)
    order = RowOrder(train, losses, settings.temperature)
    scale = losses.scale(train)
    curve, keeper = Curve(losses.tasks), _Keeper(network)

    def validate() -> Tensor:
        outputs = outputs_of(network, validation)
        if halves is not None:
            halves(outputs, scale)
        return losses(outputs, validation)

    if validation.offsets is not None:  # the skip alone may be the best there is
        keeper.better(float((validate() / scale).mean()))
        curve.best = -1
    for epoch, position in enumerate(pace):
        factor = schedule.factor(min(begun + position, schedule.n_epochs - 1))
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * factor
        losses.begin_epoch(epoch)
        rows = train.ordered(order(generator).to(train.inputs.device))
        trained = _epoch(network, losses, balancer, optimizer, rows, settings, watch)
        validated = validate()
        curve.train.append(trained.tolist())
        curve.validation.append(validated.tolist())
        if not all(map(math.isfinite, curve.train[-1] + curve.validation[-1])):
            raise Diverged(f"the loss became NaN or infinite in epoch {epoch + 1}")
        if snapshots is not None:
            snapshots(epoch + 1, optimizer)
        if keeper.better(float((validated / scale).mean())):
            curve.best = epoch
        elif epoch - curve.best >= settings.patience:
            break
    keeper.restore()
    curve.hurried = pace.hurried
    return curve


def _optimizer(
    network: GraphNetwork, balancer: Balancer, settings: Settings, start: Checkpoint | None
) -> torch.optim.Optimizer:
    """AdamW of all weights, put where training starts."""
    weights = [*network.parameters(), *balancer.parameters()]
    optimizer = torch.optim.AdamW(
        weights, settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    if start is not None:
        start.start(network, balancer, optimizer)
    return optimizer


def outputs_of(network: GraphNetwork, rows: Rows) -> Outputs:
    """What the network says of rows, without dropout and without gradients, by task."""
    network.eval()
    with torch.no_grad():
        first, *others = [network(chunk) for chunk in chunks(rows.inputs, CHUNK)]
        found: Outputs = first
        if others:
            parts = [first, *others]
            found = {task: torch.cat([part[task] for part in parts]) for task in network.tasks}
    network.train()
    return found


def _epoch(
    network: GraphNetwork,
    losses: TaskLosses,
    balancer: Balancer,
    optimizer: torch.optim.Optimizer,
    train: Rows,
    settings: Settings,
    watch: Callable[[Rows], None] | None,
) -> Tensor:
    """One pass over ``train``, as it is ordered; the mean loss of each task."""
    total, n_steps = torch.zeros(len(losses.tasks), device=train.inputs.device), 0
    for start in range(0, len(train), settings.batch_size):
        batch = train[slice(start, start + settings.batch_size)]
        values = losses(network(batch.inputs), batch)
        loss = balancer(values)
        if (penalty := network.penalty()) is not None:
            loss = loss + penalty
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += values.detach()
        n_steps += 1
        if time.monotonic() > settings.deadline:
            raise DeadlinePassed
        if watch is not None:
            watch(train)
    return total / n_steps


class _Pace:
    """
    Counts the epochs, from 0: one by one where the time is enough for all of them, or else in such
    steps that the last one trained is near the end of the time.
    """

    def __init__(self, settings: Settings) -> None:
        self.epochs, self.seconds = settings.epochs, settings.seconds
        self.hurried = False

    def __iter__(self) -> Iterator[int]:
        began, position, trained = time.monotonic(), 0.0, 0
        while position < self.epochs:
            yield int(position)
            trained += 1
            elapsed = time.monotonic() - began
            affordable = (self.seconds - elapsed) * trained / elapsed
            step = (self.epochs - position - 1) / affordable if affordable >= 1 else math.inf
            position += max(1.0, step)
            self.hurried |= step > 1 and trained < self.epochs


class _Keeper:
    """Keeps the weights of the best epoch so far."""

    def __init__(self, network: nn.Module) -> None:
        self.best = math.inf
        self.tensors = [*network.parameters(), *network.buffers()]
        self.kept = [tensor.detach().clone() for tensor in self.tensors]

    def better(self, score: float) -> bool:
        """Whether ``score`` is the lowest so far; if so, the weights are kept."""
        if score >= self.best:
            return False
        self.best = score
        torch._foreach_copy_(self.kept, [tensor.detach() for tensor in self.tensors])
        return True

    def restore(self) -> None:
        """Puts the kept weights back."""
        torch._foreach_copy_([tensor.detach() for tensor in self.tensors], self.kept)
