from collections.abc import Callable
from dataclasses import replace

import numpy as np
from pytest import fixture, mark

from automtl.data.dataset import MultiTaskData, Part
from automtl.data.features.sparse import SparseArray
from automtl.data.parts.bagging import bagged, fold_of_rows, joined, why_not_bagged

MakeData = Callable[..., MultiTaskData]


@fixture
def data(make_data: MakeData) -> MultiTaskData:
    rng = np.random.default_rng(0)
    labels = {"y": rng.choice(np.array(["a", "b"], object), 100), "z": rng.normal(size=100)}
    return make_data({"x": rng.normal(size=100)}, labels)


def _groups(data: MultiTaskData, n_groups: int) -> MultiTaskData:
    parts = {
        name: replace(getattr(data, name), groups=getattr(data, name).rows % n_groups)
        for name in ("train", "validation")
    }
    return replace(data, **parts)


def test_each_row_is_for_validation_once(data: MultiTaskData) -> None:
    bags = [bagged(data.for_training(), (number, 4)) for number in range(4)]
    rows = np.concatenate([bag.validation.rows for bag in bags])
    both = np.concatenate([data.train.rows, data.validation.rows])
    assert sorted(rows) == sorted(both)
    for bag in bags:
        assert sorted([*bag.train.rows, *bag.validation.rows]) == sorted(both)
        assert len(bag.validation.rows) == 20
        assert not bag.skips
        at = np.flatnonzero(both == bag.train.rows[0])[0]
        whole = joined(data.train, data.validation)
        np.testing.assert_array_equal(np.asarray(bag.train.inputs)[0], np.asarray(whole.inputs)[at])
        np.testing.assert_array_equal(bag.train.targets[0], whole.targets[at])


def test_classes_are_in_every_fold(data: MultiTaskData) -> None:
    both = joined(data.train, data.validation)
    folds = fold_of_rows(both, 5)
    shares = [both.targets[folds == fold, 0].mean() for fold in range(5)]
    assert max(shares) - min(shares) < 0.1


def test_groups_stay_whole(data: MultiTaskData) -> None:
    grouped = _groups(data, 7).for_training()
    both = joined(grouped.train, grouped.validation)
    folds = fold_of_rows(both, 3)
    assert both.groups is not None
    assert all(len(set(folds[both.groups == group])) == 1 for group in range(7))
    bag = bagged(grouped, (0, 3))
    assert bag.train.groups is not None
    assert bag.validation.groups is not None
    assert not set(bag.train.groups) & set(bag.validation.groups)


def test_inputs_without_zeros_stay_without(data: MultiTaskData) -> None:
    def thin(part: Part) -> Part:
        return replace(part, inputs=SparseArray.of(np.asarray(part.inputs)))

    sparse = joined(thin(data.train), thin(data.validation))
    assert isinstance(sparse.inputs, SparseArray)
    dense = joined(data.train, data.validation)
    np.testing.assert_array_equal(sparse.inputs.dense(), dense.inputs)


@mark.parametrize("k", [2, 5, 20])
def test_enough_rows(data: MultiTaskData, k: int) -> None:
    assert why_not_bagged(data, k) is None


def test_too_few_rows_groups_or_labels(data: MultiTaskData) -> None:
    why = why_not_bagged(data, 81)
    assert why == "must be at most the number of rows that are not for testing, 80, but is 81."
    assert "the number of groups of rows that are not for testing, 3," in str(
        why_not_bagged(_groups(data, 3), 4)
    )
    rare = data.train.targets.copy()
    rare[3:, 1] = np.nan
    none = np.full_like(data.validation.targets, np.nan)
    none[:, 0] = data.validation.targets[:, 0]
    few = replace(
        data,
        train=replace(data.train, targets=rare),
        validation=replace(data.validation, targets=none),
    )
    assert why_not_bagged(few, 3) is None
    assert "needs labels of every task, but 'z' has 3 rows with a label" in str(
        why_not_bagged(few, 4)
    )
