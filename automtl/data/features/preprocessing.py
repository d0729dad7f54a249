"""
Preprocessing: one fitted state per column, with two faces.

`Preprocessing.transform` makes the array that the network trains on; `automtl.deploy` writes the
same state as ONNX nodes. Whatever cannot be both is not in here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
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
from automtl.data.features.sparse import MANY, SparseArray, is_mostly_zero, is_sparse, pays
from automtl.data.table import AnyColumn, ColumnKind, SparseColumn, Table

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
        # Embeddings of very many would be a dozen times as many columns, and say little more.
        zeros = {name for name, column in table.items() if _is_plain(column, train)}
        plain = zeros if len(zeros) > MANY else set()
        return cls(
            tuple(
                (Numeric.fit_plain if name in plain else fits[column.kind])(name, column.at(train))
                for name, column in table.items()
            )
        )

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
        n_rows = next(iter(table.values())).n_rows
        alone = self._alone(table)
        if not alone:
            return self._in_chunks(table, n_rows)
        names = {column.name for column, _, _ in alone}
        rest = Preprocessing(tuple(c for c in self.columns if c.name not in names))
        places = np.setdiff1d(np.arange(self.layout.size), [place for _, _, place in alone])
        numbers = _numbers(alone, (n_rows, self.layout.size))
        return _joined(rest._in_chunks(table, n_rows), places, numbers)

    def _alone(self, table: Table) -> list[tuple[Numeric | Boolean, SparseColumn, int]]:
        """
        Columns that are held without zeros and make one number each, zero where they are zero;
        what holds them; and the place of that number.
        """
        layout = self.layout
        n_encoded = len(layout.quantiles) + layout.n_flags + sum(layout.categories)
        starts: list[tuple[int, Sequence[Numeric | Boolean]]] = [
            (0, self.numbers),
            (len(layout.quantiles), self.booleans),
            (n_encoded, self.plain),
        ]
        return [
            (column, held, place)
            for start, columns in starts
            for place, column in enumerate(columns, start)
            if not column.flag and (isinstance(column, Boolean) or column.centre == 0)
            if isinstance(held := table[column.name], SparseColumn)
        ]

    def _in_chunks(self, table: Table, n_rows: int) -> NDArray[np.float32] | SparseArray:
        """What `transform` gives of these columns, whatever else is in the table."""
        sample = self._rows(table, range(0, n_rows, max(1, n_rows // SAMPLE)))
        starts = range(0, max(n_rows, 1), CHUNK)
        rows = [range(start, min(start + CHUNK, n_rows)) for start in starts]
        chunks = (self._rows(table, some) for some in rows)
        if is_sparse(sample):
            return SparseArray.stack([SparseArray.of(chunk) for chunk in chunks])
        array = np.empty((n_rows, sample.shape[1]), np.float32)
        for some, chunk in zip(rows, chunks, strict=True):
            array[some.start : some.stop] = chunk
        return array

    def _rows(self, table: Table, rows: range) -> NDArray[np.float32]:
        """Some rows of the network's input."""
        some = slice(rows.start, rows.stop, rows.step)
        values = {column.name: table[column.name].at(some) for column in self.columns}
        array, place = np.empty((len(rows), self.layout.size), np.float32), 0
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


def _is_plain(column: AnyColumn, train: NDArray[np.int64]) -> bool:
    """Whether it is a number, zero in nine training rows of ten and missing in none."""
    if column.kind is not ColumnKind.NUMERIC:
        return False
    values = column.at(train)
    return is_mostly_zero(values) and not np.isnan(values).any()


def _numbers(
    alone: Sequence[tuple[Numeric | Boolean, SparseColumn, int]], shape: tuple[int, int]
) -> SparseArray:
    """What columns that `Preprocessing._alone` gives make, at their places."""
    rows, places, numbers = [], [], []
    for column, held, place in alone:
        made = column.scaled if isinstance(column, Numeric) else column.filled
        rows.append(held.rows)
        places.append(np.full(len(held.rows), place, np.int32))
        numbers.append(made(held.numbers).astype(np.float32))
    return SparseArray.made(
        np.concatenate(rows), np.concatenate(places), np.concatenate(numbers), shape
    )


def _joined(
    others: NDArray[np.float32] | SparseArray, places: NDArray[np.int64], numbers: SparseArray
) -> NDArray[np.float32] | SparseArray:
    """``others``, whose columns are to be at ``places``, and the numbers."""
    own = others.values if isinstance(others, SparseArray) else others
    if pays(int(np.count_nonzero(own)) + len(numbers.values), numbers.shape):
        chunks = (slice(start, start + CHUNK) for start in range(0, len(numbers), CHUNK))
        return SparseArray.stack([_beside(others[some], places, numbers[some]) for some in chunks])
    array = np.zeros(numbers.shape, np.float32)
    array[:, places] = others.dense() if isinstance(others, SparseArray) else others
    array[numbers.places()] = numbers.values
    return array


def _beside(
    others: NDArray[np.float32] | SparseArray, places: NDArray[np.int64], numbers: SparseArray
) -> SparseArray:
    """The same for a few rows."""
    if not isinstance(others, SparseArray):
        others = SparseArray.of(others)
    rows, columns = others.places()
    own_rows, own_columns = numbers.places()
    return SparseArray.made(
        np.concatenate([rows, own_rows]),
        np.concatenate([places[columns], own_columns]),
        np.concatenate([others.values, numbers.values]),
        numbers.shape,
    )
