from collections.abc import Callable
from functools import partial

import torch
from pytest import approx, mark, raises
from torch import nn
from torch.testing import assert_close

from automtl.core.block import Features
from automtl.core.task import TaskKind
from automtl.testing import assert_head_contract
from automtl_plugins.heads import label_graph
from automtl_plugins.heads.label_graph import LabelGraph, reweighted

Labels = Callable[[int], TaskKind]


@mark.parametrize("nodes", ["learned", "cooccurrence"])
@mark.parametrize("n_labels", [1, 6, 40])
def test_contract(labels: Labels, n_labels: int, nodes: str) -> None:
    assert_head_contract(partial(LabelGraph, nodes=nodes), labels(n_labels))


def test_the_graph_is_that_of_the_paper() -> None:
    given = torch.tensor([[1.0, 0.4, 0.9, 0.0], [0.3, 1.0, 0.4, 0.2], [0.3] * 4, [0.0] * 4])
    given[2, 2] = 1.0
    expected = [[0.8, 0.1, 0.1, 0.0], [0.0, 0.8, 0.2, 0.0], [0.0, 0.0, 1.0, 0.0], [0, 0, 0, 1.0]]
    assert_close(reweighted(given, threshold=0.4, share=0.2), torch.tensor(expected))


@mark.parametrize("threshold", [0.1, 0.4, 1.0])
def test_each_label_takes_a_whole(labels: Labels, threshold: float) -> None:
    given = torch.tensor(labels(20).cooccurrence)  # type: ignore[attr-defined]
    graph = reweighted(given, threshold, 0.3)
    assert_close(graph.sum(1), torch.ones(20))
    assert (graph >= 0).all()
    assert (graph.diagonal() >= 0.7 - 1e-6).all()


def test_without_a_share_labels_are_apart(labels: Labels) -> None:
    head = LabelGraph(Features(5), labels(6), 6, share=0)
    before = head.classifiers()
    with torch.no_grad():
        head.embedding[2] += 1
    changed = (head.classifiers() != before).any(1)
    assert changed.nonzero().flatten().tolist() == [2]


def test_a_label_hears_of_those_it_reads_in_two_steps(labels: Labels) -> None:
    head = LabelGraph(Features(5), labels(6), 6)
    with torch.no_grad():
        head.reads.copy_(reweighted(torch.eye(6) + torch.diag(torch.ones(5), 1), 0.5, 0.2))
    before = head.classifiers()
    with torch.no_grad():
        head.embedding[4] += 1
    changed = (head.classifiers() != before).any(1)
    assert changed.nonzero().flatten().tolist() == [2, 3, 4]


@mark.parametrize("nodes", ["learned", "cooccurrence"])
def test_starts_about_as_wide_as_a_linear_layer(labels: Labels, nodes: str) -> None:
    torch.manual_seed(0)
    head = LabelGraph(Features(100), labels(40), 40, nodes=nodes)
    wide = float(nn.Linear(100, 40).weight.detach().std())
    assert 0.5 < float(head.classifiers().detach().std()) / wide < 2


def test_labels_may_begin_as_what_they_go_with(labels: Labels) -> None:
    head = LabelGraph(Features(5), labels(6), 6, nodes="cooccurrence")
    assert "embedding" not in dict(head.named_parameters())
    assert head.embedding.square().mean().item() == approx(1)


@mark.parametrize(
    ("options", "values"),
    [
        ({"threshold": 0.0}, "threshold=0.0, share=0.2, embedding=64 and hidden=128"),
        ({"share": 1.0}, "share=1.0"),
        ({"embedding": 0}, "embedding=0"),
        ({"hidden": 0}, "hidden=0"),
    ],
)
def test_rejects_options_out_of_range(
    labels: Labels, options: dict[str, float], values: str
) -> None:
    with raises(ValueError, match=f"must hold, but got .*{values}"):
        LabelGraph(Features(5), labels(3), 3, **options)  # type: ignore[arg-type]


def test_rejects_other_nodes(labels: Labels) -> None:
    with raises(ValueError, match="`nodes` must be 'learned' or 'cooccurrence', but got nodes='x'"):
        LabelGraph(Features(5), labels(3), 3, nodes="x")


def test_is_a_plugin() -> None:
    assert label_graph.automtl_heads() == [LabelGraph]
