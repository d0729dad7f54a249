"""What is asked of the data room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from automtl.data.table import ColumnKind


@dataclass(frozen=True)
class TargetRequest:
    """
    A column to predict.

    :param column: Where its labels are.
    :param kind: The name of its task kind; None to infer it.
    :param metric: The metric that defines its gain; None for the primary one of its kind.
    :param weight: The factor of its loss.
    """

    column: str
    kind: str | None = None
    metric: str | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class SplitRequest:
    """
    How rows are divided. At most one of ``column``, ``groups`` and ``time`` is given; without any,
    the split is random and stratified over all targets.

    :param train: The share of rows to train on; the three shares add up to 1.
    :param validation: The share of rows that all choices are made on.
    :param test: The share of rows that is scored once, at the end.
    :param column: A column that says ``train``, ``validation`` (or ``valid``, ``val``, ``dev``) or
        ``test``. Without a validation part, one is cut out of the training part.
    :param groups: A column; rows with the same value stay together.
    :param time: A column; the oldest rows are for training, the newest for testing.
    """

    train: float = 0.6
    validation: float = 0.2
    test: float = 0.2
    column: str | None = None
    groups: str | None = None
    time: str | None = None


@dataclass(frozen=True)
class DataRequest:
    """
    A file, and what its columns are for.

    :param path: The file.
    :param targets: What to predict.
    :param inputs: What to predict from; None for every column that is nothing else.
    :param ignore: Columns to leave out.
    :param columns: Kinds of columns, where inferring them would go wrong.
    """

    path: Path
    targets: tuple[TargetRequest, ...]
    inputs: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    columns: Mapping[str, ColumnKind] = field(default_factory=dict)
    split: SplitRequest = field(default_factory=SplitRequest)
    seed: int = 0
