"""Other divisions of the rows that are not for testing: each fold is for validation once."""

from dataclasses import replace
from typing import TypeAlias

import numpy as np

from automtl.core.trial import Bag
from automtl.data.dataset import Inputs, MultiTaskData, Part, TrainingData
from automtl.data.features.sparse import SparseArray
from automtl.data.parts.strata import Rows, Strata
from automtl.data.parts.stratify import parts_at_random

Chosen: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bool_]]

SEED = 0  # the folds are the same for all, or they would not be disjoint


def bagged(data: TrainingData, bag: Bag) -> TrainingData:
    """
    The rows for training and validation, divided anew, with whole groups if there are any. The
    skips are left out: they are to be fitted to the new training rows.

    :param bag: Which fold of how many is for validation.
    """
    both = joined(data.train, data.validation)
    apart = _left_out(both, bag)
    train, validation = _chosen(both, ~apart), _chosen(both, apart)
    return replace(data, train=train, validation=validation, skips={})


def why_not_bagged(data: MultiTaskData, k: int) -> str | None:
    """Why the rows for training and validation cannot be divided into ``k`` folds, if so."""
    both = joined(_without_inputs(data.train), _without_inputs(data.validation))
    n_units = len(both.rows) if both.groups is None else len(np.unique(both.groups))
    if n_units < k:
        what = "rows" if both.groups is None else "groups of rows"
        return (
            f"must be at most the number of {what} that are not for testing, {n_units}, but is {k}."
        )
    folds = fold_of_rows(both, k)
    ends = np.cumsum([kind.n_targets for kind in data.kinds])[:-1]
    for task, targets in zip(data.tasks, np.split(both.targets, ends, axis=1), strict=True):
        labelled = ~np.isnan(targets).all(1)
        there = np.bincount(folds[labelled], minlength=k)
        if not there.all():
            return (
                f"each of {k} folds needs labels of every task, but '{task.name}' has "
                f"{labelled.sum()} rows with a label, in {np.count_nonzero(there)} folds. Ask for "
                f"fewer bags."
            )
    return None


def validated(data: MultiTaskData, bag: Bag | None) -> tuple[Chosen, Part]:
    """Which of the joined rows a training has for validation, ``[n_rows]``, and these rows."""
    if bag is None:
        n_train, n_rows = len(data.train.rows), len(data.train.rows) + len(data.validation.rows)
        return np.arange(n_rows) >= n_train, data.validation
    both = joined(data.train, data.validation)
    rows = _left_out(both, bag)
    return rows, _chosen(both, rows)


def fold_of_rows(part: Part, k: int) -> Rows:
    """The fold of each row, ``[n_rows]``, stratified over all targets."""
    strata = Strata.of_labels([part.targets.astype(np.float64)])
    return parts_at_random(strata, np.full(k, 1 / k), SEED, part.groups)


def joined(first: Part, second: Part) -> Part:
    """The rows of both."""
    groups = None
    if first.groups is not None and second.groups is not None:
        groups = np.concatenate([first.groups, second.groups])
    return Part(
        _below(first.inputs, second.inputs),
        np.concatenate([first.targets, second.targets]),
        np.concatenate([first.rows, second.rows]),
        groups,
    )


def _left_out(both: Part, bag: Bag) -> Chosen:
    """The rows of a fold, of all rows that are not for testing."""
    return np.asarray(fold_of_rows(both, bag[1]) == bag[0])


def _without_inputs(part: Part) -> Part:
    return replace(part, inputs=np.empty((len(part.rows), 0), np.float32))


def _below(first: Inputs, second: Inputs) -> Inputs:
    if isinstance(first, SparseArray) and isinstance(second, SparseArray):
        return SparseArray.stack([first, second])
    return np.concatenate([np.asarray(first), np.asarray(second)])


def _chosen(part: Part, rows: Chosen) -> Part:
    groups = None if part.groups is None else part.groups[rows]
    return Part(part.inputs[rows], part.targets[rows], part.rows[rows], groups)
