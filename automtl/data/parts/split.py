"""The division of rows into training, validation and test."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automtl.data.parts.strata import Rows, Strata
from automtl.data.parts.stratify import Floats, parts_at_random
from automtl.data.request import SplitRequest

PARTS = ("train", "validation", "test")


def split_rows(
    request: SplitRequest,
    labels: Sequence[NDArray[Any]],
    seed: int,
    by: NDArray[Any] | None = None,
) -> tuple[Rows, Rows, Rows]:
    """
    Divides the rows into training, validation and test, each in the order of the file.

    Random splits are stratified over all targets and all their columns, with missing labels as a
    stratum of their own. Whole groups go where the most rows are wanted, the largest groups first.
    In both, what has a label is moved where a part lacks one that there is enough of. In time, the
    oldest rows are for training and moments are not torn.

    :param labels: For each target its labels: ``[n_rows]``, floats with NaN where missing, or
        strings with None where missing; or ``[n_rows, n_columns]``, floats with NaN where missing.
    :param by: ``[n_rows]``. What the request's column says: the part of each row as an index of
        `PARTS`, with training and test among them; or the group of each row, at least three of
        them; or its time, at least three moments, as a number.
    """
    shares = np.array([request.train, request.validation, request.test])
    if request.column is not None and by is not None:
        return _listed(_given(by, labels, shares, seed))
    if request.time is not None and by is not None:
        return _listed(parts_in_time(by, shares))
    groups = by if request.groups is not None else None
    return _listed(parts_at_random(Strata.of_labels(labels), shares, seed, groups))


def parts_in_time(times: NDArray[Any], shares: Floats) -> Rows:
    """
    The part of each row, ``[n_rows]``, the oldest rows in the first one: cut between two moments
    where that is nearest to the shares.

    :param times: ``[n_rows]``; at least as many distinct moments as parts.
    :param shares: What share of the rows each part is to have, ``[n_parts]``; adds up to 1.
    """
    _, place, counts = np.unique(times, return_inverse=True, return_counts=True)
    older = np.cumsum(counts)[:-1]  # rows before each border between moments
    borders: list[int] = []
    for n_later, share in zip(range(len(shares) - 2, -1, -1), np.cumsum(shares)[:-1], strict=True):
        first = borders[-1] + 1 if borders else 0
        free = older[first : len(older) - n_later]
        borders.append(first + int(np.abs(free - share * len(times)).argmin()))
    return np.searchsorted(borders, place)


def _listed(parts: Rows) -> tuple[Rows, Rows, Rows]:
    train, validation, test = (np.flatnonzero(parts == part) for part in range(3))
    return train, validation, test


def _given(by: NDArray[Any], labels: Sequence[NDArray[Any]], shares: Floats, seed: int) -> Rows:
    """The parts as they are given; without validation rows, some training rows become that."""
    parts = by.astype(np.int64)
    if not (parts == 1).any():
        train = np.flatnonzero(parts == 0)
        strata = Strata.of_labels([target[train] for target in labels])
        parts[train] = parts_at_random(strata, shares[:2] / shares[:2].sum(), seed)
    return parts
