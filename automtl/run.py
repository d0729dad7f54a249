"""The run folder: the only writer of files in it."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError

from automtl.core.affinity import Affinity
from automtl.core.trial import Order, Trial
from automtl.errors import RunError
from automtl.model.network import Network
from automtl.train.trial import Outcome


@dataclass(frozen=True)
class RunFolder:
    """
    Where a search keeps what it found.

    ``config.yaml`` (every default spelled out), ``data.json``, ``trials.jsonl`` (one line a trial,
    appended and synced as it ends), ``models/KEY.safetensors`` and ``curves/KEY.json`` (of each
    trial; written by the workers), ``affinity.json``, ``best.json``, ``best.onnx``,
    ``MODEL_CARD.md`` and ``report.html``. It is all text, safetensors and ONNX: nothing here is
    ever unpickled.

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
        try:
            if path.exists():
                raise RunError(
                    f"{path}: the run folder exists. Go on with it by `automtl search --resume "
                    f"{path}`, or choose another name with --name."
                )
            part = cls(path.with_name(f".{path.name}.{os.getpid()}"))
            for folder in ("models", "curves"):
                (part.path / folder).mkdir(parents=True)
            part.write_text("config.yaml", config)
            part.write_json("data.json", data)
            part.write_text("trials.jsonl", "")
            part.path.rename(path)
        except OSError as error:
            raise RunError(f"{path}: the run folder cannot be written: {error.strerror}.") from None
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
        with ExitStack() as stack:
            try:
                file = stack.enter_context((self.path / "trials.jsonl").open("a"))
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunError(f"{self.path}: another search is at work in this folder.") from None
            except OSError as error:
                raise RunError(f"{self.path}: cannot be written: {error.strerror}.") from None
            yield

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

    def trials(self) -> list[Trial]:
        """
        All trials so far. A last line that was cut off by a kill is taken off the file.

        :raises RunError: If another line cannot be read.
        """
        file = self.path / "trials.jsonl"
        content = file.read_bytes()
        whole, _, cut = content.rpartition(b"\n")
        if cut:
            os.truncate(file, len(content) - len(cut))
        found = []
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                found.append(Trial.from_json(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                raise RunError(f"{file}:{number}: this line is no trial ({error}).") from None
        return found

    def keep(self, order: Order, outcome: Outcome) -> None:
        """Writes the network and the curves of an outcome; workers call this."""
        if outcome.network is None:
            return
        weights = {
            name: tensor.detach().cpu().contiguous()
            for name, tensor in outcome.network.state_dict().items()
        }
        self._write(f"models/{order.key}.safetensors", safetensors.torch.save(weights))
        curves = [asdict(curve) for curve in outcome.curves]
        affinity = None if outcome.affinity is None else outcome.affinity.to_json()
        self._write(
            f"curves/{order.key}.json", json.dumps({"curves": curves, "affinity": affinity})
        )

    def restore(self, order: Order, network: Network) -> Network:
        """
        Loads the weights that `keep` wrote into ``network``.

        :raises RunError: If they are missing, broken or of another network.
        """
        file = self.path / "models" / f"{order.key}.safetensors"
        try:
            network.load_state_dict(safetensors.torch.load_file(file))
        except (OSError, SafetensorError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise RunError(
                f"{file}: the weights cannot be restored ({reason}). "
                f"Start a new search, or put the file back."
            ) from None
        return network

    def curves(self, trial: Trial) -> list[dict[str, Any]]:
        """What happened in a training, for each independent part; empty if it is not known."""
        found: list[dict[str, Any]] = self._curves_of(trial).get("curves", [])
        return found

    def affinity(self, trial: Trial) -> Affinity | None:
        """What was measured in a trial, if anything was."""
        found = self._curves_of(trial).get("affinity")
        return None if found is None else Affinity.from_json(found)

    def write_json(self, name: str, data: Mapping[str, Any]) -> None:
        """Writes a file of the folder, whole or not at all."""
        self._write(name, json.dumps(data, indent=2, ensure_ascii=False) + "\n")

    def write_text(self, name: str, text: str) -> None:
        """Writes a file of the folder, whole or not at all."""
        self._write(name, text)

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

    def _curves_of(self, trial: Trial) -> dict[str, Any]:
        file = self.path / "curves" / f"{trial.order.key}.json"
        found: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
        return found

    def _write(self, name: str, content: str | bytes) -> None:
        file = self.path / name
        part = file.with_name(f".{file.name}.{os.getpid()}")
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        part.replace(file)
