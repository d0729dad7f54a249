"""What the contracts of several kinds of plugin check."""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from automtl.core.block import Features, InputSpec

BATCH = 7


LAYOUT = InputSpec(((-1.0, 0.0, 0.5, 1.0), (-1.0, 1.0), (-2.0, -1.0, 1.0)), 2, (3, 2))


@contextmanager
def seeded() -> Iterator[None]:
    """The same random numbers every time, and none taken from the caller's generator."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def shape(features: Features, batch: int = BATCH) -> tuple[int, ...]:
    members = () if features.members is None else (features.members,)
    return (batch, *members, features.size)


def mixes_rows(name: str) -> str:
    return f"In evaluation, `{name}` must map each row for itself, but rows depend on others."


def check_named(plugin: type) -> None:
    for attribute in ("name", "citation"):
        value = getattr(plugin, attribute, None)
        assert isinstance(value, str), f"{plugin.__name__}.{attribute} must be a text: {value!r}."
        assert value, f"{plugin.__name__}.{attribute} must not be empty."
    assert not inspect.isabstract(plugin), f"{plugin.__name__} has abstract methods left."


def check_shape(name: str, output: Tensor, declared: Features, batch: int = BATCH) -> None:
    expected, found = shape(declared, batch), tuple(output.shape)
    assert found == expected, f"`{name}` must give the shape {expected}, but gave {found}."
    assert output.isfinite().all(), f"`{name}` gives numbers that are not finite."


def check_trained(module: nn.Module, loss: Tensor) -> None:
    if loss.requires_grad:
        loss.backward()  # type: ignore[no-untyped-call]
    untrained = [name for name, p in module.named_parameters() if p.grad is None]
    assert not untrained, f"A gradient must reach all parameters, but none reaches {untrained}."


def without_first_row(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Tasks that shared a feature still hold the same tensor object."""
    rows = {id(tensor): tensor[1:] for tensor in tensors}
    return [rows[id(tensor)] for tensor in tensors]
