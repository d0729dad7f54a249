"""What is asked of the data room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automtl.data.table import ColumnKind

PART = "automtl.part"  # the column that says which part of the split a row's file is
ALL = "*"  # the name of a target that stands for every task that has no other


@dataclass(frozen=True)
class TargetRequest:
    """
    What to predict.

    :param name: Of the task. It is that of the column with its labels, unless others are given.
    :param kind: The name of its task kind; None to infer it.
    :param metric: The metric that defines its gain; None for the primary one of its kind.
    :param weight: The factor of its loss.
    :param columns: Where its labels are; empty for the column of its name, or, where there is
        none, for what the file itself calls its labels.
    :param options: What else its kind is told, such as ``levels``.
    :param separator: What stands between the labels of a row, if one column holds a set of them.
        An empty cell is missing: which labels the row has is unknown. A cell with nothing but a
        separator is a row without any label.
    :param query: The column that says which rows belong together, of a kind that has groups.
    :param split_labels: Whether each label, or each cluster of many, becomes a task of its own.
    :param optional: Whether it is left out, with a note, where nothing can be learned from it.
    """

    name: str
    kind: str | None = None
    metric: str | None = None
    weight: float = 1.0
    columns: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    separator: str | None = None
    query: str | None = None
    split_labels: bool = False
    optional: bool = False

    @property
    def label_columns(self) -> tuple[str, ...]:
        """Where its labels are."""
        return self.columns or (self.name,)


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
class LongRequest:
    """
    How a table in long form is to be read.

    :param task: The column that names the task of each row.
    :param value: The column with the row's label for that task.
    """

    task: str
    value: str


@dataclass(frozen=True)
class DataRequest:
    """
    A file, or several, and what the columns are for.

    :param path: The file; of several, what messages call them.
    :param targets: What to predict.
    :param inputs: What to predict from; None for every column that is nothing else.
    :param ignore: Columns to leave out.
    :param columns: Kinds of columns, where inferring them would go wrong.
    :param parts: The file of each part of the split, by its name, where each is in one of its own.
    :param sources: The targets whose labels are in each file, where files with the same inputs
        have different ones.
    :param long: How the file is in long form, if it is.
    :param labels: A file that says which columns are labels.
    :param aside: Columns that are labels of what is not to be predicted: no inputs, unless they
        are named as such.
    :param fold: Which fold of how many is for testing; None to divide the rows once.
    :param frame: A table in memory that takes the place of the file.
    """

    path: Path
    targets: tuple[TargetRequest, ...]
    inputs: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    columns: Mapping[str, ColumnKind] = field(default_factory=dict)
    split: SplitRequest = field(default_factory=SplitRequest)
    seed: int = 0
    parts: Mapping[str, Path] = field(default_factory=dict)
    sources: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)
    long: LongRequest | None = None
    labels: Path | None = None
    aside: tuple[str, ...] = ()
    fold: tuple[int, int] | None = None
    frame: Any = None
