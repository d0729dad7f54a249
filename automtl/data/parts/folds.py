"""Folds for cross-validation: each is the test part once."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.core.seed import derive_seed
from automtl.data.parts.split import parts_in_time
from automtl.data.parts.strata import Rows, Strata
from automtl.data.parts.stratify import Floats, parts_at_random
from automtl.errors import DataError

Fold: TypeAlias = tuple[Rows, Rows, Rows]  # training, validation and test


def fold_rows(
    k: int,
    labels: Sequence[NDArray[Any]],
    seed: int,
    validation: float = 0.2,
    groups: NDArray[Any] | None = None,
    times: NDArray[Any] | None = None,
) -> list[Fold]:
    """
    Divides the rows into training, validation and test, ``k`` times, each in the order of the file.

    The test parts are disjoint. Together they are all rows, each fold having the same share of each
    label, as `split_rows` does it; validation is cut out of the other folds in the same way. By
    groups, both keep groups whole. In time, the rows are cut into ``k + 1`` windows; each but the
    oldest is a test part once, after training on all that is older, the newest of it being for
    validation. What is newer than the test part is then used for nothing.

    :param k: How many folds.
    :param labels: As for `split_rows`.
    :param validation: What share of the rows that are not for testing is for validation.
    :param groups: The group of each row, ``[n_rows]``.
    :param times: The time of each row as a number, ``[n_rows]``; at most one of both is given.
    :raises DataError: If there are not enough rows, groups or moments for as many folds.
    """
    _check(k, labels, validation, groups, times)
    shares = np.array([1 - validation, validation])
    if times is not None:
        return list(_windows(k, times, shares))
    folds = parts_at_random(Strata.of_labels(labels), np.full(k, 1 / k), seed, groups)
    return [_fold(folds, fold, labels, shares, seed, groups) for fold in range(k)]


def _fold(
    folds: Rows,
    fold: int,
    labels: Sequence[NDArray[Any]],
    shares: Floats,
    seed: int,
    groups: NDArray[Any] | None,
) -> Fold:
    rest = np.flatnonzero(folds != fold)
    strata = Strata.of_labels([target[rest] for target in labels])
    own = None if groups is None else groups[rest]
    if own is not None and len(np.unique(own)) < 2:
        raise DataError(
            f"{len(rest)} of {len(folds)} rows are one group, which leaves no group to validate on "
            f"when the others are for testing. Ask for 3 folds or more."
        )
    parts = parts_at_random(strata, shares, derive_seed(seed, "fold", fold), own)
    return rest[parts == 0], rest[parts == 1], np.flatnonzero(folds == fold)


def _windows(k: int, times: NDArray[Any], shares: Floats) -> Iterator[Fold]:
    later = np.maximum(times, np.unique(times)[1])  # the oldest window must hold two moments
    windows = parts_in_time(later, np.full(k + 1, 1 / (k + 1)))
    for window in range(1, k + 1):
        older = np.flatnonzero(windows < window)
        parts = parts_in_time(times[older], shares)
        yield older[parts == 0], older[parts == 1], np.flatnonzero(windows == window)


def _check(
    k: int,
    labels: Sequence[NDArray[Any]],
    validation: float,
    groups: NDArray[Any] | None,
    times: NDArray[Any] | None,
) -> None:
    """Every fold must leave a row, group or moment to train on, and another to validate on."""
    if k < 2 or not 0 < validation < 1:
        raise DataError(
            f"cross-validation needs k >= 2 and 0 < validation < 1, but got {k=}, {validation=}."
        )
    if times is not None:
        what, needed, found = "moments", k + 2, len(np.unique(times))
    elif groups is not None:
        what, needed, found = "groups", max(4, k), len(np.unique(groups))
    else:
        what, needed, found = "rows", 3 * k, len(labels[0])
    if found < needed:
        raise DataError(
            f"{k} folds need at least {needed} {what}, but there are {found}. Ask for fewer folds."
        )
