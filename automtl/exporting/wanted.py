"""What is asked of an export, and what was written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from automtl.deploy.compress import Compression

TOLERANCE = 0.01  # by which share of its error a task may become worse


@dataclass(frozen=True)
class Wanted:
    """
    What the file shall hold.

    :param tasks: The tasks it serves; all if there are none.
    :param candidate: How the digest of its candidate begins; empty for what the search exported.
    :param ensemble: Of how many trainings it gives the mean; None for as many as the search
        exported, or one of a candidate.
    :param opset: The version of ONNX's operators; None for the usual one.
    :param compression: How it is made smaller.
    :param tolerance: By which share a task's error on test may grow by that, as `gains` reckons.
    """

    tasks: tuple[str, ...] = ()
    candidate: str = ""
    ensemble: int | None = None
    opset: int | None = None
    compression: Compression = Compression.NONE
    tolerance: float = TOLERANCE

    @property
    def anew(self) -> bool:
        """Whether it cannot be made of the file that the search exported."""
        numbers = (self.ensemble, self.opset)
        asked = bool(self.candidate) or any(number is not None for number in numbers)
        return asked or self.compression is not Compression.NONE


@dataclass(frozen=True)
class Change:
    """The metric of a task on test, in floats and in the compressed file; and the gain."""

    metric: str
    before: float
    after: float
    gain: float


@dataclass(frozen=True)
class Exported:
    """
    What was written.

    :param path: The file.
    :param sizes: Bytes of the file, and of the whole in floats.
    :param latencies: Milliseconds to predict one row, of both.
    :param rows: How many rows they were compared on.
    :param anew: Whether it was made of trained networks, with which it agrees on test, and not of
        the file that the search exported.
    :param differences: By task, as `automtl.deploy.compare.differences` gives them, if it is a
        part.
    :param changes: By task, if it is compressed.
    """

    path: Path
    sizes: tuple[int, int]
    latencies: tuple[float, float]
    rows: int
    anew: bool
    differences: Mapping[str, float] = field(default_factory=dict)
    changes: Mapping[str, Change] = field(default_factory=dict)
