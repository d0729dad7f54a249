"""Removes from an exported graph what onnxruntime would compute in vain, or twice."""

from onnx_ir import Model
from onnx_ir.passes import Sequential
from onnx_ir.passes import common as passes
from onnxscript.optimizer import fold_constants

LARGEST = 1 << 30  # elements of weights that are compared


def simplify(model: Model) -> None:
    """
    Folds constants and joins equal nodes and weights, in place. These are the passes of PyTorch's
    own optimiser but for its rewriting rules: to look for their patterns takes a third of an export
    of many networks, and what they find in our graphs, onnxruntime finds as well.
    """
    passes.InlinePass()(model)
    fold_constants(model)
    Sequential(
        passes.RemoveUnusedNodesPass(),
        passes.RemoveUnusedFunctionsPass(),  # type: ignore[no-untyped-call]
        passes.RemoveUnusedOpsetsPass(),
        passes.LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0),
        passes.LiftSubgraphInitializersToMainGraphPass(),
        passes.DeduplicateInitializersPass(size_limit=LARGEST),
        passes.CommonSubexpressionEliminationPass(),
        passes.OutputFixPass(),
        passes.NameFixPass(),
    )(model)
