import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pytest import fixture, importorskip, mark, raises
from scipy.sparse import coo_array, csr_array
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import estimator_checks_generator

from automtl import MultiTaskSearch, Run
from automtl.errors import ConfigError, DataError, RunError

SPACE = {
    "stages": 1,
    "primitives": ["hard"],
    "blocks": {"mlp": {"width": 8}},
    "balancers": ["sum"],
    "schedules": ["constant"],
    "training": {
        "learning_rate": 0.01,
        "weight_decay": 0.001,
        "batch_size": 64,
        "epochs": 3,
        "patience": 3,
    },
}
QUICK = MultiTaskSearch(trials=2, space=SPACE, targets={"y": "regression"})
MIXED: dict[str, Any] = {
    "tags": {"separator": ";"},
    "flags": {"kind": "multilabel", "columns": ["old", "rare"]},
}
# Each fits another time or more: examples/benchmarks/sklearn_checks.py runs them, too.
ELSEWHERE = {
    "check_array_api_input",  # needs a variable of the environment
    "check_dont_overwrite_parameters",
    "check_dtype_object",
    "check_estimators_dtypes",
    "check_estimators_fit_returns_self",
    "check_estimators_overwrite_params",
    "check_estimators_pickle",
    "check_f_contiguous_array_estimator",
    "check_fit2d_predict1d",
    "check_fit_check_is_fitted",
    "check_fit_idempotent",
    "check_fit_score_takes_y",
    "check_methods_sample_order_invariance",
    "check_n_features_in",
    "check_n_features_in_after_fitting",  # 15 rows, and a search needs 20
    "check_pipeline_consistency",
    "check_positive_only_tag_during_fit",
    "check_readonly_memmap_input",
}
CHECKS = [
    check for _, check in estimator_checks_generator(QUICK) if check.func.__name__ not in ELSEWHERE
]


@mark.parametrize("check", CHECKS, ids=lambda check: check.func.__name__)
def test_the_manners_of_scikit_learn(check: Callable[[MultiTaskSearch], None]) -> None:
    check(clone(QUICK))


@fixture(scope="module")
def fitted(inputs: pd.DataFrame, labels: pd.DataFrame) -> MultiTaskSearch:
    return MultiTaskSearch(trials=3, space=SPACE, targets=MIXED).fit(inputs, labels)


def test_predictions_have_the_form_of_the_labels(
    fitted: MultiTaskSearch, inputs: pd.DataFrame, labels: pd.DataFrame
) -> None:
    found = fitted.predict(inputs)
    assert [*found] == ["price", "grade", "good", "old", "rare", "a", "b", "c"]
    assert found.index.equals(inputs.index)
    assert found["good"].dtype == bool
    assert found["grade"].dtype == labels["grade"].dtype
    assert set(found["grade"]) <= set(labels["grade"])
    assert set(np.unique(found[["old", "rare", "a", "b", "c"]])) <= {0, 1}


def test_probabilities_are_those_of_the_classes(
    fitted: MultiTaskSearch, inputs: pd.DataFrame
) -> None:
    likely, found = fitted.predict_proba(inputs), fitted.predict(inputs)
    assert sorted(likely) == ["flags", "good", "grade", "tags"]
    assert [*likely["flags"]] == ["old", "rare"]
    for task in ("good", "grade"):
        assert np.allclose(likely[task].sum(axis=1), 1)
        assert [*likely[task]] == [*fitted.classes_[task]]
        assert (likely[task].idxmax(axis=1) == found[task]).all()


def test_rows_do_not_depend_on_each_other(fitted: MultiTaskSearch, inputs: pd.DataFrame) -> None:
    one = inputs.iloc[7:8].assign(colour="blue", sold=None)  # never seen, and missing
    other = inputs.iloc[[7, 9]].assign(colour=[None, "red"], sold=["", "no"])
    pd.testing.assert_frame_equal(fitted.predict(one), fitted.predict(other).iloc[:1], rtol=1e-5)


