from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from pytest import fixture, mark
from torch.testing import assert_close

from automtl.config import check_plugins, load_config, override
from automtl.core.space import Choice
from automtl.pipeline import search
from automtl.plugins import load_plugins
from automtl.search.progress import Progress
from automtl.testing import assert_balancer_contract

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LOSSES = torch.tensor([0.2, 1.0, 0.7])


@fixture(scope="module")
def balancer() -> Any:
    return load_plugins((EXAMPLES / "my_balancer.py",)).balancers["tchebycheff"]


@mark.parametrize("temperature", [0.05, 0.5, 5.0])
def test_contract(balancer: Any, temperature: float) -> None:
    assert_balancer_contract(partial(balancer, temperature=temperature))


def test_is_the_sum_of_equal_losses(balancer: Any) -> None:
    assert_close(balancer(4)(torch.full((4,), 0.3)), torch.tensor(1.2))


def test_lies_between_the_sum_and_the_largest(balancer: Any) -> None:
    cold, warm = (balancer(3, temperature=t)(LOSSES) for t in (1e-3, 1e3))
    assert_close(cold, 3 * LOSSES.max(), rtol=1e-2, atol=0.0)
    assert_close(warm, LOSSES.sum(), rtol=1e-2, atol=0.0)
    assert warm < balancer(3)(LOSSES) < cold


def test_the_worst_task_weighs_most(balancer: Any) -> None:
    losses = LOSSES.clone().requires_grad_()
    balancer(3)(losses).backward()
    assert losses.grad is not None
    assert losses.grad.argsort().tolist() == LOSSES.argsort().tolist()


def test_the_example_is_searched_with_it(tmp_path: Path) -> None:
    config = override(load_config(EXAMPLES / "tchebycheff.yaml"), trials=2, workers=0)
    check_plugins(config, load_plugins(config.plugins))
    offered = {"tchebycheff": config.space.balancers["tchebycheff"]}
    training = {**config.space.training, "epochs": Choice((2,))}
    small = replace(config, space=replace(config.space, balancers=offered, training=training))
    found = search(small, tmp_path / "run", Progress())
    assert found.hyperparameters["balancer"] == "tchebycheff"
