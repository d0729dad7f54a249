import numpy as np
import torch
from pytest import approx, mark, raises
from sklearn.linear_model import PoissonRegressor

from automtl.errors import DataError
from automtl.testing import assert_task_kind_contract
from automtl_plugins.task_kinds.count import HEADROOM, Count

LABELS = np.array([3.0, 0.0, np.nan, 10.0, 1.0])
EVERYWHERE = np.ones(len(LABELS), dtype=bool)


def test_contract() -> None:
    assert_task_kind_contract(Count, LABELS)


def test_statistics_come_from_training_rows_alone() -> None:
    kind = Count.fit(LABELS, np.array([True, True, True, False, False]))
    assert (kind.constant().tolist(), kind.highest) == ([1.5], 3.0)


def test_the_constant_loss_is_the_least_a_constant_can_have() -> None:
    kind = Count.fit(LABELS, EVERYWHERE)
    known = torch.tensor(LABELS[~np.isnan(LABELS)])
    logs = torch.linspace(-3, 3, 6001, dtype=torch.float64).view(-1, 1, 1)
    losses = kind.loss(logs.expand(-1, len(known), 1), known).mean(1)
    assert float(losses.min()) == approx(kind.constant_loss, abs=1e-5)
    assert float(logs[losses.argmin()].exp()) == approx(kind.mean, abs=1e-2)


def test_the_loss_is_half_the_metric_over_that_of_the_constant() -> None:
    kind = Count.fit(LABELS, EVERYWHERE)
    outputs, targets = torch.randn(9, 1, dtype=torch.float64), torch.arange(9.0).double()
    deviance = kind.metrics["poisson_deviance"].score(
        kind.predict(outputs).numpy(), targets.numpy()
    )
    assert float(kind.loss(outputs, targets).mean()) == approx(deviance / 2 / kind.deviance)


def test_minimises_as_scikit_learn_does() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(200, 2))
    labels = rng.poisson(np.exp(inputs @ [0.5, -0.3] + 1)).astype(float)
    oracle = PoissonRegressor(alpha=0, tol=1e-9, max_iter=1000).fit(inputs, labels)
    weights = torch.tensor([*oracle.coef_, oracle.intercept_], requires_grad=True)
    wide = torch.tensor(np.column_stack([inputs, np.ones(200)]))
    kind = Count.fit(labels, np.ones(200, dtype=bool))
    loss = kind.loss((wide @ weights).unsqueeze(1), torch.tensor(labels)).mean()
    (gradient,) = torch.autograd.grad(loss, weights)
    assert float(gradient.abs().max()) < 1e-4


@mark.parametrize("output", [-100.0, 100.0])
def test_is_finite_and_has_a_way_back_far_from_the_labels(output: float) -> None:
    kind = Count.fit(LABELS, EVERYWHERE)
    outputs = torch.tensor([[output]], requires_grad=True)
    loss = kind.loss(outputs, torch.tensor([3.0]))
    (gradient,) = torch.autograd.grad(loss.sum(), outputs)
    assert loss.isfinite()
    assert gradient.sign() == torch.tensor(output).sign()
    assert float(kind.predict(outputs).detach()) <= HEADROOM * 10 * (1 + 1e-6)


def test_linear_targets_are_finite_logarithms() -> None:
    kind = Count.fit(LABELS, EVERYWHERE)
    assert kind.linear(np.array([0.0, 9.0])).tolist() == [[0.0], [np.log(10)]]


@mark.parametrize(
    ("labels", "message"),
    [
        ([1.0, 2.5, 3.0], "whole numbers from 0 on, but there is 2.5"),
        ([1.0, -2.0, 3.0], "whole numbers from 0 on, but there is -2"),
        ([1.0, np.inf, 3.0], "whole numbers from 0 on, but there is inf"),
        ([2.0, 2.0, 3.0], "vary in the training part, but all 2 are 2"),
        ([np.nan, np.nan, 3.0], "vary in the training part, but found none"),
    ],
)
def test_rejects_what_is_no_count(labels: list[float], message: str) -> None:
    with raises(DataError, match=message):
        Count.fit(np.array(labels), np.array([True, True, False]))
