"""The skips of all tasks, fitted once."""

import math
from dataclasses import replace

import numpy as np
import torch
from pytest import approx, fixture, mark

from automtl.core.graph import TaskGraph
from automtl.core.space import Choice, SearchSpace
from automtl.core.trial import Order, Phase
from automtl.data.dataset import MultiTaskData
from automtl.data.parts.bagging import bagged
from automtl.model.inputs import as_inputs
from automtl.model.skips.kernel import KernelSkip
from automtl.model.skips.linear import LinearSkip
from automtl.plugins import Plugins
from automtl.train.evaluate import evaluate, predict
from automtl.train.losses import slices
from automtl.train.part import PartStore
from automtl.train.skips import bagged_for, with_skips
from automtl.train.trial import Outcome, run_trial, trial_network

CPU = torch.device("cpu")
SKIPS = ("linear", "kernel")


@fixture(scope="module")
def skipping(space: SearchSpace) -> SearchSpace:
    return replace(space, skip=Choice(("linear", "kernel", "none")))


@fixture(scope="module")
def data(penguins: MultiTaskData, skipping: SearchSpace, plugins: Plugins) -> MultiTaskData:
    return with_skips(penguins, skipping, plugins)


def _order(data: MultiTaskData, space: SearchSpace, **values: str | int | float) -> Order:
    graph = TaskGraph.all_shared(sorted(task.name for task in data.tasks), space.stages)
    return Order(space.candidate(graph, {**space.default(), **values}), 0, Phase.GRAPHS)


def _trained(data: MultiTaskData, order: Order, plugins: Plugins) -> Outcome:
    outcome = run_trial(order, data.for_training(), plugins, CPU, math.inf)
    assert outcome.network is not None, outcome.result.reason
    return outcome


def test_nothing_is_fitted_where_no_network_has_a_skip(
    penguins: MultiTaskData, space: SearchSpace, plugins: Plugins
) -> None:
    assert with_skips(penguins, space, plugins) is penguins


@mark.parametrize("skip", SKIPS)
def test_an_untrained_network_gives_what_the_skip_gives(
    data: MultiTaskData, skipping: SearchSpace, plugins: Plugins, skip: str
) -> None:
    order = _order(data, skipping, skip=skip)
    network = trial_network(order, data.for_training(), plugins).eval()
    outputs = network(as_inputs(data.validation.inputs, CPU)[:])
    own = slices([kind.n_outputs for kind in data.kinds])
    for task, columns in zip(data.tasks, own, strict=True):
        found = outputs[task.name].mean(1).detach().numpy()
        np.testing.assert_allclose(found, data.skips[skip].validation[:, columns], atol=1e-4)


@mark.parametrize("skip", SKIPS)
def test_parts_give_together_what_each_gives(
    data: MultiTaskData, skipping: SearchSpace, plugins: Plugins, skip: str
) -> None:
    graph = TaskGraph.single_task(sorted(task.name for task in data.tasks), skipping.stages)
    candidate = skipping.candidate(graph, {**skipping.default(), "skip": skip})
    order = Order(candidate, 0, Phase.GRAPHS)
    network = trial_network(order, data.for_training(), plugins).eval()
    inputs = as_inputs(data.validation.inputs, CPU)[:]
    assert len(network.parts) == 3
    outputs = network(inputs)
    for part in network.parts:
        for task, alone in part.with_skip(inputs).items():
            torch.testing.assert_close(outputs[task], alone)


@mark.parametrize("skip", SKIPS)
def test_the_skip_alone_is_better_than_a_constant(
    data: MultiTaskData, skipping: SearchSpace, plugins: Plugins, skip: str
) -> None:
    order = _order(data, skipping, skip=skip)
    network = trial_network(order, data.for_training(), plugins)
    inputs = as_inputs(data.validation.inputs, CPU)
    predictions = predict(network, data.tasks, data.kinds, inputs)
    metrics = evaluate(predictions, data.tasks, data.kinds, data.validation.targets)
    assert metrics["species"]["accuracy"] > 0.95
    assert metrics["sex"]["roc_auc"] > 0.8
    assert metrics["body_mass_g"]["r2"] > 0.7


