import onnxruntime
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from automtl.deploy.quiet import quiet
from automtl.deploy.simplify import simplify


class _Twice(nn.Module):
    """Computes the same function twice, with weights of its own that are equal."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.ModuleList([nn.Linear(3, 2000), nn.Linear(3, 2000)])
        self.maps[1].load_state_dict(self.maps[0].state_dict())
        for layer in self.maps:  # not contiguous, as a tensor that was sliced or transposed
            layer.weight = nn.Parameter(layer.weight.T.contiguous().T)

    def forward(self, x: Tensor) -> Tensor:
        first, second = (layer(x).relu() for layer in self.maps)
        return first + second


def test_what_is_computed_twice_is_joined_and_the_values_stay() -> None:
    network, x = _Twice().eval(), torch.randn(5, 3)
    with quiet():
        program = torch.onnx.export(network, (x,), dynamo=True, verbose=False, optimize=False)
    assert program is not None
    before = len(program.model.graph)
    simplify(program.model)
    weights = program.model.graph.initializers.values()
    kinds = [node.op_type for node in program.model.graph]
    assert len(kinds) < before
    assert kinds.count("Relu") == 1
    assert sum(value.const_value.size for value in weights) == 3 * 2000 + 2000
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())
    (found,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    assert_close(torch.from_numpy(found), network(x).detach())
