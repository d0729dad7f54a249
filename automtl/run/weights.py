"""Weights of networks, and checkpoints, in files that are never unpickled."""

import re
from collections.abc import Mapping
from math import prod
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from automtl.core.graph import TaskGraph
from automtl.errors import RunError
from automtl.model.network import GraphNetwork
from automtl.run.files import first_line, write_whole
from automtl.train.warm import Checkpoint

NODE = re.compile(r"stages\.(\d+)\.(\d+)\.")  # how names of weights begin, in `GraphNetwork`


def write_weights(file: Path, network: GraphNetwork) -> None:
    """Writes the weights of a network, whole or not at all."""
    write_whole(file, safetensors.torch.save(_on_cpu(network.state_dict())))


def load_weights(file: Path, network: GraphNetwork) -> None:
    """
    Loads the weights of a network, all of them or, if they do not fit, none.

    :raises RunError: If they are missing, broken or of another network.
    """
    try:
        weights = safetensors.torch.load_file(file)
        wanted = {name: tensor.shape for name, tensor in network.state_dict().items()}
        if wanted != {name: tensor.shape for name, tensor in weights.items()}:
            raise ValueError("they are of another network")
        network.load_state_dict(weights)
    except (OSError, SafetensorError, ValueError) as error:
        raise RunError(
            f"{file}: the weights cannot be restored ({first_line(error)}). "
            f"Start a new search, or put the file back."
        ) from None


def sizes_by_node(file: Path, graph: TaskGraph) -> dict[tuple[int, tuple[str, ...]], int]:
    """
    How many numbers the weights of each node of ``graph`` are, by its stage, counted from 0, and
    its tasks; empty if they cannot be read.
    """
    sizes: dict[tuple[int, tuple[str, ...]], int] = {}
    for name, size in _tensor_sizes(file):
        if found := NODE.match(name):
            stage, place = int(found[1]), int(found[2])
            at = stage, graph.stages[stage][place].tasks
            sizes[at] = sizes.get(at, 0) + size
    return sizes


def write_checkpoint(file: Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint, whole or not at all."""
    about = {"epoch": str(checkpoint.epoch), "epochs": str(checkpoint.epochs)}
    write_whole(file, safetensors.torch.save(_on_cpu(checkpoint.tensors), about))


def read_checkpoint(file: Path) -> Checkpoint:
    """
    Reads what `write_checkpoint` wrote.

    :raises RunError: If it is missing or broken.
    """
    try:
        with safe_open(file, "pt") as opened:
            about = opened.metadata()
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        return Checkpoint(tensors, int(about["epoch"]), int(about["epochs"]))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"{file}: the checkpoint to start from cannot be read ({first_line(error)})."
        ) from None


def _tensor_sizes(file: Path) -> list[tuple[str, int]]:
    """The name of each tensor in a file of weights, and of how many numbers it is."""
    try:
        with safe_open(file, "pt") as opened:
            names = list(opened.keys())
            return [(name, prod(opened.get_slice(name).get_shape())) for name in names]
    except (OSError, SafetensorError):
        return []


def _on_cpu(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
