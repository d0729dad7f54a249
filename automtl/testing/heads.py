"""The contract of heads."""

from collections.abc import Callable
from dataclasses import fields

import torch
from torch.testing import assert_close

from automtl.core.block import Features
from automtl.core.head import Head
from automtl.core.task import TaskKind
from automtl.errors import PluginError
from automtl.testing.common import (
    BATCH,
    check_named,
    check_shape,
    check_trained,
    mixes_rows,
    seeded,
)
from automtl.testing.onnx_export import assert_exports_to_onnx


@seeded()
def assert_head_contract(make: Callable[[Features, TaskKind, int], Head], kind: TaskKind) -> None:
    """
    Asserts of a head, on features without an ensemble axis and with one, narrow and wide:

    it gives ``[batch, members, n_outputs]``; in evaluation a row depends on nothing but itself;
    a gradient reaches the feature and all parameters; it refuses kinds that it does not serve;
    it exports to ONNX.

    :param kind: A fitted kind that the head serves.
    """
    for inputs in (Features(1), Features(5, members=3), Features(20, members=2)):
        head = make(inputs, kind, kind.n_outputs)
        check_named(type(head))
        given = torch.randn(BATCH, inputs.members or 1, inputs.size, requires_grad=True)
        check_trained(head, head(given).square().sum())
        assert given.grad is not None, f"No gradient of `{head.name}` reaches the feature."
        head.eval()
        with torch.no_grad():
            output = head(given)
            assert_close(head(given), output, msg=f"`{head.name}` is random in evaluation.")
            declared = Features(kind.n_outputs, members=inputs.members or 1)
            check_shape(head.name, output, declared)
            assert_close(head(given[1:]), output[1:], msg=mixes_rows(head.name))
    assert_exports_to_onnx(head, given.detach())
    _check_served(make, kind)


def _check_served(make: Callable[[Features, TaskKind, int], Head], kind: TaskKind) -> None:
    """A kind of another name, though alike in all else, is refused."""
    renamed = type(type(kind).__name__, (type(kind),), {"name": "a kind of another name"})
    other = renamed(**{field.name: getattr(kind, field.name) for field in fields(kind)})  # type: ignore[arg-type]
    try:
        head = make(Features(5), other, kind.n_outputs)
    except PluginError:
        return
    raise AssertionError(f"`{head.name}` must raise PluginError for a kind it does not serve.")
