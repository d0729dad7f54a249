"""The folder of a search: what it began with, its trials, and what it concluded."""

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automtl.core.trial import Trial
from automtl.errors import RunError
from automtl.run.about import About
from automtl.run.files import is_locked, locking, making, read_json, write_json, write_whole
from automtl.run.parts import PartFiles


@dataclass(frozen=True)
class RunFolder:
    """
    Where a search keeps what it found.

    ``config.yaml`` (every default spelled out), ``data.json`` (see `About`), ``trials.jsonl`` (one
    line a trial, appended and synced as it ends), ``models/`` and ``curves/`` (see `PartFiles`),
    ``affinity.json``, ``posterior.json`` (the affinity inferred from gains), ``front.json`` (the
    Pareto front), ``evidence.json`` (what the pictures of the tasks are drawn from), ``best.json``,
    ``best.onnx``, ``MODEL_CARD.md``, ``report.html``, and ``id.txt`` if other tools were told of
    the search. It is all text, safetensors and ONNX: nothing here is ever unpickled.

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
        with locking(self._trials):
            yield

    @property
    def locked(self) -> bool:
        """Whether a search is at work here."""
        return is_locked(self._trials)

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.path / "config.yaml"

    @property
    def about(self) -> About:
        """What the search began with."""
        return About(self.path / "data.json")

    @property
    def parts(self) -> PartFiles:
        """What the trainings gave, for workers to keep and to find."""
        return PartFiles(self.path)

    @property
    def model(self) -> Path:
        """The exported model."""
        return self.path / "best.onnx"

    def append(self, trial: Trial) -> None:
        """Adds a line to ``trials.jsonl`` that outlives whatever happens next."""
        with self._trials.open("a") as file:
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
        file = self._trials
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

    def id(self) -> str:
        """
        Letters and digits that name this search among all searches, in others' tools; they are made
        when they are first asked for, and move with the folder.

        :raises RunError: If they cannot be written or read.
        """
        file = self.path / "id.txt"
        try:
            if not file.is_file():
                write_whole(file, secrets.token_hex(6))
            return file.read_text().strip()
        except (OSError, ValueError) as error:
            raise RunError(f"{file}: cannot be read or written ({error!r}).") from None

    def write_text(self, name: str, text: str) -> None:
        """Writes a file of the folder, whole or not at all."""
        write_whole(self.path / name, text)

    def write_json(self, name: str, data: Mapping[str, Any]) -> None:
        """Writes a file of the folder, whole or not at all."""
        write_json(self.path / name, data)

    def read_json(self, name: str) -> dict[str, Any] | None:
        """
        What `write_json` wrote; None if there is no such file.

        :raises RunError: If it is broken.
        """
        file = self.path / name
        return read_json(file) if file.is_file() else None

    @property
    def _trials(self) -> Path:
        return self.path / "trials.jsonl"
