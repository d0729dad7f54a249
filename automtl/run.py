"""The run folder: the only writer of files in it."""

import fcntl
import json
import math
import os
import platform
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import Any

import safetensors.numpy
import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from automtl.core.affinity import Affinity
from automtl.core.task import Floats
from automtl.core.trial import Bag, Order, Trial
from automtl.data.dataset import FittedSkip
from automtl.errors import RunError
from automtl.model.network import GraphNetwork, Network
from automtl.train.fit import Curve
from automtl.train.part import PartStore, Trained
from automtl.train.warm import Checkpoint

NODE = re.compile(r"stages\.(\d+)\.(\d+)\.")  # how names of weights begin, in `GraphNetwork`


@dataclass(frozen=True)
class RunFolder(PartStore):
    """
    Where a search keeps what it found.

    ``config.yaml`` (every default spelled out), ``data.json``, ``trials.jsonl`` (one line a trial,
    appended and synced as it ends), ``models/KEY.safetensors`` and ``curves/KEY.json`` (of each
    independent part of a trial, by `Order.parts`; written by the workers),
    ``models/KEY.warm.safetensors`` (the checkpoint of an all-shared anchor),
    ``models/KEY.judged.safetensors`` (the predictions that a part is judged by),
    ``curves/KEY.affinity.json`` (what was measured in the single-task anchor), ``affinity.json``,
    ``posterior.json`` (the affinity inferred from gains), ``front.json`` (the Pareto front),
    ``evidence.json`` (what the pictures of the tasks are drawn from), ``best.json``, ``best.onnx``,
    ``MODEL_CARD.md``, ``report.html``, and ``id.txt`` if other tools were told of the search. It is
    all text, safetensors and ONNX: nothing here is ever unpickled.

    :param path: The folder.
    """

    path: Path

    @classmethod
    def create(cls, path: Path, config: str, data: Mapping[str, Any]) -> "RunFolder":
        """
        Makes a new folder, whole or not at all.

        :param config: The resolved configuration, as YAML.
        :param data: What is known of the data, as JSON data: at least their ``digest``.
        :raises RunError: If it exists, or cannot be written.
        """
        with making(path) as part:
            made = cls(part)
            for folder in ("models", "curves"):
                (part / folder).mkdir()
            made.write_text("config.yaml", config)
            made.write_json("data.json", data)
            made.write_text("trials.jsonl", "")
        return cls(path.resolve())

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """
        Opens a folder that `create` made.

        :raises RunError: If it is not one.
        """
        if not (path / "config.yaml").is_file() or not (path / "trials.jsonl").is_file():
            raise RunError(
                f"{path}: this is not a run folder: it has no config.yaml or trials.jsonl."
            )
        return cls(path.resolve())

    @contextmanager
    def lock(self) -> Iterator[None]:
        """
        Keeps a second search out of this folder; a killed search loses its lock.

        :raises RunError: If another search is at work here, or the folder cannot be written.
        """
        with locking(self.path / "trials.jsonl"):
            yield

    @property
    def locked(self) -> bool:
        """Whether a search is at work here."""
        with (self.path / "trials.jsonl").open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.path / "config.yaml"

    @property
    def model(self) -> Path:
        """The exported model."""
        return self.path / "best.onnx"

    def append(self, trial: Trial) -> None:
        """Adds a line to ``trials.jsonl`` that outlives whatever happens next."""
        with (self.path / "trials.jsonl").open("a") as file:
            file.write(json.dumps(trial.to_json()) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def trials(self, mend: bool = True) -> list[Trial]:
        """
        All trials so far. A last line that was cut off by a kill is taken off the file.

        :param mend: False to leave the file as it is: while a search writes to it, a line that is
            cut off may be one that is being written.
        :raises RunError: If another line cannot be read.
        """
        file = self.path / "trials.jsonl"
        content = file.read_bytes()
        whole, _, cut = content.rpartition(b"\n")
        if cut and mend:
            os.truncate(file, len(content) - len(cut))
        found = []
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                found.append(Trial.from_json(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                raise RunError(f"{file}:{number}: this line is no trial ({error}).") from None
        return found

    def recall(self, part: Order, network: GraphNetwork) -> Trained | None:
        """
        Loads the weights that `keep` wrote. A part that is missing, or of which anything is broken,
        is as good as never trained.
        """
        try:
            record = _read_json(self.path / _record_name(part))
            affinity = record["affinity"] and Affinity.from_json(record["affinity"])
            curve = Curve(**{**record["curve"], "tasks": network.tasks})
            checkpoint = self.checkpoint(part.key) if part.is_shared_anchor else None
            judged = self._judged(part)
            self._load(part, network)  # last: a network that is to be trained stays as it was
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
            self._write(_record_name(part), record)
            if trained.checkpoint is not None:
                self._write(_checkpoint_name(part.key), _checkpoint_bytes(trained.checkpoint))
            if trained.judged is not None:
                self._write(_judged_name(part), safetensors.numpy.save(dict(trained.judged)))
            weights = safetensors.torch.save(_on_cpu(network.state_dict()))
            self._write(f"models/{part.key}.safetensors", weights)
        except OSError as error:
            raise RunError(
                f"{self.path}: a trained part cannot be written: {error.strerror}."
            ) from None

    def judged(self, order: Order, tasks: Sequence[str]) -> dict[str, Floats] | None:
        """What a training was judged by, of all ``tasks``; None where that is not kept."""
        found: dict[str, Floats] = {}
        try:
            for part in order.parts:
                found |= self._judged(part) or {}
        except SafetensorError:
            return None
        return found if found.keys() == set(tasks) else None

    def skip(self, name: str, bag: Bag, fit: Callable[[], FittedSkip]) -> FittedSkip:
        """
        The skip of a division of the rows, fitted by whichever worker is first. One of which
        anything is broken is fitted again.
        """
        file = f"models/{name}-{bag[0]}of{bag[1]}.safetensors"
        try:
            return FittedSkip(**safetensors.numpy.load_file(self.path / file))
        except (OSError, SafetensorError, TypeError):
            fitted = fit()
        self._write(file, safetensors.numpy.save(vars(fitted)))
        return fitted

    def measured(self, order: Order, affinity: Affinity) -> None:
        """Writes what was measured when all parts of ``order`` were trained; workers call this."""
        self._write(_affinity_name(order), json.dumps(affinity.to_json()))

    def restore(self, order: Order, network: Network) -> Network:
        """
        Loads the weights that `keep` wrote into ``network``, part by part.

        :raises RunError: If they are missing, broken or of another network.
        """
        for part, part_network in zip(order.parts, network.parts, strict=True):
            self._load(part, part_network)
        return network

    def checkpoint(self, key: str) -> Checkpoint:
        """
        The checkpoint that an all-shared anchor left.

        :param key: The key of its order.
        :raises RunError: If it is missing or broken.
        """
        file = self.path / _checkpoint_name(key)
        try:
            with safe_open(file, "pt") as opened:
                about = opened.metadata()
                tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
            return Checkpoint(tensors, int(about["epoch"]), int(about["epochs"]))
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise RunError(
                f"{file}: the checkpoint to start from cannot be read ({_first_line(error)})."
            ) from None

    def curves(self, trial: Trial) -> list[dict[str, Any]]:
        """What happened in a training, for each independent part; empty if it is not known."""
        return [_read_json(file)["curve"] for file in self._record_files(trial.order)]

    def node_sizes(self, order: Order) -> dict[tuple[int, tuple[str, ...]], int]:
        """
        How many numbers the weights of each node are, by its stage, counted from 0, and its tasks:
        as far as the weights of ``order`` are there and can be read.
        """
        sizes: dict[tuple[int, tuple[str, ...]], int] = {}
        for part in order.parts:
            for name, size in _tensor_sizes(self.path / "models" / f"{part.key}.safetensors"):
                if found := NODE.match(name):
                    stage, place = int(found[1]), int(found[2])
                    at = stage, part.candidate.graph.stages[stage][place].tasks
                    sizes[at] = sizes.get(at, 0) + size
        return sizes

    def affinity(self, trial: Trial) -> Affinity | None:
        """What was measured in a trial, if anything was."""
        file = self.path / _affinity_name(trial.order)
        if file.is_file():
            return Affinity.from_json(_read_json(file))
        records = [_read_json(file) for file in self._record_files(trial.order)]
        found = [record["affinity"] for record in records if record["affinity"] is not None]
        return Affinity.from_json(found[0]) if found else None

    def write_json(self, name: str, data: Mapping[str, Any]) -> None:
        """Writes a file of the folder, whole or not at all."""
        self._write(name, json.dumps(data, indent=2, ensure_ascii=False) + "\n")

    def write_text(self, name: str, text: str) -> None:
        """Writes a file of the folder, whole or not at all."""
        self._write(name, text)

    def id(self) -> str:
        """
        Letters and digits that name this search among all searches, in others' tools; they are made
        when they are first asked for, and move with the folder.

        :raises RunError: If they cannot be written or read.
        """
        file = self.path / "id.txt"
        try:
            if not file.is_file():
                self._write("id.txt", secrets.token_hex(6))
            return file.read_text().strip()
        except (OSError, ValueError) as error:
            raise RunError(f"{file}: cannot be read or written ({error!r}).") from None

    def read_json(self, name: str) -> dict[str, Any] | None:
        """
        What `write_json` wrote; None if there is no such file.

        :raises RunError: If it is broken.
        """
        file = self.path / name
        return _read_json(file) if file.is_file() else None

    def data_digest(self) -> str:
        """
        The digest of the data that the search began with.

        :raises RunError: If it is not there.
        """
        file = self.path / "data.json"
        try:
            return str(json.loads(file.read_bytes())["digest"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(
                f"{file}: there is no digest of the data ({error!r}), so this search cannot go on. "
                f"Remove the folder, and start a new search."
            ) from None

    def data_report(self) -> dict[str, Any]:
        """What was found out about the data when the search began; empty if it is not there."""
        try:
            found: dict[str, Any] = json.loads((self.path / "data.json").read_bytes())["report"]
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return found

    def constants(self) -> dict[str, float] | None:
        """Each task's validation error of a constant prediction; None if it is not there."""
        try:
            found: dict[str, float] = json.loads((self.path / "data.json").read_bytes())[
                "constants"
            ]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return found

    def training_seconds(self) -> float:
        """
        How long a training may last, as the search began with it: with more time later on, a graph
        would be compared with anchors that had less.
        """
        found = (self.read_json("data.json") or {}).get("training_seconds")
        return math.inf if found is None else float(found)

    def fold(self) -> tuple[int, int] | None:
        """Which fold of how many it is, counted from 0; None for no cross-validation."""
        try:
            number, k = json.loads((self.path / "data.json").read_bytes())["fold"]
            return int(number), int(k)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _judged(self, part: Order) -> dict[str, Floats] | None:
        file = self.path / _judged_name(part)
        return safetensors.numpy.load_file(file) if file.is_file() else None

    def _load(self, part: Order, network: GraphNetwork) -> None:
        """
        Loads the weights of a part, all of them or, if they do not fit, none.

        :raises RunError: If they are missing, broken or of another network.
        """
        file = self.path / "models" / f"{part.key}.safetensors"
        try:
            weights = safetensors.torch.load_file(file)
            wanted = {name: tensor.shape for name, tensor in network.state_dict().items()}
            if wanted != {name: tensor.shape for name, tensor in weights.items()}:
                raise ValueError("they are of another network")
            network.load_state_dict(weights)
        except (OSError, SafetensorError, ValueError) as error:
            raise RunError(
                f"{file}: the weights cannot be restored ({_first_line(error)}). "
                f"Start a new search, or put the file back."
            ) from None

    def _record_files(self, order: Order) -> list[Path]:
        """What `keep` wrote of an order's parts beside their weights, as far as it is there."""
        files = (self.path / _record_name(part) for part in order.parts)
        return [file for file in files if file.is_file()]

    def _write(self, name: str, content: str | bytes) -> None:
        write_whole(self.path / name, content)


@contextmanager
def making(path: Path) -> Iterator[Path]:
    """
    An empty folder that becomes ``path`` at the end of the block.

    :raises RunError: If it exists, or cannot be written.
    """
    try:
        if path.exists():
            raise RunError(
                f"{path}: the run folder exists. Go on with it by `automtl search --resume "
                f"{path}`, or choose another name with --name."
            )
        part = path.with_name(f".{path.name}.{os.getpid()}")
        part.mkdir(parents=True)
        yield part
        part.rename(path)
    except OSError as error:
        raise RunError(f"{path}: the run folder cannot be written: {error.strerror}.") from None


@contextmanager
def locking(file: Path) -> Iterator[None]:
    """
    Keeps others out of a file's folder, if they ask in the same way; a kill ends it.

    :raises RunError: If another search is at work here, or the file cannot be written.
    """
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(file.open("a"))
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(f"{file.parent}: another search is at work in this folder.") from None
        except OSError as error:
            raise RunError(f"{file.parent}: cannot be written: {error.strerror}.") from None
        yield


def write_whole(file: Path, content: str | bytes) -> None:
    """Writes a file, whole or not at all."""
    part = file.with_name(f".{file.name}.{platform.node()}.{os.getpid()}")
    part.write_bytes(content.encode() if isinstance(content, str) else content)
    part.replace(file)


def _record_name(part: Order) -> str:
    return f"curves/{part.key}.json"


def _affinity_name(order: Order) -> str:
    return f"curves/{order.key}.affinity.json"


def _checkpoint_name(key: str) -> str:
    return f"models/{key}.warm.safetensors"


def _judged_name(part: Order) -> str:
    return f"models/{part.key}.judged.safetensors"


def _tensor_sizes(file: Path) -> list[tuple[str, int]]:
    """The name of each tensor in a file of weights, and of how many numbers it is."""
    try:
        with safe_open(file, "pt") as opened:
            names = list(opened.keys())
            return [(name, prod(opened.get_slice(name).get_shape())) for name in names]
    except (OSError, SafetensorError):
        return []


def _checkpoint_bytes(checkpoint: Checkpoint) -> bytes:
    about = {"epoch": str(checkpoint.epoch), "epochs": str(checkpoint.epochs)}
    return safetensors.torch.save(_on_cpu(checkpoint.tensors), about)


def _on_cpu(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _read_json(file: Path) -> dict[str, Any]:
    """
    Reads what a `RunFolder` wrote.

    :raises RunError: If it is missing or broken.
    """
    try:
        found: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise RunError(f"{file}: this file cannot be read ({_first_line(error)}).") from None
    return found


def _first_line(error: Exception) -> str:
    return (str(error) or repr(error)).splitlines()[0]
