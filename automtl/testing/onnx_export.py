"""The contract of whatever is exported."""

import warnings
from collections.abc import Sequence
from typing import Any

import onnxruntime
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from automtl.testing.common import without_first_row

OPSET = 20  # of the ONNX files that automtl writes


def assert_exports_to_onnx(module: nn.Module, given: Tensor | Sequence[Tensor]) -> None:
    """
    Asserts that the ONNX export of ``module`` agrees with it, on another batch size too.

    :param module: A block, which takes a tensor, or a primitive, which takes a list of them.
    :param given: What it takes, at least two rows ``[batch, *]``.
    """
    tensors = [given] if isinstance(given, Tensor) else list(given)
    argument = given if isinstance(given, Tensor) else tensors
    batch = {0: "batch"} if isinstance(given, Tensor) else [{0: "batch"}] * len(tensors)
    session = exported(module.eval(), argument, batch)
    fewer = without_first_row(tensors)
    names = [node.name for node in session.get_inputs()]
    feeds = {name: tensor.numpy() for name, tensor in zip(names, fewer, strict=True)}
    with torch.no_grad():
        expected = module(fewer[0] if isinstance(given, Tensor) else fewer)
    found = [torch.from_numpy(array) for array in session.run(None, feeds)]
    wanted = [expected] if isinstance(expected, Tensor) else list(expected)
    assert_close(found, wanted, rtol=1e-4, atol=1e-5)


def exported(
    module: nn.Module, argument: Tensor | list[Tensor], batch: Any
) -> onnxruntime.InferenceSession:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of what concerns itself alone
        program = torch.onnx.export(
            module,
            (argument,),
            dynamo=True,
            opset_version=OPSET,
            dynamic_shapes=(batch,),
            verbose=False,
        )
    assert program is not None
    return onnxruntime.InferenceSession(program.model_proto.SerializeToString())
