import pickle
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pytest import fixture, importorskip, mark, raises, warns
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
    "check_estimator_sparse_matrix",  # as check_estimator_sparse_array, of the older classes
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


def test_columns_of_an_array_go_by_position(
    fitted: MultiTaskSearch, inputs: pd.DataFrame, labels: pd.DataFrame
) -> None:
    array = inputs.astype(object).to_numpy()
    with warns(UserWarning, match="X does not have valid feature names, but MultiTaskSearch was"):
        found = fitted.predict(array)
    assert np.array_equal(found, fitted.predict(inputs))
    with warns(UserWarning, match="X does not have valid"):
        assert fitted.score(array, labels) == fitted.score(inputs, labels)
    short = r"X has 2 features, but MultiTaskSearch is expecting 4 features as input\.($|\nGive X)"
    for wrong in (array[:, :2], inputs.iloc[:, :2].set_axis([0, 1], axis=1)):
        with warns(UserWarning, match="X does not have valid"), raises(ValueError, match=short):
            fitted.predict(wrong)


def test_columns_of_a_frame_go_by_position_after_an_array(inputs: pd.DataFrame) -> None:
    array = inputs[["size"]].assign(square=inputs["size"] ** 2).to_numpy()
    model = clone(QUICK).set_params(targets=None).fit(array, array[:, 0] > 0)
    frame = pd.DataFrame(array, columns=["u", "v"])
    with warns(UserWarning, match="X has feature names, but MultiTaskSearch was fitted without"):
        assert np.array_equal(model.predict(frame), model.predict(array))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(model.predict(pd.DataFrame(array)), model.predict(array))
    short = "X has 1 features, but MultiTaskSearch is expecting 2 features as input.$"
    with warns(UserWarning, match="X has feature names"), raises(DataError, match=short):
        model.predict(frame[["u"]])


def test_columns_of_other_names_are_refused(fitted: MultiTaskSearch, inputs: pd.DataFrame) -> None:
    mend = r"Give X the columns of fit in their order, feature_names_in_\.$"
    wrong = {
        "in the same order as they were in fit.": inputs[inputs.columns[::-1]],
        "yet now missing:\n- day": inputs.drop(columns="day"),
        "unseen at fit time:\n- more": inputs.assign(more=1),
    }
    for message, frame in wrong.items():
        for given in (frame, pa.table(dict(frame)), dict(frame)):
            with raises(DataError, match=f"{message}\n{mend}"):
                fitted.predict(given)


def test_arrow_tables_and_mappings_are_tables(inputs: pd.DataFrame, labels: pd.DataFrame) -> None:
    names = ["size", "colour", "day"]
    table = pa.table({name: pa.array(inputs[name]) for name in names})
    columns = {name: inputs[name].tolist() for name in names[:2]}
    columns["day"] = inputs["day"].dt.date.tolist()
    good = labels["good"].to_numpy()
    model = clone(QUICK).set_params(targets=None)
    model.fit(table, {"good": good, "price": labels["price"].tolist()})
    found = model.predict(columns)
    assert [*found] == ["good", "price"]
    assert found["good"].dtype == bool
    for same in (table, table.to_batches()[0], inputs[names]):
        assert np.array_equal(model.predict(same)["price"], found["price"])
    assert [*model.predict_proba(table)["good"]] == [False, True]
    model.fit(columns, pa.table({"good": good}))
    assert model.feature_names_in_.tolist() == names
    assert model.predict(table).schema == pa.schema({"good": pa.bool_()})
    assert model.predict_proba(table)["good"].column_names == ["False", "True"]
    assert 0 <= model.score(columns, {"good": good}) <= 1


def test_polars_with_numbers_text_and_dates(inputs: pd.DataFrame, labels: pd.DataFrame) -> None:
    polars = importorskip("polars", reason="polars is not installed")
    columns = {name: inputs[name].tolist() for name in ("size", "sold")}
    frame = polars.DataFrame({**columns, "day": inputs["day"].dt.date.tolist()})
    named = polars.DataFrame({"price": labels["price"].tolist(), "good": labels["good"].tolist()})
    model = clone(QUICK).set_params(targets=None).fit(frame, named)
    assert model.predict(frame).columns == ["price", "good"]


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


def test_a_column_that_cannot_be_learned_from_is_named(tmp_path: Path) -> None:
    numbers = np.arange(30.0)
    labels = pd.Series(numbers % 2, name="y")
    model = clone(QUICK).set_params(folder=tmp_path / "mine")
    wrong: dict[str, Any] = {
        "column 'b': integers must fit": pd.DataFrame({"a": numbers, "b": [10**30] * 30}),
        "column 'b': categories must be": pd.DataFrame({"a": numbers, "b": pd.cut(numbers, 2)}),
        r"unique, but \['a'\] are": pd.DataFrame(np.ones((30, 2)), columns=["a", "a"]),
        "string names, .* convert": pd.DataFrame({0: numbers, "b": numbers}),
        "column 'b': must hold text, .* but holds month_day_nano_interval. Convert": pa.table(
            {"a": numbers, "b": pa.array([(1, 2, 3)] * 30, pa.month_day_nano_interval())}
        ),
        "X must have at least one column": labels.to_frame()[[]],
    }
    for message, inputs in wrong.items():
        with raises(DataError, match=message):
            model.fit(inputs, labels)
    with raises(DataError, match="y must have at least one column"):
        model.fit(numbers[:, None], pd.DataFrame(index=range(30)))
    with raises(DataError, match="y must have a label for each row of X, but is 'y'"):
        model.fit(numbers[:, None], "y")
    with raises(ValueError, match=r"inconsistent numbers of samples: \[30, 29\]"):
        model.fit({"a": numbers}, {"b": numbers[1:]})
    assert [*tmp_path.iterdir()] == []


def test_a_column_of_another_type_is_named(fitted: MultiTaskSearch, inputs: pd.DataFrame) -> None:
    for name, kind in (("size", "numeric"), ("colour", "categorical")):
        lists = inputs.assign(**{name: [[1]] * len(inputs)})
        with raises(DataError, match=f"column '{name}': must hold {kind} values, as in fit, but"):
            fitted.predict(lists)


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
