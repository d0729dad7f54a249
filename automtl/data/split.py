"""The division of rows into training, validation and test."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.core.seed import derive_seed
from automtl.data.request import SplitRequest

Rows: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

N_BINS = 5  # quantile bins of a numeric target
ATTEMPTS = 10  # shuffles, of which the best is taken
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Strata:
    """
    Sets of rows that are to be spread evenly.

    :param of: The stratum of each row for each target, ``[n_rows, n_targets]``.
    :param classes: Which strata are classes, ``[n_strata]``: these are wanted in every part. The
        others are bins of numbers, and rows without a label.
    """

    of: Rows
    classes: NDArray[np.bool_]


def split_rows(
    request: SplitRequest,
    labels: Sequence[NDArray[Any]],
    seed: int,
    by: NDArray[Any] | None = None,
) -> tuple[Rows, Rows, Rows]:
    """
    Divides the rows into training, validation and test, each in the order of the file.

    Random splits are stratified over all targets. Whole groups go where the most rows are wanted,
    the largest groups first. In time, the oldest rows are for training and moments are not torn.

    :param labels: For each target its labels, ``[n_rows]``: floats with NaN where missing, or
        strings with None where missing.
    :param by: ``[n_rows]``. What the request's column says: the part of each row as an index of
        `PARTS`, with training and test among them; or the group of each row, at least three of
        them; or its time, at least three moments, as a number.
    """
    strata = _strata(labels)
    shares = np.array([request.train, request.validation, request.test])
    if request.column is not None and by is not None:
        return _listed(_given(by, strata, shares, seed))
    if request.time is not None and by is not None:
        return _listed(_by_time(by, shares))
    groups = by if request.groups is not None else None
    return _listed(_at_random(strata, groups, shares, seed))


def _listed(parts: Rows) -> tuple[Rows, Rows, Rows]:
    train, validation, test = (np.flatnonzero(parts == part) for part in range(3))
    return train, validation, test


def _given(by: NDArray[Any], strata: Strata, shares: Floats, seed: int) -> Rows:
    """The parts as they are given; without validation rows, some training rows become that."""
    parts = by.astype(np.int64)
    if not (parts == 1).any():
        train = np.flatnonzero(parts == 0)
        left = Strata(strata.of[train], strata.classes)
        parts[train] = _at_random(left, None, shares[:2] / shares[:2].sum(), seed)
    return parts


def _by_time(times: NDArray[Any], shares: Floats) -> Rows:
    """Cuts between two moments where that is nearest to the shares."""
    _, place, counts = np.unique(times, return_inverse=True, return_counts=True)
    older = np.cumsum(counts)[:-1]  # rows before each border between moments
    first = int(np.abs(older[:-1] - shares[0] * len(times)).argmin())
    second = first + 1 + int(np.abs(older[first + 1 :] - (1 - shares[2]) * len(times)).argmin())
    return (place > first).astype(np.int64) + (place > second)


def _at_random(strata: Strata, groups: NDArray[Any] | None, shares: Floats, seed: int) -> Rows:
    """The best of a few shuffles."""
    shuffles = []
    for attempt in range(ATTEMPTS):
        rng = np.random.default_rng(derive_seed(seed, "split", attempt))
        parts = _stratify(strata, shares, rng) if groups is None else _deal(groups, shares, rng)
        shuffles.append((_flaws(strata, shares, parts), attempt, parts))
    return min(shuffles, key=lambda shuffle: shuffle[:2])[-1]


def _flaws(strata: Strata, shares: Floats, parts: Rows) -> tuple[int, float]:
    """How many classes are missing in parts, and how far the parts are from the shares."""
    sizes = [np.bincount(strata.of[parts == p].ravel()) for p in range(len(shares))]
    n_strata = len(strata.classes)
    counts = np.array([np.pad(size, (0, n_strata - len(size))) for size in sizes])
    expected = np.maximum(np.outer(shares, counts.sum(axis=0)), 1e-9)
    distance = float(((counts - expected) ** 2 / expected).sum())
    return int((counts[:, strata.classes] == 0).sum()), distance


def _strata(labels: Sequence[NDArray[Any]]) -> Strata:
    columns: list[Rows] = []
    classes: list[bool] = []
    for target in labels:
        names, codes = np.unique(_binned(target), return_inverse=True)
        columns.append(codes + len(classes))
        classes += [str(name).startswith("=") for name in names]
    return Strata(np.column_stack(columns), np.array(classes))


def _binned(labels: NDArray[Any]) -> NDArray[Any]:
    """One value a stratum: ``=`` and a class, or the number of a bin, or nothing if missing."""
    if labels.dtype == object:
        return np.array(["" if label is None else f"={label}" for label in labels.tolist()])
    known = ~np.isnan(labels)
    bins = np.zeros(len(labels), np.int64)
    if known.any():
        edges = np.quantile(labels[known], np.linspace(0, 1, N_BINS + 1)[1:-1])
        bins[known] = 1 + np.searchsorted(edges, labels[known])
    return bins


def _stratify(strata: Strata, shares: Floats, rng: np.random.Generator) -> Rows:
    """
    The part of each row, ``[n_rows]``, after `On the Stratification of Multi-Label Data
    <https://doi.org/10.1007/978-3-642-23808-6_10>`_ (ECML PKDD 2011).

    It departs from algorithm 1 of the paper in that all rows of the rarest stratum are handed out
    at once, in proportion to what the parts still want of it, instead of one by one; and in that
    a part without any row of a class gets one first.
    """
    parts = np.full(len(strata.of), -1)
    left = np.bincount(strata.of.ravel(), minlength=len(strata.classes))
    home = np.zeros_like(left)  # the target of each stratum
    home[strata.of] = np.arange(strata.of.shape[1])
    wants = np.outer(shares, left)  # [n_parts, n_strata]
    lacks = np.tile(strata.classes, (len(shares), 1))
    while left.any():
        stratum = int(np.where(left > 0, left, len(parts) + 1).argmin())
        rows = np.flatnonzero((parts < 0) & (strata.of[:, home[stratum]] == stratum))
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
    n_rows: int,
    wants: Floats,
    lacking: NDArray[np.bool_],
    overall: Floats,
    rng: np.random.Generator,
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


def _deal(groups: NDArray[Any], shares: Floats, rng: np.random.Generator) -> Rows:
    """Deals whole groups; the part of each row, ``[n_rows]``. No part stays empty."""
    _, member, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    wants = shares * len(groups)
    empty = np.ones(len(shares), dtype=bool)
    owner = np.empty(len(sizes), np.int64)
    for n_left, group in _countdown(np.lexsort((rng.random(len(sizes)), -sizes))):
        forced = n_left <= empty.sum()
        part = int(np.where(empty | ~forced, wants, -np.inf).argmax())
        owner[group] = part
        wants[part] -= sizes[group]
        empty[part] = False
    return np.asarray(owner[member])


def _countdown(groups: Rows) -> Iterator[tuple[int, int]]:
    """Each group with the number of groups that are left, itself included."""
    return ((len(groups) - place, int(group)) for place, group in enumerate(groups))
