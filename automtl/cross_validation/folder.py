"""The folder of a cross-validation: the only writer of files in it, but for those of its folds."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from automtl.cross_validation.results import CrossValidation, FoldResult
from automtl.cross_validation.tables import document
from automtl.errors import RunError
from automtl.run import locking, making, write_json, write_whole

RECORD = "folds.json"


@dataclass(frozen=True)
class FoldsFolder:
    """
    Where a cross-validation keeps what it found.

    ``config.yaml`` (every default spelled out), ``folds.json`` (the digest of each fold's data, the
    result of each fold that ended, and what they say together), ``folds.md`` (the same to read) and
    a run folder for each fold, ``fold-1``, ``fold-2`` and so on.
    """

    path: Path

    @classmethod
    def create(cls, path: Path, config: str, digests: Sequence[str]) -> "FoldsFolder":
        """
        Makes a new folder, whole or not at all.

        :param config: The resolved configuration, as YAML.
        :param digests: Of the data of each fold.
        :raises RunError: If it exists, or cannot be written.
        """
        with making(path) as part:
            write_whole(part / "config.yaml", config)
            write_json(part / RECORD, {"digests": list(digests), "results": []})
        return cls(path.resolve())

    @classmethod
    def open(cls, path: Path) -> "FoldsFolder":
        """
        Opens a folder that `create` made.

        :raises RunError: If its record cannot be read.
        """
        folder = cls(path.resolve())
        folder.results()
        return folder

    @staticmethod
    def is_one(path: Path) -> bool:
        """Whether a folder is that of a cross-validation."""
        return (path / RECORD).is_file()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """
        Keeps a second cross-validation out of this folder.

        :raises RunError: If another one is at work here, or the folder cannot be written.
        """
        with locking(self.path / "config.yaml"):
            yield

    def fold(self, number: int) -> Path:
        """The run folder of a fold, counted from 1."""
        return self.path / f"fold-{number}"

    def digests(self) -> list[str]:
        """The digest of each fold's data."""
        return [str(digest) for digest in self._record()["digests"]]

    def results(self) -> list[FoldResult]:
        """
        What the folds that ended gave, in their order.

        :raises RunError: If the record cannot be read.
        """
        try:
            return [FoldResult(**result) for result in self._record()["results"]]
        except (KeyError, TypeError) as error:
            raise self._broken(error) from None

    def keep(self, result: FoldResult) -> None:
        """Writes the result of a fold, in place of an earlier one, and what all say together."""
        others = [other for other in self.results() if other.number != result.number]
        results = tuple(sorted((*others, result), key=lambda one: one.number))
        found = CrossValidation(self.path, results)
        listed = [asdict(one) for one in results]
        record = {"digests": self.digests(), "results": listed, **found.to_json()}
        write_whole(self.path / "folds.md", document(found, len(self.digests())))
        write_json(self.path / RECORD, record)

    def _record(self) -> dict[str, Any]:
        file = self.path / RECORD
        try:
            found: dict[str, Any] = json.loads(file.read_bytes())
            return {"digests": found["digests"], "results": found["results"]}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise self._broken(error) from None

    def _broken(self, error: Exception) -> RunError:
        return RunError(
            f"{self.path / RECORD}: the record of the folds cannot be read ({error!r}). Put the "
            f"file back, or start a new cross-validation."
        )
