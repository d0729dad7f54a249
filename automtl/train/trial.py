"""An order becomes a result: one candidate is built, trained and judged."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from automtl.core.affinity import Affinity, AffinityEstimator, Anchor
from automtl.core.seed import derive_seed
from automtl.core.task import Floats, TaskKind
from automtl.core.trial import Order, Phase, Result, Status
from automtl.data.dataset import FittedSkip, TrainingData
from automtl.model.check import check_network
from automtl.model.count import count_flops, count_parameters, measure_latency
from automtl.model.inputs import as_inputs
from automtl.model.network import GraphNetwork, Network, build_network
from automtl.plugins import Plugins
from automtl.train.evaluate import errors, evaluate, predict, resampled_errors, tuned
from automtl.train.fit import Curve, DeadlinePassed
from automtl.train.part import PartStore, PartTrainer, Trained, chosen_losses
from automtl.train.probe import FeaturesProbe
from automtl.train.rows import columns_of, training_rows
from automtl.train.skips import bagged_for


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
    store: PartStore | None = None,
    seconds: float = math.inf,
) -> Outcome:
    """
    Trains ``order``. Whatever goes wrong in it ends up in the result's status and reason.

    Parts that the store knows are not trained again; those that are trained are kept one by one, so
    that a trial that is cut off leaves its finished ones behind. The numbers are the same either
    way.

    :param deadline: The moment, in `time.monotonic` seconds, at which training is cut off.
    :param estimator: Measures affinity, if the graph suits its anchor: is of one part, or, for
        `Anchor.SINGLE_TASK`, shares nothing.
    :param store: Where trained parts are kept; None to keep none.
    :param seconds: How long training may last; see `Settings.seconds`.
    """
    began = time.monotonic()
    try:
        with torch.random.fork_rng():
            kept = store or PartStore()
            return _run(order, data, plugins, device, deadline, estimator, kept, seconds)
    except DeadlinePassed:
        return Outcome(Result(Status.CUT, "the budget ended", seconds=time.monotonic() - began))
    except Exception as error:  # a plugin may raise anything
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        return Outcome(Result(Status.FAILED, reason, seconds=time.monotonic() - began))


def trial_network(order: Order, data: TrainingData, plugins: Plugins) -> Network:
    """The network of ``order`` as it is before training."""
    names, fitted = [task.name for task in data.tasks], data.fitted_kinds(plugins.task_kinds)
    kinds = dict(zip(names, fitted, strict=True))
    n_outputs = {name: kind.n_outputs for name, kind in kinds.items()}
    for part in order.candidate.parts:
        for task, loss in chosen_losses(part, data, plugins).items():
            n_outputs[task] += loss.extra_outputs
    network = build_network(
        order.candidate, n_outputs, kinds, data.layout, plugins, order.seed, data.landmarks
    )
    for part, built in zip(order.candidate.parts, network.parts, strict=True):
        if (skip := data.skips.get(str(part.hyperparameters.get("skip")))) is not None:
            _set_skip(built, skip, columns_of(built.tasks, data, [k.n_outputs for k in fitted]))
    return network


def _set_skip(network: GraphNetwork, fitted: FittedSkip, own: Sequence[int]) -> None:
    """Gives a network the columns ``own`` of the skip that was fitted."""
    if network.skip is not None:
        network.skip.weight.copy_(torch.from_numpy(fitted.weight[..., own]))
        network.skip.bias.copy_(torch.from_numpy(fitted.bias[own]))


def _run(
    order: Order,
    data: TrainingData,
    plugins: Plugins,
    device: torch.device,
    deadline: float,
    estimator: type[AffinityEstimator] | None,
    store: PartStore,
    seconds: float,
) -> Outcome:
    began = time.monotonic()
    data = bagged_for(order, data, plugins, store)
    network = trial_network(order, data, plugins).to(device)
    check_network(network, data.layout.size)
    apart = estimator is not None and estimator.anchor == Anchor.SINGLE_TASK
    inside = estimator if len(network.parts) == 1 and not apart else None
    start = None if order.fidelity == 1 else store.checkpoint(order.warm)
    trainer = PartTrainer(data, plugins, device, deadline, inside, start, seconds)
    parts, epochs = _train(order, network, trainer, store)
    affinity = parts[0].affinity if inside is not None else None
    if estimator is not None and apart:
        affinity = _measure_apart(estimator, network, data, plugins, order.seed)
        if affinity is not None:
            store.measured(order, affinity)
    result = replace(
        _judge(network, parts, data, plugins, device, order.phase is Phase.ANCHORS),
        parameters=count_parameters(network),
        flops=count_flops(network, data.layout.size),
        epochs=epochs,
        latency_ms=measure_latency(network, data.layout.size),
        seconds=time.monotonic() - began,
        hurried=any(trained.curve.hurried for trained in parts),
    )
    return Outcome(result, network, [trained.curve for trained in parts], affinity)


def _train(
    order: Order, network: Network, trainer: PartTrainer, store: PartStore
) -> tuple[list[Trained], int]:
    """Trains the parts that the store does not know; how many epochs that took."""
    parts, epochs = [], 0
    for part, part_network in zip(order.parts, network.parts, strict=True):
        trained = store.recall(part, part_network)
        if trained is None:
            trained = trainer.train(part, part_network)
            store.keep(part, part_network, trained)
            epochs += len(trained.curve.train)
        parts.append(trained)
    return parts, epochs


def _judge(
    network: Network,
    parts: Sequence[Trained],
    data: TrainingData,
    plugins: Plugins,
    device: torch.device,
    resample: bool,
) -> Result:
    """The errors and the metrics of each task on validation, where its thresholds are chosen."""
    kinds: Sequence[TaskKind] = data.fitted_kinds(plugins.task_kinds)
    predictions: dict[str, Floats] = {}
    for part in parts:
        predictions |= part.judged or {}
    if len(predictions) < len(data.tasks):
        inputs = as_inputs(data.validation.inputs, device)
        predictions = predict(network, data.tasks, kinds, inputs) | predictions
    targets = data.validation.targets
    kinds = tuned(predictions, data.tasks, kinds, targets)
    metrics = evaluate(predictions, data.tasks, kinds, targets)
    found = errors(metrics, data.tasks, kinds)
    if undefined := [task for task, error in found.items() if not math.isfinite(error)]:
        raise ValueError(f"the metric of {undefined} is not defined on the validation rows")
    judged = (predictions, data.tasks, kinds, targets)
    resampled = resampled_errors(*judged) if resample else {}
    return Result(Status.DONE, errors=found, metrics=metrics, resampled=resampled)


def _measure_apart(
    estimator: type[AffinityEstimator],
    network: Network,
    data: TrainingData,
    plugins: Plugins,
    seed: int,
) -> Affinity | None:
    """What ``estimator`` finds in networks of a task each; None if any has more."""
    graphs = [part.graph for part in network.parts]
    if any(len(graph.tasks) > 1 for graph in graphs):
        return None
    measuring = estimator([graph.tasks[0] for graph in graphs], len(graphs[0].stages))
    rows, kinds = training_rows(measuring.tasks, data, plugins, next(network.parameters()).device)
    probe = FeaturesProbe(network.parts, rows, kinds, derive_seed(seed, "watch"))
    measuring.update(probe)
    return measuring.result()
