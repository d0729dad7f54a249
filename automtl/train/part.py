"""One independent part of a candidate is trained, as if there were no other, and kept."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from automtl.core.affinity import Affinity, AffinityEstimator
from automtl.core.balancer import Balancer
from automtl.core.candidate import Candidate
from automtl.core.loss import OWN, Loss
from automtl.core.schedule import Schedule
from automtl.core.seed import derive_seed
from automtl.core.task import Floats
from automtl.core.trial import Bag, Order
from automtl.data.dataset import FittedSkip, TrainingData
from automtl.model.network import GraphNetwork, part_seed
from automtl.plugins import Plugins, pick
from automtl.train.fit import Curve, Settings, fit
from automtl.train.halves import Halves
from automtl.train.losses import Rows, TaskLosses
from automtl.train.rows import columns_of, rows_of, with_labels
from automtl.train.warm import Checkpoint, Snapshots
from automtl.train.watch import Watch


@dataclass(frozen=True)
class Trained:
    """
    What the training of an independent part gave, beside its weights.

    :param curve: What happened in it.
    :param affinity: What was measured in it, if anything was.
    :param checkpoint: From about the middle of it, if it is for others to start from.
    :param judged: What it is judged by: predictions, ``[n_rows, n_values]`` by task, for all
        validation rows, NaN where none of its tasks has a label; see `Halves`. None where there is
        nothing but what its weights give.
    """

    curve: Curve
    affinity: Affinity | None = None
    checkpoint: Checkpoint | None = None
    judged: Mapping[str, Floats] | None = None


class PartStore:
    """
    Where trained parts are kept, so that each is trained once: what a part gives with a seed
    depends on nothing else. This one keeps nothing. Parts are named by `Order.key` of their orders,
    which stand in `Order.parts`.
    """

    def recall(self, part: Order, network: GraphNetwork) -> Trained | None:
        """Gives ``network`` the weights of an earlier training; None if there are none."""
        return None

    def keep(self, part: Order, network: GraphNetwork, trained: Trained) -> None:
        """Keeps a part that was trained, whole or not at all."""

    def measured(self, order: Order, affinity: Affinity) -> None:
        """Keeps what was measured when all parts of ``order`` were trained."""

    def skip(self, name: str, bag: Bag, fit: Callable[[], FittedSkip]) -> FittedSkip:
        """The skip of a division of the rows; ``fit`` makes it where none is kept."""
        return fit()

    def checkpoint(self, key: str) -> Checkpoint:
        """The checkpoint of the part with this key; raises if there is none."""
        raise ValueError(f"there is no checkpoint of '{key}' to start from: nothing is kept here.")


@dataclass(frozen=True)
class PartTrainer:
    """
    Trains independent parts.

    :param deadline: The moment, in `time.monotonic` seconds, at which training is cut off.
    :param estimator: Measures affinity during training; None to measure none.
    :param start: What each training starts from; None to start fresh and train in full.
    :param seconds: How long the training of all tasks may last, whatever their graph: a part has
        its tasks' share of it.
    """

    data: TrainingData
    plugins: Plugins
    device: torch.device
    deadline: float
    estimator: type[AffinityEstimator] | None = None
    start: Checkpoint | None = None
    seconds: float = math.inf

    def train(self, part: Order, network: GraphNetwork) -> Trained:
        """
        Trains ``network``, the one of ``part``, as if there were no other.

        :raises Diverged: If a loss becomes NaN or infinite.
        :raises DeadlinePassed: If the deadline passes.
        """
        train, validation = self._rows(part, network)
        settings, seed = self._settings(part), part_seed(part.candidate, part.seed)
        torch.manual_seed(derive_seed(seed, "training"))
        balancer = self._balancer(part.candidate).to(self.device)
        watch = self._watch(part, network, settings, derive_seed(seed, "watch"))
        snapshots = Snapshots(network, balancer) if part.is_shared_anchor else None
        losses = self._losses(part.candidate, network)
        halves = Halves.of(validation, losses)
        curve = fit(
            network,
            losses,
            balancer,
            self._schedule(part.candidate),
            train,
            validation,
            settings,
            derive_seed(seed, "order"),
            watch,
            self.start,
            snapshots,
            halves,
        )
        affinity = None if watch is None else watch.affinity()
        checkpoint = None if snapshots is None else snapshots.middle(len(curve.train))
        judged = None if halves is None else self._in_place(halves.predictions(), network)
        return Trained(curve, affinity, checkpoint, judged)

    def _in_place(
        self, predictions: Mapping[str, Floats], network: GraphNetwork
    ) -> dict[str, Floats]:
        """Predictions for the rows with labels among all validation rows."""
        kinds = self.data.fitted_kinds(self.plugins.task_kinds)
        columns = columns_of(network.tasks, self.data, [kind.n_targets for kind in kinds])
        there, placed = with_labels(self.data.validation, columns), {}
        for task, values in predictions.items():
            placed[task] = np.full((len(there), values.shape[1]), np.nan)
            placed[task][there] = values
        return placed

    def _rows(self, part: Order, network: GraphNetwork) -> tuple[Rows, Rows]:
        """The rows to train on, and those to validate on."""
        data, kinds = self.data, self.data.fitted_kinds(self.plugins.task_kinds)
        columns = columns_of(network.tasks, data, [kind.n_targets for kind in kinds])
        train, validation = None, None
        fitted = data.skips.get(str(part.candidate.hyperparameters.get("skip")))
        if fitted is not None:
            own = columns_of(network.tasks, data, [kind.n_outputs for kind in kinds])
            train, validation = fitted.train[:, own], fitted.validation[:, own]
        return (
            rows_of(data.train, columns, self.device, train),
            rows_of(data.validation, columns, self.device, validation),
        )

    def _losses(self, candidate: Candidate, network: GraphNetwork) -> TaskLosses:
        names = [task.name for task in self.data.tasks]
        columns = [names.index(task) for task in network.tasks]
        kinds = self.data.fitted_kinds(self.plugins.task_kinds)
        return TaskLosses(
            network.tasks,
            [kinds[column] for column in columns],
            [self.data.tasks[column].weight for column in columns],
            self.device,
            chosen_losses(candidate, self.data, self.plugins),
        )

    def _balancer(self, candidate: Candidate) -> Balancer:
        name = str(candidate.hyperparameters["balancer"])
        balancer = pick(self.plugins.balancers, "balancer", name)
        return balancer(len(candidate.graph.tasks), **candidate.options("balancer"))

    def _schedule(self, candidate: Candidate) -> Schedule:
        """The schedule of a training in full; a share of one goes through a share of it."""
        name = str(candidate.hyperparameters["schedule"])
        schedule = pick(self.plugins.schedules, "schedule", name)
        return schedule(int(candidate.hyperparameters["epochs"]), **candidate.options("schedule"))

    def _watch(
        self, part: Order, network: GraphNetwork, settings: Settings, seed: int
    ) -> Watch | None:
        if self.estimator is None:
            return None
        batch_size = min(settings.batch_size, len(self.data.train.inputs))
        losses, rate = self._losses(part.candidate, network), settings.learning_rate
        return Watch(self.estimator, network, losses, batch_size, rate, seed)

    def _settings(self, part: Order) -> Settings:
        values = part.candidate.hyperparameters
        settings = Settings(
            learning_rate=float(values["learning_rate"]),
            weight_decay=float(values["weight_decay"]),
            batch_size=int(values["batch_size"]),
            epochs=int(values["epochs"]),
            patience=int(values["patience"]),
            deadline=self.deadline,
            seconds=self.seconds * len(part.candidate.graph.tasks) / len(self.data.tasks),
            temperature=float(values.get("temperature", 1.0)),
        )
        if self.start is None:
            return settings
        return replace(
            settings,
            epochs=max(1, round(part.fidelity * self.start.epochs)),
            seconds=part.fidelity * settings.seconds,
        )


def chosen_losses(candidate: Candidate, data: TrainingData, plugins: Plugins) -> dict[str, Loss]:
    """The losses of the tasks of ``candidate`` that do not have their kind's own, by task."""
    kinds = dict(
        zip([t.name for t in data.tasks], data.fitted_kinds(plugins.task_kinds), strict=True)
    )
    named = {task: candidate.hyperparameters.get(f"loss.{task}") for task in candidate.graph.tasks}
    return {
        task: pick(plugins.losses, "loss", str(name))(
            kinds[task], **candidate.task_options("loss", task)
        )
        for task, name in named.items()
        if name not in (None, OWN)
    }