@mark.parametrize("skip", SKIPS)
def test_training_starts_from_the_skip_and_keeps_it_if_nothing_is_better(
    data: MultiTaskData, skipping: SearchSpace, plugins: Plugins, skip: str
) -> None:
    order = _order(data, skipping, learning_rate=100.0, epochs=2, skip=skip)
    outcome = _trained(data, order, plugins)
    assert outcome.network is not None
    assert outcome.curves[0].best == -1
    start = trial_network(order, data.for_training(), plugins)
    inputs = as_inputs(data.validation.inputs, CPU)
    networks = (start, outcome.network)
    ends = [predict(network, data.tasks, data.kinds, inputs) for network in networks]
    for task in ends[0]:
        np.testing.assert_allclose(ends[0][task], ends[1][task], rtol=1e-5)


@mark.parametrize("name", SKIPS)
def test_training_rows_have_offsets_that_did_not_see_their_labels(
    data: MultiTaskData, name: str
) -> None:
    fitted = data.skips[name]
    column = slices([kind.n_outputs for kind in data.kinds])[2].start  # body mass, standardised
    targets = data.train.targets[:, 2]
    there = ~np.isnan(targets)
    inputs = torch.from_numpy(np.asarray(data.train.inputs))
    skip = _empty(data, name)
    skip.weight.copy_(torch.from_numpy(fitted.weight))
    skip.bias.copy_(torch.from_numpy(fitted.bias))
    own = skip(inputs).numpy()[there, column]
    left_out = fitted.train[there, column]
    labels = targets[there]
    assert np.square(labels - left_out).mean() > np.square(labels - own).mean()
    assert np.corrcoef(left_out, own)[0, 1] > 0.98


def _empty(data: MultiTaskData, name: str) -> LinearSkip | KernelSkip:
    n_outputs = len(data.skips[name].bias)
    if name == "kernel":
        assert data.landmarks is not None
        return KernelSkip(torch.from_numpy(data.landmarks), n_outputs)
    layout = data.preprocessing.layout
    return LinearSkip(layout.size, n_outputs, len(layout.quantiles))


@mark.parametrize("skip", SKIPS)
def test_bags_have_a_skip_of_their_own_rows(
    data: MultiTaskData, skipping: SearchSpace, plugins: Plugins, skip: str
) -> None:
    whole = data.for_training()
    order = replace(_order(data, skipping, skip=skip), bag=(0, 3))
    divided = bagged_for(order, whole, plugins, PartStore())
    assert divided.skips.keys() == {skip}
    assert len(divided.skips[skip].train) == len(divided.train.rows)
    assert not np.allclose(divided.skips[skip].weight, data.skips[skip].weight)
    assert divided.landmarks is whole.landmarks
    without = replace(whole, skips={})
    assert not bagged_for(order, without, plugins, PartStore()).skips
    other = replace(_order(data, skipping, skip="none"), bag=(0, 3))
    assert not bagged_for(other, whole, plugins, PartStore()).skips
    assert bagged_for(_order(data, skipping), whole, plugins, PartStore()) is whole


def test_a_trial_on_a_bag_is_judged_on_its_own_validation_rows(
    data: MultiTaskData, skipping: SearchSpace, plugins: Plugins
) -> None:
    order = replace(_order(data, skipping, epochs=2), phase=Phase.BAGS, bag=(1, 3))
    outcome = _trained(data, order, plugins)
    assert outcome.network is not None
    part = bagged(data.for_training(), (1, 3)).validation
    predictions = predict(outcome.network, data.tasks, data.kinds, as_inputs(part.inputs, CPU))
    metrics = evaluate(predictions, data.tasks, data.kinds, part.targets)
    assert outcome.result.errors["body_mass_g"] == approx(metrics["body_mass_g"]["rmse"])
