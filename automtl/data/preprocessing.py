"""
Preprocessing: one fitted state per column, with two faces.

`Preprocessing.transform` makes the array that the network trains on; `automtl.deploy` writes the
same state as ONNX nodes. Whatever cannot be both is not in here.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.core.block import InputSpec
from automtl.data.table import ColumnKind, Table

Floats: TypeAlias = NDArray[np.float64]

DAY = 86_400.0
CYCLES = {"hour of day": DAY, "day of week": 7 * DAY, "day of year": 365.2425 * DAY}  # seconds
N_QUANTILES = 48  # as in TabM's experiments, https://arxiv.org/abs/2410.24210
LIMIT = 1e6  # of a scaled number; beyond it, smooth clipping gives 3 anyway and squares overflow
LARGEST = 4e307  # of a number that is fitted to, so that differences of two are finite
MAX_CATEGORIES = 100  # the most frequent ones; the rest are one category


@dataclass(frozen=True)
class Numeric:
    r"""
    Robust scaling and smooth clipping, of `Better by Default
    <https://arxiv.org/abs/2407.04491>`_ (NeurIPS 2024):
    :math:`z = s (x - m)`, then :math:`z / \sqrt{1 + (z / 3)^2}`, with the median :math:`m` and
    :math:`s` one over the interquartile range. A missing value is the median, and flagged.

    :param flag: Whether a column tells which values are missing: some were, in training.
    :param quantiles: Distinct quantiles of the training values, behind scaling and clipping.
    """

    kind: ClassVar[ColumnKind] = ColumnKind.NUMERIC
    name: str
    centre: float
    scale: float
    flag: bool
    quantiles: tuple[float, ...]

    @classmethod
    def fit(cls, name: str, values: Floats) -> "Numeric":
        """Fits to the training values, of which at least two are distinct."""
        known = np.clip(values[~np.isnan(values)], -LARGEST, LARGEST)
        low, first, centre, third, high = np.quantile(known, [0, 0.25, 0.5, 0.75, 1])
        scale = 1 / (third - first) if third > first else 2 / (high - low)
        fitted = cls(name, float(centre), float(scale), len(known) < len(values), ())
        places = np.linspace(0, 1, N_QUANTILES + 1)
        quantiles = np.unique(np.quantile(fitted.scaled(known), places).astype(np.float32))
        return cls(name, fitted.centre, fitted.scale, fitted.flag, tuple(quantiles.tolist()))

    def scaled(self, values: Floats) -> Floats:
        """Scaled and clipped values; missing ones are zero, where the median lies."""
        filled = np.where(np.isnan(values), self.centre, values)
        with np.errstate(over="ignore"):
            z = np.clip((filled - self.centre) * self.scale, -LIMIT, LIMIT)
        return np.asarray(z / np.sqrt(1 + (z / 3) ** 2))


@dataclass(frozen=True)
class Boolean:
    """0 or 1. A missing value is ``fill``, the more frequent one, and flagged."""

    kind: ClassVar[ColumnKind] = ColumnKind.BOOLEAN
    name: str
    fill: float
    flag: bool

    @classmethod
    def fit(cls, name: str, values: Floats) -> "Boolean":
        """Fits to the training values."""
        return cls(name, float(np.nanmean(values) >= 0.5), bool(np.isnan(values).any()))

    def filled(self, values: Floats) -> Floats:
        """Values without missing ones."""
        return np.where(np.isnan(values), self.fill, values)


@dataclass(frozen=True)
class Categorical:
    """
    One-hot. Slot 0 is for categories that are unseen or rarer than twice in training; the empty
    string, a missing value, is a category like any other.
    """

    kind: ClassVar[ColumnKind] = ColumnKind.CATEGORICAL
    name: str
    vocabulary: tuple[str, ...]

    @classmethod
    def fit(cls, name: str, values: NDArray[Any]) -> "Categorical":
        """Fits to the training values."""
        counts = Counter(values.tolist()).most_common(MAX_CATEGORIES)
        return cls(name, tuple(sorted(value for value, count in counts if count > 1)))

    @property
    def size(self) -> int:
        """How many one-hot columns there are."""
        return len(self.vocabulary) + 1

    def one_hot(self, values: NDArray[Any]) -> Floats:
        """One row of zeros and a one for each value."""
        slots = {value: slot for slot, value in enumerate(self.vocabulary, start=1)}
        return np.eye(self.size)[[slots.get(value, 0) for value in values.tolist()]]


@dataclass(frozen=True)
class DateTime:
    """
    Seconds since 1970, scaled like a number, and for each cycle that varies in training the sine
    and cosine of where in the cycle a moment lies.

    :param cycles: The lengths of those cycles, in seconds.
    """

    kind: ClassVar[ColumnKind] = ColumnKind.DATETIME
    name: str
    time: Numeric
    cycles: tuple[float, ...]

    @classmethod
    def fit(cls, name: str, values: Floats) -> "DateTime":
        """Fits to the training values."""
        known = values[~np.isnan(values)]
        varying = (period for period in CYCLES.values() if np.ptp(known % period) > 0)
        return cls(name, Numeric.fit(name, values), tuple(varying))

    def waves(self, values: Floats) -> list[Floats]:
        """Sine and cosine of each cycle; of the median moment where the value is missing."""
        filled = np.where(np.isnan(values), self.time.centre, values)
        turns = [2 * np.pi * (filled / p - np.floor(filled / p)) for p in self.cycles]
        return [wave(turn) for turn in turns for wave in (np.sin, np.cos)]


FittedColumn: TypeAlias = Numeric | Boolean | Categorical | DateTime


@dataclass(frozen=True)
class Preprocessing:
    """
    The fitted columns of a table, in the order of the file.

    The array it makes has the numbers first (numeric columns, then date-times, each with its
    cycles), then the flags (booleans, then indicators of missing values), then one group of
    one-hot columns a categorical column.
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
        }
        fitted = (fits[c.kind](name, c.values[train]) for name, c in table.items())
        return cls(tuple(fitted))

    @property
    def numbers(self) -> list[Numeric]:
        """Numeric columns."""
        return [column for column in self.columns if isinstance(column, Numeric)]

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
        return InputSpec(tuple(quantiles), n_flags, tuple(c.size for c in self.categories))

    def transform(self, table: Table) -> NDArray[np.float32]:
        """The network's input, ``[n_rows, layout.size]``, finite everywhere."""
        values = {name: column.values for name, column in table.items()}
        parts: list[Floats] = [number.scaled(values[number.name]) for number in self.numbers]
        for moment in self.moments:
            seconds = values[moment.name]
            parts += [moment.time.scaled(seconds), *moment.waves(seconds)]
        parts += [boolean.filled(values[boolean.name]) for boolean in self.booleans]
        parts += [np.isnan(values[column.name]).astype(float) for column in self.flagged]
        parts += [category.one_hot(values[category.name]) for category in self.categories]
        return np.column_stack(parts).astype(np.float32)

    def to_json(self) -> list[dict[str, Any]]:
        """The state as JSON data; `from_json` reads it back."""
        return [{"kind": column.kind.value, **asdict(column)} for column in self.columns]

    @classmethod
    def from_json(cls, data: list[Mapping[str, Any]]) -> "Preprocessing":
        """Reads what `to_json` wrote."""
        return cls(tuple(_column(dict(fields)) for fields in data))


def _column(fields: dict[str, Any]) -> FittedColumn:
    kind = fields.pop("kind")
    if kind == ColumnKind.DATETIME:
        return DateTime(fields["name"], _numeric(fields["time"]), tuple(fields["cycles"]))
    if kind == ColumnKind.NUMERIC:
        return _numeric(fields)
    if kind == ColumnKind.BOOLEAN:
        return Boolean(**fields)
    return Categorical(fields["name"], tuple(fields["vocabulary"]))


def _numeric(fields: Mapping[str, Any]) -> Numeric:
    return Numeric(**{**fields, "quantiles": tuple(fields["quantiles"])})