def test_a_score_takes_missing_labels(
    fitted: MultiTaskSearch, inputs: pd.DataFrame, labels: pd.DataFrame
) -> None:
    perfect = labels.assign(**fitted.predict(inputs)[["price", "grade", "good", "old", "rare"]])
    found = fitted.score(inputs, labels)
    assert found <= fitted.score(inputs, perfect) <= 1
    with raises(DataError, match="y has no column 'price'"):
        fitted.score(inputs, labels.drop(columns="price"))


def test_a_copy_predicts_alike_without_its_run(
    fitted: MultiTaskSearch, inputs: pd.DataFrame
) -> None:
    copy = pickle.loads(pickle.dumps(fitted))
    pd.testing.assert_frame_equal(copy.predict(inputs), fitted.predict(inputs))
    assert not hasattr(copy, "run_")
    assert Run.load(fitted.run_.folder) == fitted.run_


def test_a_value_of_another_kind_is_named(fitted: MultiTaskSearch, inputs: pd.DataFrame) -> None:
    with raises(DataError, match="data frame, column 'size', row 1: must be a number, but got 'x'"):
        fitted.predict(inputs.assign(size="x"))


def test_the_run_stays_where_it_was_asked_for(tmp_path: Path) -> None:
    polars = importorskip("polars", reason="polars is not installed")
    rng = np.random.default_rng(0)
    inputs = polars.DataFrame({"a": rng.normal(size=40), "b": rng.choice(["x", "y"], 40)})
    labels = polars.Series("big", np.where(inputs["a"] > 0, "yes", "no"))
    model = clone(QUICK).set_params(folder=tmp_path / "runs" / "mine", targets=None)
    model.fit(inputs, labels)
    found = model.predict(inputs)
    assert isinstance(found, polars.Series)
    assert found.name == "big"
    assert model.predict_proba(inputs).columns == ["no", "yes"]
    copy = pickle.loads(pickle.dumps(model))
    assert copy.run_ == Run.load(tmp_path / "runs" / "mine")
    with raises(RunError, match=r"mine: exists already\. Choose another `folder`"):
        model.fit(inputs, labels)
    shutil.rmtree(tmp_path / "runs" / "mine")
    with raises(RunError, match=r"mine\.parquet: exists already"):
        model.fit(inputs, labels)


def test_a_sparse_matrix_is_learned_from_as_it_is(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    counts = np.where(rng.random((60, 300)) < 0.03, rng.integers(1, 4, (60, 300)), 0.0)
    labels = csr_array(rng.integers(0, 2, (60, 2)).astype(float))
    model = clone(QUICK).set_params(folder=tmp_path / "sparse", targets=None)
    model.fit(csr_array(counts), labels)
    assert (tmp_path / "sparse.arrow").is_file()
    found = model.predict(coo_array(counts))
    assert found.shape == (60, 2)
    assert np.array_equal(model.predict(counts), found)
    with raises(RunError, match=r"sparse: exists already"):
        model.fit(csr_array(counts), labels)
    shutil.rmtree(tmp_path / "sparse")
    with raises(RunError, match=r"sparse\.arrow: exists already"):
        model.fit(csr_array(counts), labels)


def test_mistakes_leave_nothing_behind(inputs: pd.DataFrame, tmp_path: Path) -> None:
    model = MultiTaskSearch(folder=tmp_path / "mine", targets={"y": "binry"})
    labels = pd.Series(np.arange(len(inputs)) % 2, name="y")
    with raises(ConfigError, match="did you mean 'binary'"):
        model.fit(inputs, labels)
    with raises(DataError, match=r"\['size'\] are in both"):
        model.fit(inputs, labels.rename("size"))
    with raises(DataError, match="data frame, column 'y': a target must have at least two"):
        MultiTaskSearch(folder=tmp_path / "mine").fit(inputs, labels * 0)
    with raises(DataError, match="needs 20 rows at least, but X has n_samples=9"):
        model.fit(inputs[:9], labels[:9])
    with raises(NotFittedError):
        model.predict(inputs)
    assert [*tmp_path.iterdir()] == []
