import json
from collections.abc import Callable

from onnx import ModelProto

from automtl.core.graph import TaskGraph
from automtl.core.trial import Trial
from automtl.data.dataset import MultiTaskData
from automtl.deploy.metadata import describe, metadata_of, metrics_of, provenance


def test_says_where_a_model_is_from_and_how_good_it_is(
    data: MultiTaskData, candidate: Callable[..., object], ended: Callable[..., Trial]
) -> None:
    made = candidate(TaskGraph.all_shared(["mass"], 1))
    members = [ended(made, {"mass": 1.0}, seed) for seed in (3, 4)]
    metrics = {"mass": {"rmse": 2 / 3, "r2": float("nan")}}
    found = provenance(members, data, metrics, [("block mlp", "https://example.org")])
    digest = members[0].candidate.digest
    assert found["automtl.candidate"] == digest
    assert found["automtl.members"] == f"{digest}-3,{digest}-4"
    assert found["automtl.data"] == data.digest
    assert json.loads(found["automtl.rows"]) == {"train": 30, "validation": 30, "test": 30}
    assert json.loads(found["automtl.metrics"]) == {"mass": {"rmse": 0.666667, "r2": None}}
    assert json.loads(found["automtl.citations"]) == {"block mlp": "https://example.org"}


def test_metrics_of_some_tasks() -> None:
    both = '{"é": {"rmse": 1.0}, "b": {"rmse": null}}'
    assert metrics_of(["é"], both) == '{"é": {"rmse": 1.0}}'
    assert json.loads(metrics_of(["é", "b"], both)) == json.loads(both)


def test_metadata_are_replaced() -> None:
    model = ModelProto()
    describe(model, {"b": "1", "a": "2"})
    describe(model, {"c": "3"} | metadata_of(model))
    assert list(metadata_of(model).items()) == [("a", "2"), ("b", "1"), ("c", "3")]
