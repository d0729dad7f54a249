"""What the independent parts of trials gave, so that each is trained once."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.numpy
from safetensors import SafetensorError

from automtl.core.affinity import Affinity
from automtl.core.task import Floats
from automtl.core.trial import Bag, Order, Trial
from automtl.data.dataset import FittedSkip
from automtl.errors import RunError
from automtl.model.network import GraphNetwork, Network
from automtl.run.files import read_json, write_whole
from automtl.run.weights import (
    load_weights,
    read_checkpoint,
    sizes_by_node,
    write_checkpoint,
    write_weights,
)
from automtl.train.fit import Curve
from automtl.train.part import PartStore, Trained
from automtl.train.warm import Checkpoint


@dataclass(frozen=True)
class PartFiles(PartStore):
    """
    The files that workers write and find again.

    ``models/KEY.safetensors`` and ``curves/KEY.json`` (of each independent part of a trial, by
    `Order.parts`), ``models/KEY.warm.safetensors`` (the checkpoint of an all-shared anchor),
    ``models/KEY.judged.safetensors`` (the predictions that a part is judged by),
    ``models/NAME-IofN.safetensors`` (the skip of a division of the rows) and
    ``curves/KEY.affinity.json`` (what was measured in the single-task anchor).

    :param path: The run folder.
    """

    path: Path

    def recall(self, part: Order, network: GraphNetwork) -> Trained | None:
        """
        Loads the weights that `keep` wrote. A part that is missing, or of which anything is broken,
        is as good as never trained.
        """
        try:
            record = read_json(self._record_file(part))
            affinity = record["affinity"] and Affinity.from_json(record["affinity"])
            curve = Curve(**{**record["curve"], "tasks": network.tasks})
            checkpoint = self.checkpoint(part.key) if part.is_shared_anchor else None
            judged = self._judged(part)
            # Last: a network that is to be trained stays as it was.
            load_weights(self._weights_file(part), network)
            return Trained(curve, affinity, checkpoint, judged)
        except (RunError, SafetensorError, KeyError, TypeError, ValueError):
            return None

    def keep(self, part: Order, network: GraphNetwork, trained: Trained) -> None:
        """
        Writes what the training of a part gave, its weights last; workers call this, and may do so
        for the same part at the same time.

        :raises RunError: If it cannot be written.
        """
        affinity = None if trained.affinity is None else trained.affinity.to_json()
        record = json.dumps({"curve": asdict(trained.curve), "affinity": affinity})
        try:
            write_whole(self._record_file(part), record)
            if trained.checkpoint is not None:
                write_checkpoint(self._checkpoint_file(part.key), trained.checkpoint)
            if trained.judged is not None:
                judged = safetensors.numpy.save(dict(trained.judged))
                write_whole(self._judged_file(part), judged)
            write_weights(self._weights_file(part), network)
        except OSError as error:
            raise RunError(
                f"{self.path}: a trained part cannot be written: {error.strerror}."
            ) from None

    def measured(self, order: Order, affinity: Affinity) -> None:
        """Writes what was measured when all parts of ``order`` were trained; workers call this."""
        write_whole(self._affinity_file(order), json.dumps(affinity.to_json()))

    def skip(self, name: str, bag: Bag, fit: Callable[[], FittedSkip]) -> FittedSkip:
        """
        The skip of a division of the rows, fitted by whichever worker is first. One of which
        anything is broken is fitted again.
        """
        file = self.path / "models" / f"{name}-{bag[0]}of{bag[1]}.safetensors"
        try:
            return FittedSkip(**safetensors.numpy.load_file(file))
        except (OSError, SafetensorError, TypeError):
            fitted = fit()
        write_whole(file, safetensors.numpy.save(vars(fitted)))
        return fitted

    def checkpoint(self, key: str) -> Checkpoint:
        """
        The checkpoint that an all-shared anchor left.

        :param key: The key of its order.
        :raises RunError: If it is missing or broken.
        """
        return read_checkpoint(self._checkpoint_file(key))

    def restore(self, order: Order, network: Network) -> Network:
        """
        Loads the weights that `keep` wrote into ``network``, part by part.

        :raises RunError: If they are missing, broken or of another network.
        """
        for part, part_network in zip(order.parts, network.parts, strict=True):
            load_weights(self._weights_file(part), part_network)
        return network

    def judged(self, order: Order, tasks: Sequence[str]) -> dict[str, Floats] | None:
        """What a training was judged by, of all ``tasks``; None where that is not kept."""
        found: dict[str, Floats] = {}
        try:
            for part in order.parts:
                found |= self._judged(part) or {}
        except SafetensorError:
            return None
        return found if found.keys() == set(tasks) else None

    def curves(self, trial: Trial) -> list[dict[str, Any]]:
        """What happened in a training, for each independent part; empty if it is not known."""
        return [record["curve"] for record in self._records(trial.order)]

    def affinity(self, trial: Trial) -> Affinity | None:
        """What was measured in a trial, if anything was."""
        file = self._affinity_file(trial.order)
        if file.is_file():
            return Affinity.from_json(read_json(file))
        records = self._records(trial.order)
        found = [record["affinity"] for record in records if record["affinity"] is not None]
        return Affinity.from_json(found[0]) if found else None

    def node_sizes(self, order: Order) -> dict[tuple[int, tuple[str, ...]], int]:
        """
        How many numbers the weights of each node are, by its stage, counted from 0, and its tasks:
        as far as the weights of ``order`` are there and can be read.
        """
        sizes: dict[tuple[int, tuple[str, ...]], int] = {}
        for part in order.parts:
            sizes |= sizes_by_node(self._weights_file(part), part.candidate.graph)
        return sizes

    def _records(self, order: Order) -> list[dict[str, Any]]:
        """What `keep` wrote of an order's parts beside their weights, as far as it is there."""
        files = map(self._record_file, order.parts)
        return [read_json(file) for file in files if file.is_file()]

    def _judged(self, part: Order) -> dict[str, Floats] | None:
        file = self._judged_file(part)
        return safetensors.numpy.load_file(file) if file.is_file() else None

    def _record_file(self, part: Order) -> Path:
        return self.path / "curves" / f"{part.key}.json"

    def _affinity_file(self, order: Order) -> Path:
        return self.path / "curves" / f"{order.key}.affinity.json"

    def _weights_file(self, part: Order) -> Path:
        return self.path / "models" / f"{part.key}.safetensors"

    def _checkpoint_file(self, key: str) -> Path:
        return self.path / "models" / f"{key}.warm.safetensors"

    def _judged_file(self, part: Order) -> Path:
        return self.path / "models" / f"{part.key}.judged.safetensors"
