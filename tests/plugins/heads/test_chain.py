from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from pytest import approx, mark, raises
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import ClassifierChain
from torch import Tensor, nn
from torch.testing import assert_close

from automtl.core.block import Features
from automtl.core.task import TaskKind
from automtl.errors import PluginError
from automtl.testing import assert_exports_to_onnx, assert_head_contract
from automtl_plugins.heads import chain
from automtl_plugins.heads.chain import Chain

Labels = Callable[[int], TaskKind]


def made(kind: TaskKind, size: int = 5, **options: object) -> Chain:
    """A chain in which labels do read each other."""
    head = Chain(Features(size), kind, kind.n_outputs, **options)  # type: ignore[arg-type]
    nn.init.normal_(head.transfer)
    return head


def one_by_one(head: Chain, features: Tensor) -> Tensor:
    """The definition: a label after the other, each with a gradient of its own."""
    alone, logits = head.linear(features), []
    for place in range(len(head.order)):
        before = [head.transfer[place, j] * logits[j].detach().sigmoid() for j in range(place)]
        logits.append(sum(before, alone[..., place]))
    return torch.stack([logits[place] for place in head.places], dim=-1)


@mark.parametrize("n_labels", [1, 6, 40])
def test_contract(labels: Labels, n_labels: int) -> None:
    assert_head_contract(Chain, labels(n_labels))


def test_exports_to_onnx_with_labels_that_read_each_other(labels: Labels) -> None:
    assert_exports_to_onnx(made(labels(40)), torch.randn(7, 2, 5))


@mark.parametrize("n_labels", [1, 3, 16, 17, 40])
@mark.parametrize("order", ["frequency", "random"])
def test_is_the_chain_one_label_after_the_other(labels: Labels, n_labels: int, order: str) -> None:
    head, features = made(labels(n_labels), order=order), torch.randn(7, 2, 5, requires_grad=True)
    weights = [features, *head.parameters()]
    expected, found = one_by_one(head, features), head(features)
    assert_close(found, expected)
    up = torch.randn_like(found)
    for one, other in zip(
        torch.autograd.grad(found, weights, up),
        torch.autograd.grad(expected, weights, up, allow_unused=True),
        strict=True,
    ):
        assert_close(one, torch.zeros_like(one) if other is None else other)


def test_predicts_as_scikit_learn_does(labels: Labels) -> None:
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(300, 5))
    targets = (inputs @ rng.normal(size=(5, 4)) + rng.normal(size=(300, 4)) > 0).astype(int)
    head, base = made(labels(4), order="random"), LogisticRegression()
    oracle = ClassifierChain(base, order=head.order, chain_method="predict_proba")
    oracle.fit(inputs, targets)
    with torch.no_grad():
        for place, one in enumerate(oracle.estimators_):
            head.linear.weight[place] = torch.tensor(one.coef_[0, :5])
            head.linear.bias[place] = float(one.intercept_[0])
            head.transfer[place, :place] = torch.tensor(one.coef_[0, 5:])
        found = head(torch.tensor(inputs, dtype=torch.float32).unsqueeze(1))[:, 0].sigmoid()
    assert found.numpy() == approx(oracle.predict_proba(inputs), abs=1e-5)


def test_begins_as_independent_classifiers(labels: Labels) -> None:
    kind, features = labels(6), torch.randn(7, 2, 5)
    head = Chain(Features(5), kind, 6)
    assert_close(head(features), head.linear(features)[..., head.places])


def test_a_label_knows_nothing_of_those_behind_it(labels: Labels) -> None:
    head, features = made(labels(20)), torch.randn(7, 1, 5)
    before = head(features)
    with torch.no_grad():
        head.linear.weight[10:] += 1
    changed = (head(features) != before).any(0).any(0)
    assert set(changed.nonzero().flatten().tolist()) == set(head.order[10:])


def test_frequent_labels_come_first(labels: Labels) -> None:
    kind = labels(6)
    positives = [kind.counts[label][1] for label in Chain(Features(5), kind, 6).order]  # type: ignore[attr-defined]
    assert positives == sorted(positives, reverse=True)


def test_a_random_order_is_that_of_its_seed(labels: Labels) -> None:
    make = partial(Chain, Features(5), labels(40), 40, order="random")
    assert make(seed=1).order == make(seed=1).order
    assert make(seed=1).order != make(seed=2).order
    assert sorted(make(seed=1).order) == list(range(40))


def test_rejects_another_order(labels: Labels) -> None:
    with raises(ValueError, match="`order` must be 'frequency' or 'random', but got order='size'"):
        Chain(Features(5), labels(3), 3, order="size")


def test_a_chain_has_an_end(labels: Labels) -> None:
    with raises(PluginError, match=r"at most 200 labels, but got 201\. Choose another head"):
        Chain(Features(5), labels(201), 201)


def test_is_a_plugin() -> None:
    assert chain.automtl_heads() == [Chain]
