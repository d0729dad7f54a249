"""
What is learned of one column of a table, and what becomes of its values.

Each kind of column is a frozen state that `automtl.deploy` can write as ONNX nodes, too.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.data.features.ngrams import Text
from automtl.data.table import ColumnKind

Floats: TypeAlias = NDArray[np.float64]

DAY = 86_400.0
CYCLES = {"hour of day": DAY, "day of week": 7 * DAY, "day of year": 365.2425 * DAY}  # seconds
N_QUANTILES = 48  # as in TabM's experiments, https://arxiv.org/abs/2410.24210
LIMIT = 1e6  # of a scaled number; beyond it, smooth clipping gives 3 anyway and squares overflow
LARGEST = 4e307  # of a number that is fitted to, so that differences of two are finite
SMALLEST = 1e-300  # of an interquartile range, so that one over it is finite
MAX_CATEGORIES = 100  # the most frequent ones; the rest are one category


@dataclass(frozen=True)
class Numeric:
    r"""
    Robust scaling and smooth clipping, of `Better by Default
    <https://arxiv.org/abs/2407.04491>`_ (NeurIPS 2024):
    :math:`z = s (x - m)`, then :math:`z / \sqrt{1 + (z / 3)^2}`, with the median :math:`m` and
    :math:`s` one over the interquartile range. A missing value is the median, and flagged.

    :param flag: Whether a column tells which values are missing: some were, in training.
    :param quantiles: Distinct quantiles of the training values, behind scaling and clipping. No
        value counts more often than one of `N_QUANTILES` bins holds, so that a column that is
        mostly one value, such as zero, has bins where the others lie.
    :param plain: Whether it is one of very many that are mostly zero, such as counts of words.

    .. note::
        Where the interquartile range is zero, the paper takes :math:`s = 2 / (max - min)`. One far
        value then presses all others together: of a capital gain that is mostly zero and 99,999 at
        most, all but a few below 0.3. Here :math:`s` is one over the spread of the values that
        differ from the median: their interquartile range, or how far from the median the middle one
        lies if that is more. A typical one comes out at :math:`\pm 1` at most.
    """

    kind: ClassVar[ColumnKind] = ColumnKind.NUMERIC
    name: str
    centre: float
    scale: float
    flag: bool
    quantiles: tuple[float, ...]
    plain: bool = False

    @classmethod
    def fit(cls, name: str, values: Floats) -> "Numeric":
        """Fits to the training values, of which at least two are distinct."""
        known = np.clip(values[~np.isnan(values)], -LARGEST, LARGEST)
        centre = float(np.median(known))
        fitted = cls(name, centre, 1 / _spread(known, centre), len(known) < len(values), ())
        return replace(fitted, quantiles=_fair_quantiles(fitted.scaled(known)))

    @classmethod
    def fit_plain(cls, name: str, values: Floats) -> "Numeric":
        """Fits to training values that are mostly zero, none missing, and not all zero."""
        others = np.clip(values[values != 0], -LARGEST, LARGEST)
        return cls(name, 0.0, 1 / _spread_apart(others, 0.0), False, (), plain=True)

    def scaled(self, values: Floats) -> Floats:
        """Scaled and clipped values; missing ones are zero, where the median lies."""
        return scaled_together([self], values[:, None])[:, 0]


def _spread(values: Floats, centre: float) -> float:
    """The interquartile range, or that of the values apart from the median where it is zero."""
    first, third = np.quantile(values, [0.25, 0.75])
    if third - first > SMALLEST:
        return float(third - first)
    return _spread_apart(values[values != centre], centre)


def _spread_apart(others: Floats, centre: float) -> float:
    """The spread of values that differ from the median."""
    first, third = np.quantile(others, [0.25, 0.75])
    return float(max(third - first, np.median(np.abs(others - centre)), SMALLEST))


def _fair_quantiles(values: Floats) -> tuple[float, ...]:
    """Distinct quantiles, where no value counts more often than a bin holds."""
    distinct, counts = np.unique(values, return_counts=True)
    fair = np.repeat(distinct, np.minimum(counts, max(1, len(values) // N_QUANTILES)))
    places = np.linspace(0, 1, N_QUANTILES + 1)
    quantiles = np.quantile(fair, places, method="inverted_cdf").astype(np.float32)
    return tuple(np.unique(quantiles).tolist())


def scaled_together(columns: Sequence[Numeric], values: Floats) -> Floats:
    """What `Numeric.scaled` gives for each of several columns, ``[n_rows, n_columns]``."""
    centres = np.array([column.centre for column in columns])
    filled = np.where(np.isnan(values), centres, values)
    with np.errstate(over="ignore"):
        wide = (filled - centres) * np.array([column.scale for column in columns])
    z = np.clip(wide, -LIMIT, LIMIT)
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

    def one_hot(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """One row of zeros and a one for each value."""
        slots = {value: slot for slot, value in enumerate(self.vocabulary, start=1)}
        one_hot = np.zeros((len(values), self.size), np.float32)
        one_hot[np.arange(len(values)), [slots.get(value, 0) for value in values.tolist()]] = 1
        return one_hot


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


FittedColumn: TypeAlias = Numeric | Boolean | Categorical | DateTime | Text


def column_from_json(data: Mapping[str, Any]) -> FittedColumn:
    """A column from its fields and its ``kind``, as `Preprocessing.to_json` writes them."""
    fields = {key: value for key, value in data.items() if key != "kind"}
    kind = data["kind"]
    if kind == ColumnKind.DATETIME:
        return DateTime(fields["name"], _numeric(fields["time"]), tuple(fields["cycles"]))
    if kind == ColumnKind.NUMERIC:
        return _numeric(fields)
    if kind == ColumnKind.BOOLEAN:
        return Boolean(**fields)
    if kind == ColumnKind.TEXT:
        return Text(**{**_tuples(fields), "grams": tuple(map(tuple, fields["grams"]))})
    return Categorical(fields["name"], tuple(fields["vocabulary"]))


def _numeric(fields: Mapping[str, Any]) -> Numeric:
    return Numeric(**_tuples(fields))


def _tuples(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
