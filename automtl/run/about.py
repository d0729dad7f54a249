"""What is known of a search from its beginning on."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automtl.errors import RunError
from automtl.run.files import read_json

UNKNOWN = OSError, ValueError, KeyError, TypeError  # the file is not there, is broken, or says less


@dataclass(frozen=True)
class About:
    """
    What a search began with: its data, as they were found, how gains are computed, and how long a
    training may last. Written once, when the run folder is made.

    :param file: The run folder's ``data.json``.
    """

    file: Path

    def digest(self) -> str:
        """
        The digest of the data that the search began with.

        :raises RunError: If it is not there.
        """
        try:
            return str(self._entry("digest"))
        except UNKNOWN as error:
            raise RunError(
                f"{self.file}: there is no digest of the data ({error!r}), so this search cannot "
                f"go on. Remove the folder, and start a new search."
            ) from None

    def report(self) -> dict[str, Any]:
        """What was found out about the data when the search began; empty if it is not there."""
        try:
            found: dict[str, Any] = self._entry("report")
        except UNKNOWN:
            return {}
        return found

    def constants(self) -> dict[str, float] | None:
        """Each task's validation error of a constant prediction; None if it is not there."""
        try:
            found: dict[str, float] = self._entry("constants")
        except UNKNOWN:
            return None
        return found

    def training_seconds(self) -> float:
        """
        How long a training may last, as the search began with it: with more time later on, a graph
        would be compared with anchors that had less.
        """
        known = read_json(self.file) if self.file.is_file() else {}
        found = (known or {}).get("training_seconds")
        return math.inf if found is None else float(found)

    def fold(self) -> tuple[int, int] | None:
        """Which fold of how many it is, counted from 0; None for no cross-validation."""
        try:
            number, k = self._entry("fold")
            return int(number), int(k)
        except UNKNOWN:
            return None

    def _entry(self, name: str) -> Any:
        return json.loads(self.file.read_bytes())[name]
