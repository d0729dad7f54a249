"""
Ridge regression and forests on the very folds of ``quality.py``, for the sets of several targets;
gradient boosting on the very rows and inputs of adult.

    python examples/benchmarks/quality_baselines.py FOLDER [--sets jura ...]

The references of ``quality_reference.py`` come from other folds, and under 200 rows a set's folds
differ by more than methods do. That of income in adult is only reached with the working hours as
an input, which are a target here. Writes ``results/quality_baselines.json``.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from quality import config_of
from quality_reference import FOLDS, MTR
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from automtl.config import load_config
from automtl.data.dataset import MultiTaskData, Part
from automtl.data.read import read_data
from automtl.plugins import load_plugins

HERE = Path(__file__).parent
SETS = [*MTR, "adult"]
STRENGTHS = np.logspace(-3, 5, 17)
METHODS = ("ridge", "forest")
BOOSTING = {"learning_rate": 0.05, "max_iter": 300, "categorical_features": "from_dtype"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--runs", type=Path, default=Path("runs/quality"))
    arguments = parser.parse_args()
    arguments.runs.mkdir(parents=True, exist_ok=True)
    file, plugins = HERE / "results" / "quality_baselines.json", load_plugins()
    found = json.loads(file.read_text()) if file.is_file() else {}
    for name in arguments.sets:
        path = arguments.runs / f"{name}.yaml"
        path.write_text(config_of(name, arguments.folder.resolve(), arguments.runs))
        config, k = load_config(path), FOLDS.get(name)
        if k is None:
            found[name] = _boosting(read_data(config.data_request(), plugins))
        else:
            parts = [read_data(config.data_request((fold, k)), plugins) for fold in range(k)]
            means = np.mean([_arrmse(part) for part in parts], axis=0)
            found[name] = dict(zip(METHODS, means.tolist(), strict=True))
        print(name, found[name], flush=True)
        file.write_text(json.dumps(found, indent=1) + "\n")


def _arrmse(data: MultiTaskData) -> tuple[float, float]:
    """The mean relative error over targets of ridge regression and of a forest, on test."""
    table = pd.DataFrame({name: column.values for name, column in data.table.items()})
    table = pd.get_dummies(table).astype(float)
    inputs = table.fillna(table.median()).fillna(0.0).to_numpy()
    known = np.concatenate([data.train.rows, data.validation.rows])
    targets = np.concatenate([data.train.targets, data.validation.targets])
    ridge = make_pipeline(StandardScaler(), RidgeCV(STRENGTHS, alpha_per_target=True))
    forest = RandomForestRegressor(200, random_state=0, n_jobs=2)
    ridges, forests = (
        _relative(model.fit(inputs[known], targets).predict(inputs[data.test.rows]), targets, data)
        for model in (ridge, forest)
    )
    return ridges, forests


def _boosting(data: MultiTaskData) -> dict[str, float]:
    """What gradient boosting reaches on adult; of the classes also with the hours as an input."""
    plain = pd.DataFrame({name: column.values for name, column in data.table.items()})
    for name in plain.select_dtypes(exclude="number"):
        plain[name] = plain[name].astype("category")
    known = np.concatenate([data.train.rows, data.validation.rows])
    wanted = np.concatenate([data.train.targets, data.validation.targets])
    every = pd.Series(np.nan, index=plain.index)
    every.iloc[known], every.iloc[data.test.rows] = wanted[:, 2], data.test.targets[:, 2]
    found: dict[str, float] = {}
    for suffix, inputs in (("", plain), ("_with_hours", plain.assign(hours=every))):
        train, test = inputs.iloc[known], inputs.iloc[data.test.rows]
        for at, name in enumerate(("income", "never_married")):
            model = HistGradientBoostingClassifier(early_stopping=False, random_state=0, **BOOSTING)
            scores = model.fit(train, wanted[:, at]).predict_proba(test)[:, 1]
            found[name + suffix] = float(roc_auc_score(data.test.targets[:, at], scores))
    hours = HistGradientBoostingRegressor(early_stopping=False, random_state=0, **BOOSTING)
    hours.fit(plain.iloc[known], wanted[:, 2])
    guess = hours.predict(plain.iloc[data.test.rows])
    return {**found, "r2": float(r2_score(data.test.targets[:, 2], guess))}


def _relative(
    predicted: NDArray[np.float64], targets: NDArray[np.float32], data: MultiTaskData
) -> float:
    test: Part = data.test
    wrong = np.square(predicted.reshape(test.targets.shape) - test.targets).mean(axis=0)
    constant = np.square(targets.mean(axis=0) - test.targets).mean(axis=0)
    return float(np.sqrt(wrong / constant).mean())


if __name__ == "__main__":
    main()
