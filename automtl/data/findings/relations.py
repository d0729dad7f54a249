"""How the labels of several columns go together."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

WEAK = 0.3  # an association that is not worth a line
SPREADS = 4  # standard deviations that chance may well reach: squares spread far to one side


def correlations(columns: Floats, others: Floats | None = None) -> tuple[Floats, Floats]:
    """
    Pearson's correlation of columns with other columns, or with each other, over the rows that
    have both; of 0 and 1, that is the phi coefficient. NaN where it is not defined.

    :param columns: ``[n_rows, n_columns]``, NaN where missing.
    :param others: ``[n_rows, n_others]``, alike.
    :return: The correlations, and in how many rows both are there, ``[n_columns, n_others]``.
    """
    here, x = _centred(columns)
    there, y = (here, x) if others is None else _centred(others)
    n = here.T @ there
    with np.errstate(invalid="ignore", divide="ignore"):
        first, second = x.T @ there, here.T @ y
        covariance = x.T @ y - first * second / n
        spread = np.sqrt(
            _variance((x**2).T @ there, first, n) * _variance(here.T @ y**2, second, n)
        )
        correlation = covariance / spread
    correlation[~np.isfinite(correlation)] = np.nan
    return np.clip(correlation, -1, 1), n


def _centred(columns: Floats) -> tuple[Floats, Floats]:
    """Where there are values, and their distances from the mean of the column; zero where none."""
    known = ~np.isnan(columns)
    centre = np.where(known, columns, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return known.astype(np.float64), np.where(known, columns - centre, 0.0)


def _variance(squares: Floats, sums: Floats, n: Floats) -> Floats:
    """Summed squares around the mean; zero where rounding alone makes it more."""
    variance = squares - sums**2 / n
    return np.where(variance > 1e-12 * squares, variance, 0)


def associations(columns: Floats, n_classes: Sequence[int]) -> tuple[Floats, Floats]:
    r"""
    How strongly each two columns of labels go together: correlation of ranks if both are numbers
    or 0 and 1; the correlation ratio if one of them is classes; Cramér's V if both are. The
    latter two have no sign, and are corrected for chance; see `_strength`.

    NaN where it is not defined, and where the rows are too few: where columns that have nothing to
    do with each other may go together as much, and more than `WEAK`.

    :param columns: ``[n_rows, n_columns]``, NaN where missing; a class is its index.
    :param n_classes: The number of classes of each column; 0 for numbers.
    :return: The associations, and in how many rows both are there, ``[n_columns, n_columns]``.
    """
    apart = [_apart(column, n) for column, n in zip(columns.T, n_classes, strict=True)]
    owner = np.repeat(np.arange(len(apart)), [part.shape[1] for part in apart])
    together, n_single = correlations(np.hstack(apart))
    first = np.searchsorted(owner, np.arange(len(apart)))
    result, n_rows = (found[np.ix_(first, first)] for found in (together, n_single))
    _, _, chance = _chance(n_rows, np.ones(1), np.ones(1))
    for i in (i for i, n in enumerate(n_classes) if n > 2):
        for j in range(len(apart)):
            pairs = together[np.ix_(owner == i, owner == j)]
            both = ~np.isnan(columns[:, i] + columns[:, j])
            shares = [_outside(columns[both, at], n_classes[at]) for at in (i, j)]
            found = _strength(pairs, n_rows[i, j], *shares)
            result[i, j], chance[i, j] = result[j, i], chance[j, i] = found
    result[chance > np.maximum(result**2, WEAK**2)] = np.nan
    return result, n_rows


def _chance(n_rows: Floats, first: Floats, second: Floats) -> tuple[Floats, Floats, Floats]:
    """
    What is expected of columns that have nothing to do with each other, in the words of
    `_strength`: :math:`e`, :math:`m - e`, and what the square of the association may well be.

    :param first: One less than the number of classes of the first column; 1 for numbers.
    :param second: The same of the second.
    """
    n = np.maximum(n_rows, 2)
    expected = first * second / (n - 1)
    left = np.maximum(np.minimum(first, second) - expected, 1e-9)
    spread = np.sqrt(2 * first * second * (1 - first / (n - 1)) * (1 - second / (n - 1))) / n
    return expected, left, np.where(left > 1e-9, SPREADS * spread / left, np.inf)


def _apart(column: Floats, n_classes: int) -> Floats:
    """Ranks of numbers, 0 and 1 as they are, and a column for each of more classes."""
    if n_classes == 2:
        return column[:, None]
    if not n_classes:
        return ranks(column)[:, None]
    known = ~np.isnan(column)
    single = (column[:, None] == np.arange(n_classes)).astype(np.float64)
    return np.where(known[:, None], single, np.nan)


def ranks(values: Floats) -> Floats:
    """
    Ranks from 1 along the last axis, the mean rank for equal values, NaN where missing: ``[*, n]``
    to ``[*, n]``.

    >>> ranks(np.array([0.5, 2.0, np.nan, 0.5])).tolist()
    [1.5, 3.0, nan, 1.5]
    """
    order = values.argsort(axis=-1)
    ordered = np.take_along_axis(values, order, axis=-1)
    place = np.arange(values.shape[-1])
    begins = np.ones(values.shape, dtype=bool)
    begins[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    ends = np.roll(begins, -1, axis=-1)
    ends[..., -1:] = True
    first = np.maximum.accumulate(np.where(begins, place, 0), axis=-1)
    last = np.where(ends, place, len(place))[..., ::-1]
    last = np.minimum.accumulate(last, axis=-1)[..., ::-1]
    result = np.empty(values.shape)
    np.put_along_axis(result, order, 1 + (first + last) / 2, axis=-1)
    result[np.isnan(values)] = np.nan
    return result


def _outside(column: Floats, n_classes: int) -> Floats:
    """What share of rows is not in each class; 1 for numbers and for two classes."""
    if n_classes <= 2:
        return np.ones(1)
    counts = np.bincount(column.astype(np.int64), minlength=n_classes)
    return np.asarray(1 - counts / max(1, len(column)))


def _strength(pairs: Floats, n: float, first: Floats, second: Floats) -> tuple[float, float]:
    r"""
    The association of classes with numbers, or with classes, and what its square may be by chance.

    With the correlation :math:`r_{kl}` between being of class :math:`k` and of :math:`l`,
    :math:`\varphi^2 = \sum_{kl} r_{kl}^2 (1 - p_k)(1 - p_l)` is at most the smaller number of
    classes less one, :math:`m`, and :math:`e = (K - 1)(L - 1) / (n - 1)` on average where nothing
    but chance is in it. The association is the root of :math:`(\varphi^2 - e) / (m - e)`, no less
    than zero: 1 for a function, and 0 on average where there is none. For as many classes on both
    sides it is Cramér's V with the correction of Bergsma (2013,
    https://doi.org/10.1016/j.jkss.2012.10.002), with numbers or with two classes the root of
    Kelley's epsilon squared (1935, https://doi.org/10.1073/pnas.21.9.554).
    """
    if np.isnan(pairs).all():
        return np.nan, 0.0
    total = (np.nan_to_num(pairs) ** 2 * np.outer(first, second)).sum()
    degrees = [np.maximum(1.0, (shares < 1).sum() - 1) for shares in (first, second)]
    expected, left, chance = _chance(np.array(n), *degrees)
    return float(np.sqrt(np.clip((total - expected) / left, 0, 1))), float(chance)
