import dataclasses
import json
from pathlib import Path

import numpy as np

from automtl.data.dataset import MultiTaskData
from automtl.data.read import read_data
from automtl.data.request import DataRequest, TargetRequest
from automtl.plugins import Plugins


def test_trials_never_see_the_test_part(penguins: MultiTaskData) -> None:
    training = penguins.for_training()
    seen = {*training.train.rows, *training.validation.rows}
    assert seen.isdisjoint(penguins.test.rows)
    assert not hasattr(training, "test")
    assert len(seen) + len(penguins.test.rows) == len(penguins.table["year"].values)


def test_kinds_travel_as_json(penguins: MultiTaskData, plugins: Plugins) -> None:
    training = penguins.for_training()
    read_back = dataclasses.replace(training, kinds=tuple(json.loads(json.dumps(training.kinds))))
    assert tuple(read_back.fitted_kinds(plugins.task_kinds)) == penguins.kinds


def test_every_kind_travels_as_json(plugins: Plugins, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    columns = {
        "x": rng.normal(size=60).tolist(),
        "size": rng.choice(["S", "M", "L"], 60).tolist(),
        "a": rng.integers(0, 2, 60).tolist(),
        "b": rng.integers(0, 2, 60).tolist(),
        "u": rng.normal(size=60).tolist(),
        "v": rng.normal(size=60).tolist(),
        "visits": rng.poisson(3, 60).tolist(),
        "relevance": rng.integers(0, 3, 60).tolist(),
        "query": [f"q{row // 5}" for row in range(60)],
    }
    targets = (
        TargetRequest("size", "ordinal", options={"levels": ["S", "M", "L"]}),
        TargetRequest("flags", columns=("a", "b"), options={"rule": "top_k"}, weight=2.0),
        TargetRequest("places", columns=("u", "v"), metric="r2"),
        TargetRequest("visits", "count"),
        TargetRequest("relevance", query="query", metric="map"),
    )
    request = DataRequest(Path("frame"), targets, frame=columns)
    training = read_data(request, plugins).for_training()
    kinds = training.fitted_kinds(plugins.task_kinds)
    travelled = json.loads(json.dumps(training.kinds))
    again = dataclasses.replace(training, kinds=tuple(travelled)).fitted_kinds(plugins.task_kinds)
    assert again == kinds
    assert [task.kind for task in training.tasks] == [
        "ordinal", "multilabel", "multi_output", "count", "ranking"
    ]  # fmt: skip
    assert [task.columns for task in training.tasks][1:3] == [("a", "b"), ("u", "v")]
    assert [task.weight for task in training.tasks][1] == 2.0
    assert training.train.targets.shape[1] == sum(kind.n_targets for kind in kinds) == 8


def test_inputs_are_laid_out_as_told(penguins: MultiTaskData) -> None:
    training = penguins.for_training()
    for part in (training.train, training.validation):
        assert part.inputs.shape == (len(part.rows), training.layout.size)
        assert part.targets.shape == (len(part.rows), len(training.tasks))
