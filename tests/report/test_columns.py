from math import isnan
from pathlib import Path

import numpy as np
from pytest import approx

from automtl.data.dataset import MultiTaskData
from automtl.data.read import read_data
from automtl.data.request import DataRequest, TargetRequest
from automtl.plugins import Plugins
from automtl.report.columns import column_summaries
from automtl.train.evaluate import evaluate, evaluate_columns


def labels(tmp_path: Path, plugins: Plugins) -> MultiTaskData:
    """A set of two labels, one with gaps; two numbers; and one class."""
    rows = ["x,a,b,u,v,c"]
    for n in range(60):
        gap = "" if n % 5 == 0 else n // 2 % 2
        rows.append(f"{n * 7 % 31},{n % 2},{gap},{n % 9},{n % 4}.5,{'pq'[n % 2]}")
    file = tmp_path / "data.csv"
    file.write_text("\n".join(rows))
    targets = (
        TargetRequest("set", "multilabel", columns=("a", "b")),
        TargetRequest("numbers", "multi_output", columns=("u", "v")),
        TargetRequest("c"),
    )
    return read_data(DataRequest(file, targets), plugins)


def test_columns_have_counts_thresholds_and_metrics(tmp_path: Path, plugins: Plugins) -> None:
    data = labels(tmp_path, plugins)
    rng = np.random.default_rng(0)
    n_rows = len(data.test.rows)
    predictions = {
        "set": rng.uniform(size=(n_rows, 2)),
        "numbers": rng.normal(size=(n_rows, 2)),
        "c": np.full((n_rows, 2), 0.5),
    }
    asked = (predictions, data.tasks, data.kinds, data.test.targets)
    metrics = evaluate_columns(*asked)
    assert set(metrics) == {"set", "numbers"}
    found = column_summaries(data, data.kinds, metrics)
    whole = evaluate(*asked)
    for task in ("set", "numbers"):
        for name in found[task][0].test:
            values = [column.test[name] for column in found[task]]
            assert np.mean(values) == approx(whole[task][name])
    a, b = found["set"]
    assert (a.name, a.threshold) == ("a", 0.5)
    assert sum(a.known) == 60
    assert sum(b.known) == 48
    assert a.positives is not None
    assert sum(a.positives) == 30
    assert found["numbers"][0].positives is None
    assert found["numbers"][0].threshold is None


def test_a_label_without_positives_has_no_f1(tmp_path: Path, plugins: Plugins) -> None:
    data = labels(tmp_path, plugins)
    targets = np.array(data.test.targets)
    targets[:, 0] = 0
    predictions = {task.name: np.full((len(targets), 2), 0.3) for task in data.tasks}
    (first, second) = evaluate_columns(predictions, data.tasks, data.kinds, targets)["set"]
    assert isnan(first["macro_f1"])
    assert isnan(first["macro_auc"])
    assert second["macro_auc"] == approx(0.5)
