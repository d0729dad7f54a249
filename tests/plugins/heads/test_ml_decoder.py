from collections.abc import Callable
from functools import partial

import torch
from pytest import mark, raises
from torch import nn
from torch.testing import assert_close

from automtl.core.block import Features
from automtl.core.task import TaskKind
from automtl.testing import assert_head_contract
from automtl_plugins.heads import ml_decoder
from automtl_plugins.heads.ml_decoder import MLDecoder
from automtl_plugins.task_kinds.multiclass import Multiclass

Labels = Callable[[int], TaskKind]


@mark.parametrize("n_labels", [1, 6, 40])
def test_contract(labels: Labels, n_labels: int) -> None:
    assert_head_contract(partial(MLDecoder, groups=7, width=16), labels(n_labels))


def test_serves_classes_too() -> None:
    assert_head_contract(MLDecoder, Multiclass(("a", "b", "c"), (1, 2, 3)))


def test_queries_are_not_learned(labels: Labels) -> None:
    head = MLDecoder(Features(5), labels(6), 6)
    assert head.queries.shape == (6, 32)  # never more than labels
    assert "queries" in head.state_dict()
    assert not any(p is head.queries for p in head.parameters())


@mark.parametrize("n_labels", [7, 8, 9, 10])
def test_each_group_answers_for_its_labels(labels: Labels, n_labels: int) -> None:
    head, features = (
        MLDecoder(Features(5), labels(n_labels), n_labels, groups=3),
        torch.randn(4, 2, 5),
    )
    head.eval()
    before = head(features)
    with torch.no_grad():
        head.queries[1] += torch.randn(32)
    changed = (head(features) != before).any(0).any(0).nonzero().flatten().tolist()
    each = -(-n_labels // 3)
    assert changed == list(range(each, min(2 * each, n_labels)))


def test_attention_is_that_of_torch(labels: Labels) -> None:
    head = MLDecoder(Features(20), labels(6), 6, width=16, heads=4).eval()
    own = head.attention
    torchs = nn.MultiheadAttention(16, 4, batch_first=True)
    with torch.no_grad():
        parts = [own.query, own.key, own.value]
        torchs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        torchs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        torchs.out_proj.load_state_dict(own.out.state_dict())
    tokens = head.tokens(torch.randn(7, 1, 20))
    expected, _ = torchs(head.queries.expand(7, -1, -1), tokens[:, 0], tokens[:, 0])
    assert_close(own(head.queries, tokens)[:, 0], expected)


@mark.parametrize(("size", "tokens", "expected"), [(20, 8, 7), (16, 8, 8), (5, 8, 5), (1, 8, 1)])
def test_each_token_is_a_chunk_of_the_feature(
    labels: Labels, size: int, tokens: int, expected: int
) -> None:
    cut = MLDecoder(Features(size), labels(6), 6, tokens=tokens).tokens
    nn.init.uniform_(cut.weight)  # so that the rectifier lets a larger feature through
    features = torch.rand(1, 1, size)
    before = cut(features)
    assert before.shape == (1, 1, expected, 32)
    chunk = -(-size // expected)
    for column in range(size):
        more = features.clone()
        more[..., column] += 1
        changed = (cut(more) != before).any(-1).flatten().nonzero().flatten().tolist()
        assert changed == [column // chunk]


@mark.parametrize(
    ("options", "values"),
    [
        ({"groups": 0}, "groups=0"),
        ({"width": 30}, "width=30, heads=4"),
        ({"heads": 0}, "heads=0"),
        ({"tokens": 0}, "tokens=0"),
        ({"dropout": 1.0}, "dropout=1.0"),
    ],
)
def test_rejects_options_out_of_range(
    labels: Labels, options: dict[str, float], values: str
) -> None:
    with raises(ValueError, match=f"must hold, but got .*{values}"):
        MLDecoder(Features(5), labels(3), 3, **options)  # type: ignore[arg-type]


def test_is_a_plugin() -> None:
    assert ml_decoder.automtl_heads() == [MLDecoder]
