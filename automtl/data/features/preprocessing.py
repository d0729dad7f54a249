"""
Preprocessing: one fitted state per column, with two faces.

`Preprocessing.transform` makes the array that the network trains on; `automtl.deploy` writes the
same state as ONNX nodes. Whatever cannot be both is not in here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.core.block import InputSpec
from automtl.data.features.columns import (
    Boolean,
    Categorical,
    DateTime,
    FittedColumn,
    Floats,
    Numeric,
    column_from_json,
    scaled_together,
)
from automtl.data.features.ngrams import Text
from automtl.data.features.sparse import DENSITY, MANY, SparseArray, is_sparse
from automtl.data.table import ColumnKind, Table

Values: TypeAlias = Mapping[str, NDArray[Any]]  # of some rows, by column, ``[n_rows]``

CHUNK = 4096  # rows that are transformed at a time
SAMPLE = 1024  # rows that tell whether most numbers are zero


@dataclass(frozen=True)
class Preprocessing:
    """
    The fitted columns of a table, in the order of the file.

    The array it makes has the numbers first (numeric columns, then date-times, each with its
    cycles), then the flags (booleans, then indicators of missing values), then one group of
    one-hot columns a categorical column, then the plain columns (numeric ones that are mostly zero
    if there are more than 200 such, then the slots of the texts).
    """

    columns: tuple[FittedColumn, ...]

    @classmethod
    def fit(cls, table: Table, train: NDArray[np.int64]) -> "Preprocessing":
        """
        Fits to the rows ``train`` of ``table``. Every numeric, boolean and date-time column must
        have two distinct values there.
        """
        fits: dict[ColumnKind, Callable[[str, NDArray[Any]], FittedColumn]] = {
            ColumnKind.NUMERIC: Numeric.fit,
            ColumnKind.BOOLEAN: Boolean.fit,
            ColumnKind.CATEGORICAL: Categorical.fit,
            ColumnKind.DATETIME: DateTime.fit,
            ColumnKind.TEXT: Text.fit,
        }
        fitted = tuple(fits[c.kind](name, c.values[train]) for name, c in table.items())
        zeros = {c.name for c in fitted if _is_mostly_zero(c, table, train)}
        if len(zeros) <= MANY:
            return cls(fitted)
        # Their embeddings would be a dozen times as many columns, and say little more.
        return cls(tuple(_made_plain(c) if c.name in zeros else c for c in fitted))

    @property
    def numbers(self) -> list[Numeric]:
        """Numeric columns that are not plain."""
        return [c for c in self.columns if isinstance(c, Numeric) and not c.plain]

    @property
    def plain(self) -> list[Numeric]:
        """Numeric columns that are one of very many that are mostly zero."""
        return [c for c in self.columns if isinstance(c, Numeric) and c.plain]

    @property
    def texts(self) -> list[Text]:
        """Columns of free text."""
        return [column for column in self.columns if isinstance(column, Text)]

    @property
    def moments(self) -> list[DateTime]:
        """Date-time columns."""
        return [column for column in self.columns if isinstance(column, DateTime)]

    @property
    def booleans(self) -> list[Boolean]:
        """Boolean columns."""
        return [column for column in self.columns if isinstance(column, Boolean)]

    @property
    def flagged(self) -> list[Numeric | DateTime | Boolean]:
        """Columns with an indicator of missing values, in the order of the indicators."""
        timed = (moment for moment in self.moments if moment.time.flag)
        plain: list[Numeric | Boolean] = [*self.numbers, *self.booleans]
        return [*(column for column in plain if column.flag), *timed]

    @property
    def categories(self) -> list[Categorical]:
        """Categorical columns."""
        return [column for column in self.columns if isinstance(column, Categorical)]

    @property
    def layout(self) -> InputSpec:
        """What the columns of the array are."""
        quantiles = [column.quantiles for column in self.numbers]
        for moment in self.moments:
            wave = tuple(np.linspace(-1, 1, 9).tolist())
            quantiles += [moment.time.quantiles, *[wave] * (2 * len(moment.cycles))]
        n_flags = len(self.booleans) + len(self.flagged)
        n_plain = len(self.plain) + sum(text.n_slots for text in self.texts)
        return InputSpec(tuple(quantiles), n_flags, tuple(c.size for c in self.categories), n_plain)

    def transform(self, table: Table) -> NDArray[np.float32] | SparseArray:
        """
        The network's input, ``[n_rows, layout.size]``, finite everywhere; without its zeros if
        there are more than 200 columns and less than a tenth of the numbers are not zero.
        """
        n_rows = len(next(iter(table.values())).values)
        sample = self._rows(table, slice(0, n_rows, max(1, n_rows // SAMPLE)))
        rows = [slice(start, start + CHUNK) for start in range(0, max(n_rows, 1), CHUNK)]
        chunks = (self._rows(table, some) for some in rows)
        if is_sparse(sample):
            return SparseArray.stack([SparseArray.of(chunk) for chunk in chunks])
        array = np.empty((n_rows, sample.shape[1]), np.float32)
        for some, chunk in zip(rows, chunks, strict=True):
            array[some] = chunk
        return array

    def _rows(self, table: Table, rows: slice) -> NDArray[np.float32]:
        """Some rows of the network's input."""
        values = {name: column.values[rows] for name, column in table.items()}
        n_rows = len(next(iter(values.values())))
        array, place = np.empty((n_rows, self.layout.size), np.float32), 0
        for part in self._parts(values):
            array[:, place : place + part.shape[1]] = part
            place += part.shape[1]
        return array

    def _parts(self, values: Values) -> Iterator[NDArray[Any]]:
        """What the columns make, ``[n_rows, *]`` each."""
        yield from _scaled(self.numbers, values)
        for moment in self.moments:
            seconds = values[moment.name]
            yield np.column_stack([moment.time.scaled(seconds), *moment.waves(seconds)])
        yield from (boolean.filled(values[boolean.name])[:, None] for boolean in self.booleans)
        yield from (np.isnan(values[column.name])[:, None] for column in self.flagged)
        yield from (category.one_hot(values[category.name]) for category in self.categories)
        yield from _scaled(self.plain, values)
        yield from (text.weighed(values[text.name]) for text in self.texts)

    def to_json(self) -> list[dict[str, Any]]:
        """The state as JSON data; `from_json` reads it back."""
        return [{"kind": column.kind.value, **asdict(column)} for column in self.columns]

    @classmethod
    def from_json(cls, data: list[Mapping[str, Any]]) -> "Preprocessing":
        """Reads what `to_json` wrote."""
        return cls(tuple(map(column_from_json, data)))


def _scaled(columns: Sequence[Numeric], values: Values) -> Iterator[Floats]:
    """The columns scaled, a few together, for which they are copied."""
    for start in range(0, len(columns), 64):
        some = columns[start : start + 64]
        yield scaled_together(some, np.column_stack([values[column.name] for column in some]))


def _is_mostly_zero(column: FittedColumn, table: Table, train: NDArray[np.int64]) -> bool:
    """Whether it is zero in nine training rows of ten, and zeros are zeros when scaled, too."""
    if not isinstance(column, Numeric) or column.flag or column.centre != 0:
        return False
    return bool(np.count_nonzero(table[column.name].values[train]) < DENSITY * len(train))


def _made_plain(column: FittedColumn) -> FittedColumn:
    return replace(column, plain=True, quantiles=()) if isinstance(column, Numeric) else column
