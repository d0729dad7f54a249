"""The linear skip of all tasks, fitted once."""

import math
from dataclasses import replace

import numpy as np
import torch
from pytest import approx, fixture

from automtl.core.graph import TaskGraph
from automtl.core.space import Choice, SearchSpace
from automtl.core.trial import Order, Phase
from automtl.data.dataset import MultiTaskData
from automtl.data.parts.bagging import bagged
from automtl.model.skip import LinearSkip
from automtl.plugins import Plugins
from automtl.train.evaluate import evaluate, predict
from automtl.train.linear import bagged_for, with_linear
from automtl.train.losses import slices
from automtl.train.part import PartStore
from automtl.train.sparse import as_inputs
from automtl.train.trial import Outcome, run_trial, trial_network

CPU = torch.device("cpu")


@fixture(scope="module")
def skipping(space: SearchSpace) -> SearchSpace:
    return replace(space, skip=Choice(("linear", "none")))


@fixture(scope="module")
def data(penguins: MultiTaskData, skipping: SearchSpace, plugins: Plugins) -> MultiTaskData:
    return with_linear(penguins, skipping, plugins)


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
    assert with_linear(penguins, space, plugins) is penguins


def test_an_untrained_network_gives_what_the_skip_gives(
    data: MultiTaskData, skipping: SearchSpace, plugins: Plugins
) -> None:
    network = trial_network(_order(data, skipping), data.for_training(), plugins).eval()
    outputs = network(as_inputs(data.validation.inputs, CPU)[:])
    own = slices([kind.n_outputs for kind in data.kinds])
    assert data.linear is not None
    for task, columns in zip(data.tasks, own, strict=True):
        found = outputs[task.name].mean(1).detach().numpy()
        np.testing.assert_allclose(found, data.linear.validation[:, columns], atol=1e-4)


def test_the_skip_alone_is_better_than_a_constant(
    data: MultiTaskData, skipping: SearchSpace, plugins: Plugins
) -> None:
    network = trial_network(_order(data, skipping), data.for_training(), plugins)
    inputs = as_inputs(data.validation.inputs, CPU)
    predictions = predict(network, data.tasks, data.kinds, inputs)
    metrics = evaluate(predictions, data.tasks, data.kinds, data.validation.targets)
    assert metrics["species"]["accuracy"] > 0.95
    assert metrics["sex"]["roc_auc"] > 0.8
    assert metrics["body_mass_g"]["r2"] > 0.7


def test_training_starts_from_the_skip_and_keeps_it_if_nothing_is_better(
    data: MultiTaskData, skipping: SearchSpace, plugins: Plugins
) -> None:
    order = _order(data, skipping, learning_rate=100.0, epochs=2)
    outcome = _trained(data, order, plugins)
    assert outcome.network is not None
    assert outcome.curves[0].best == -1
    start = trial_network(order, data.for_training(), plugins)
    inputs = as_inputs(data.validation.inputs, CPU)
    networks = (start, outcome.network)
    ends = [predict(network, data.tasks, data.kinds, inputs) for network in networks]
    for task in ends[0]:
        np.testing.assert_allclose(ends[0][task], ends[1][task], rtol=1e-5)


def test_training_rows_have_offsets_that_did_not_see_their_labels(data: MultiTaskData) -> None:
    assert data.linear is not None
    column = slices([kind.n_outputs for kind in data.kinds])[2].start  # body mass, standardised
    targets = data.train.targets[:, 2]
    there = ~np.isnan(targets)
    inputs = torch.from_numpy(np.asarray(data.train.inputs))
    skip = LinearSkip(
        inputs.shape[1], data.linear.weight.shape[1], len(data.preprocessing.layout.quantiles)
    )
    skip.weight.copy_(torch.from_numpy(data.linear.weight))
    skip.bias.copy_(torch.from_numpy(data.linear.bias))
    own = skip(inputs).numpy()[there, column]
    left_out = data.linear.train[there, column]
    labels = targets[there]
    assert np.square(labels - left_out).mean() > np.square(labels - own).mean()
    assert np.corrcoef(left_out, own)[0, 1] > 0.99


def test_bags_have_a_skip_of_their_own_rows(
    data: MultiTaskData, skipping: SearchSpace, plugins: Plugins
) -> None:
    order = replace(_order(data, skipping), bag=(0, 3))
    divided = bagged_for(order, data.for_training(), plugins, PartStore())
    assert data.linear is not None
    assert divided.linear is not None
    assert len(divided.linear.train) == len(divided.train.rows)
    assert not np.allclose(divided.linear.weight, data.linear.weight)
    without = replace(data.for_training(), linear=None)
    assert bagged_for(order, without, plugins, PartStore()).linear is None
    other = replace(_order(data, skipping, skip="none"), bag=(0, 3))
    assert bagged_for(other, data.for_training(), plugins, PartStore()).linear is None
    whole = data.for_training()
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
