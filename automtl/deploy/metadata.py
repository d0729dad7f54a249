"""What the metadata of an exported file say beside its schema: where it is from, how good it is."""

import json
from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import version
from math import isfinite
from typing import TypeAlias

from onnx import ModelProto, helper

from automtl.core.trial import Trial
from automtl.data.dataset import MultiTaskData

Metrics: TypeAlias = Mapping[str, Mapping[str, float]]  # by task and name

METRICS_KEY = "automtl.metrics"
DIGITS = 6  # of metrics: the others differ between machines


def versions() -> dict[str, str]:
    """The libraries that a file is written with: enough to make the same bytes again."""
    return {f"automtl.{name}": version(name) for name in ("torch", "onnx", "onnxscript")}


def provenance(
    members: Sequence[Trial],
    data: MultiTaskData,
    metrics: Metrics,
    citations: Sequence[tuple[str, str]],
) -> dict[str, str]:
    """
    Where a model is from, and how good it is.

    :param members: The trainings whose mean prediction it gives.
    :param metrics: Its metrics on test.
    :param citations: What it is made by, and where to read of it.
    """
    first = members[0]
    rows = {part: len(getattr(data, part).rows) for part in ("train", "validation", "test")}
    return {
        "automtl.candidate": first.candidate.digest,
        "automtl.graph": str(first.candidate.graph),
        "automtl.data": data.digest,
        "automtl.rows": json.dumps(rows),
        "automtl.seed": str(first.seed),
        "automtl.members": ",".join(f"{t.candidate.digest}-{t.seed}" for t in members),
        METRICS_KEY: metrics_json(metrics),
        "automtl.citations": json.dumps(dict(citations), ensure_ascii=False),
    }


def metrics_json(metrics: Metrics) -> str:
    """
    Metrics as JSON, to `DIGITS` digits; null for what is not defined.

    >>> metrics_json({"age": {"rmse": 1 / 3, "r2": float("nan")}})
    '{"age": {"rmse": 0.333333, "r2": null}}'
    """
    rounded = {
        task: {
            name: float(f"{value:.{DIGITS}g}") if isfinite(value) else None
            for name, value in found.items()
        }
        for task, found in metrics.items()
    }
    return json.dumps(rounded, ensure_ascii=False)


def metrics_of(tasks: Collection[str], text: str) -> str:
    """Of what `metrics_json` wrote, that of some tasks."""
    return json.dumps(
        {task: found for task, found in json.loads(text).items() if task in tasks},
        ensure_ascii=False,
    )


def metadata_of(model: ModelProto) -> dict[str, str]:
    """All metadata of a model."""
    return {item.key: item.value for item in model.metadata_props}


def describe(model: ModelProto, metadata: Mapping[str, str]) -> None:
    """Gives a model these metadata and no others; the same ones in the same order."""
    del model.metadata_props[:]
    helper.set_model_props(model, dict(sorted(metadata.items())))
