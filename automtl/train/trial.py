"""An order becomes a result: one candidate is built, trained and judged."""

import math
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from automtl.core.affinity import Affinity, AffinityEstimator
from automtl.core.candidate import Candidate
from automtl.core.seed import derive_seed
from automtl.core.trial import Order, Result, Status
from automtl.data.dataset import Part, TrainingData
from automtl.model.check import check_network
from automtl.model.count import count_flops, count_parameters
from automtl.model.network import GraphNetwork, Network, build_network, part_seed
from automtl.plugins import Plugins, pick
from automtl.train.evaluate import errors, evaluate, predict
from automtl.train.fit import Curve, DeadlinePassed, Settings, fit
from automtl.train.gramian import GramianWatch
from automtl.train.losses import Rows, TaskLosses


@dataclass(frozen=True)
class Outcome:
    """
    A result, and what is too large to travel with it.

    :param network: The trained network, None if training failed.
    :param curves: What happened in training, one for each independent part.
    :param affinity: What was measured in training, if anything was.
    """

    result: Result
    network: Network | None = None
    curves: Sequence[Curve] = ()
    affinity: Affinity | None = None


def run_trial(
    order: Order,
    data: TrainingData,
    plugins: Plugins,
    device: torch.device,
    deadline: float,
    estimator: type[AffinityEstimator] | None = None,
) -> Outcome:
    """
    Trains ``order``. Whatever goes wrong in it ends up in the result's status and reason.

    :param deadline: The moment, in `time.monotonic` seconds, at which training is cut off.
    :param estimator: Measures affinity during training, if the graph is of one part.
    """
    began = time.monotonic()
    try:
        with torch.random.fork_rng():
            return _run(order, data, plugins, device, deadline, estimator)
    except DeadlinePassed:
        return Outcome(Result(Status.CUT, "the budget ended", seconds=time.monotonic() - began))
    except Exception as error:  # a plugin may raise anything
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        return Outcome(Result(Status.FAILED, reason, seconds=time.monotonic() - began))


def trial_network(order: Order, data: TrainingData, plugins: Plugins) -> Network:
    """The network of ``order`` as it is before training."""
    kinds = data.fitted_kinds(plugins.task_kinds)
    n_outputs = {t.name: kind.n_outputs for t, kind in zip(data.tasks, kinds, strict=True)}
    return build_network(order.candidate, n_outputs, data.layout, plugins, order.seed)


def as_tensor(array: NDArray[np.float32], device: torch.device) -> Tensor:
    """``array`` on ``device``, without a copy where none is needed, even if it is read-only."""
    with warnings.catch_warnings():  # nobody writes to it
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array).to(device)


def _run(
    order: Order,
    data: TrainingData,
    plugins: Plugins,
    device: torch.device,
    deadline: float,
    estimator: type[AffinityEstimator] | None,
) -> Outcome:
    began = time.monotonic()
    network = trial_network(order, data, plugins).to(device)
    check_network(network, data.layout.size)
    watcher = None
    if estimator is not None and len(network.parts) == 1:
        watcher = estimator(order.candidate.graph.tasks, len(order.candidate.graph.stages))
    train_part = partial(_fit, order, data, plugins, device, deadline, watcher)
    curves = [train_part(part) for part in network.parts]

    kinds = data.fitted_kinds(plugins.task_kinds)
    inputs = as_tensor(data.validation.inputs, device)
    metrics = evaluate(
        predict(network, data.tasks, kinds, inputs), data.tasks, kinds, data.validation.targets
    )
    found = errors(metrics, data.tasks, kinds)
    if undefined := [task for task, error in found.items() if not math.isfinite(error)]:
        raise ValueError(f"the metric of {undefined} is not defined on the validation rows")
    result = Result(
        status=Status.DONE,
        errors=found,
        metrics=metrics,
        parameters=count_parameters(network),
        flops=count_flops(network, data.layout.size),
        epochs=sum(len(curve.train) for curve in curves),
        seconds=time.monotonic() - began,
    )
    return Outcome(result, network, curves, watcher.result() if watcher else None)


def _fit(
    order: Order,
    data: TrainingData,
    plugins: Plugins,
    device: torch.device,
    deadline: float,
    estimator: AffinityEstimator | None,
    network: GraphNetwork,
) -> Curve:
    """Trains one independent part of the network as if there were no other."""
    candidate, names = order.candidate, [task.name for task in data.tasks]
    columns = [names.index(task) for task in network.tasks]
    kinds = data.fitted_kinds(plugins.task_kinds)
    losses = partial(
        TaskLosses,
        network.tasks,
        [kinds[column] for column in columns],
        [data.tasks[column].weight for column in columns],
        device,
    )
    seed = part_seed(candidate, network.graph, order.seed)
    torch.manual_seed(derive_seed(seed, "training"))
    settings = _settings(candidate, deadline)
    watch = None
    if estimator is not None:
        batch_size = min(settings.batch_size, len(data.train.inputs))
        watch = GramianWatch(network, losses(), estimator, batch_size, derive_seed(seed, "watch"))
    balancer = pick(plugins.balancers, "balancer", str(candidate.hyperparameters["balancer"]))
    schedule = pick(plugins.schedules, "schedule", str(candidate.hyperparameters["schedule"]))
    return fit(
        network,
        losses(),
        balancer(len(columns), **candidate.options("balancer")).to(device),
        schedule(settings.epochs, **candidate.options("schedule")),
        _rows(data.train, columns, device),
        _rows(data.validation, columns, device),
        settings,
        derive_seed(seed, "order"),
        watch,
    )


def _settings(candidate: Candidate, deadline: float) -> Settings:
    values = candidate.hyperparameters
    return Settings(
        learning_rate=float(values["learning_rate"]),
        weight_decay=float(values["weight_decay"]),
        batch_size=int(values["batch_size"]),
        epochs=int(values["epochs"]),
        patience=int(values["patience"]),
        deadline=deadline,
    )


def _rows(part: Part, columns: Sequence[int], device: torch.device) -> Rows:
    """
    The rows of ``part`` with the targets of these columns. Rows without any of these labels are
    left out: they would only dilute the batches.
    """
    targets = part.targets[:, columns]
    known = ~np.isnan(targets)
    inputs = part.inputs
    if not known.any(1).all():
        there = known.any(1)
        inputs, targets, known = inputs[there], targets[there], known[there]
    labelled = None if known.all() else as_tensor(known.astype(np.float32), device)
    zeroed = np.where(known, targets, np.float32(0))
    return Rows(as_tensor(inputs, device), as_tensor(zeroed, device), labelled)
