"""Stratification: parts of given shares, each with its share of every label of every target."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.core.seed import derive_seed
from automtl.data.parts.mend import mended
from automtl.data.parts.strata import CELLS, Mask, Rows, Strata

Floats: TypeAlias = NDArray[np.float64]

ATTEMPTS = 10  # shuffles, of which the best is taken


def parts_at_random(
    strata: Strata, shares: Floats, seed: int, groups: NDArray[Any] | None = None
) -> Rows:
    """
    The part of each row, ``[n_rows]``: the best of a few shuffles, mended where parts lack a label.

    :param shares: What share of the rows each part is to have, ``[n_parts]``; adds up to 1.
    :param groups: The group of each row, ``[n_rows]``: rows of one group stay together. There are
        at least as many groups as parts.
    """
    units = None if groups is None else np.unique(groups, return_inverse=True)[1]
    shuffles = []
    for attempt in range(int(np.clip(CELLS // strata.of.size, 1, ATTEMPTS))):
        rng = np.random.default_rng(derive_seed(seed, "split", attempt))
        parts = _stratify(strata, shares, rng) if units is None else _deal(units, shares, rng)
        parts = mended(strata, units, parts, len(shares), rng)
        shuffles.append((_flaws(strata, shares, parts), attempt, parts))
    return min(shuffles, key=lambda shuffle: shuffle[:2])[-1]


def _flaws(strata: Strata, shares: Floats, parts: Rows) -> tuple[int, float]:
    """How many labels are missing in parts, and how far the parts are from the shares."""
    counts = strata.counts(parts, len(shares))
    expected = np.maximum(np.outer(shares, counts.sum(axis=0)), 1e-9)
    distance = float(((counts - expected) ** 2 / expected).sum())
    return int((counts[:, strata.wanted] == 0).sum()), distance


def _stratify(strata: Strata, shares: Floats, rng: np.random.Generator) -> Rows:
    """
    The part of each row, ``[n_rows]``, after `On the Stratification of Multi-Label Data
    <https://doi.org/10.1007/978-3-642-23808-6_10>`_ (ECML PKDD 2011).

    It departs from algorithm 1 of the paper in that all rows of the rarest stratum are handed out
    at once, in proportion to what the parts still want of it, instead of one by one; in that a
    part without any row of a class gets one first; and in that a label that is missing is a
    stratum too.
    """
    parts = np.full(len(strata.of), -1)
    left = strata.sizes.copy()
    wants = np.outer(shares, left)  # [n_parts, n_strata]
    lacks = np.tile(strata.wanted, (len(shares), 1))
    while left.any():
        stratum = int(np.where(left > 0, left, len(parts) + 1).argmin())
        rows = strata.rows(stratum)
        rows = rows[parts[rows] < 0]
        sizes = _allot(len(rows), wants[:, stratum], lacks[:, stratum], wants.sum(axis=1), rng)
        given = np.split(rng.permutation(rows), np.cumsum(sizes)[:-1])
        for part, chosen in enumerate(given):
            counts = np.bincount(strata.of[chosen].ravel(), minlength=len(left))
            parts[chosen] = part
            left -= counts
            wants[part] -= counts
            lacks[part] &= counts == 0
    return parts


def _allot(
    n_rows: int, wants: Floats, lacking: Mask, overall: Floats, rng: np.random.Generator
) -> Rows:
    """
    How many of ``n_rows`` each part gets, ``[n_parts]``: by largest remainder; ties go to the part
    that wants more rows overall, then to chance.
    """
    sizes = lacking * (n_rows >= lacking.sum())
    spare = n_rows - int(sizes.sum())
    wants = np.maximum(wants - sizes, 0)
    if not wants.any():
        wants = np.maximum(overall, 1e-9)
    quotas = spare * wants / wants.sum()
    whole = np.floor(quotas + 1e-9).astype(np.int64)
    remainders = np.round(quotas - whole, 9)
    order = np.lexsort((rng.random(len(wants)), -np.round(overall, 6), -remainders))
    extra = np.zeros_like(whole)
    extra[order[: spare - int(whole.sum())]] = 1
    return np.asarray(sizes + whole + extra)


def _deal(units: Rows, shares: Floats, rng: np.random.Generator) -> Rows:
    """Deals whole groups; the part of each row, ``[n_rows]``. No part stays empty."""
    sizes = np.bincount(units)
    wants = shares * len(units)
    empty = np.ones(len(shares), dtype=bool)
    owner = np.empty(len(sizes), np.int64)
    for n_left, group in _countdown(np.lexsort((rng.random(len(sizes)), -sizes))):
        forced = n_left <= empty.sum()
        part = int(np.where(empty | ~forced, wants, -np.inf).argmax())
        owner[group] = part
        wants[part] -= sizes[group]
        empty[part] = False
    return np.asarray(owner[units])


def _countdown(groups: Rows) -> Iterator[tuple[int, int]]:
    """Each group with the number of groups that are left, itself included."""
    return ((len(groups) - place, int(group)) for place, group in enumerate(groups))
