"""MLflow: a run for each search, with the model and the report, and one below it for each trial."""

import hashlib
import logging
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from automtl.core.callback import Begun, Callback, Ended, metrics_on_test
from automtl.core.trial import Status
from automtl.hookspecs import hookimpl
from automtl_plugins.callbacks._needs import import_tool

SEARCH, TRIAL = "automtl.search", "automtl.trial"  # tags by which runs are found again
FILES = ("best.onnx", "report.html", "MODEL_CARD.md", "config.yaml")
STATUS = {Status.DONE: "FINISHED", Status.FAILED: "FAILED", Status.CUT: "KILLED"}
N_LOSSES = 1000  # of a trial at most; longer curves have fewer points
# Limits of MLflow: of metrics and parameters in a batch, of the length of a text and of a name.
MAX_METRICS, MAX_PARAMS, MAX_TEXT, MAX_KEY = 1000, 100, 6000, 250


class MLflow(Callback):
    """
    Runs in an `MLflow <https://mlflow.org/docs/latest/ml/tracking/>`_ tracking store: one for
    the search, tagged ``automtl.search`` with its id, and nested below it one for each trial,
    tagged ``automtl.trial`` with its name. A trial that has one is not written again.

    :param uri: The tracking store, such as ``sqlite:///mlflow.db`` or ``http://host:5000``; if
        empty, what MLflow takes by itself, from ``MLFLOW_TRACKING_URI`` or its own default.
    :param experiment: The experiment that the runs go to; it is made if it is not there.
    """

    name: ClassVar[str] = "mlflow"
    citation: ClassVar[str] = "https://mlflow.org/docs/latest/ml/tracking/"

    def __init__(self, uri: str = "", experiment: str = "automtl") -> None:
        self._mlflow = import_tool("mlflow", self.name)
        for talkative in ("mlflow", "alembic"):
            logging.getLogger(talkative).setLevel(logging.WARNING)
        self._uri, self._experiment_name = uri or None, experiment
        self._folder = Path()
        self._client: Any = None
        self._experiment = self._run = ""  # their ids

    def begin(self, search: Begun, /) -> None:
        self._folder = search.folder
        self._client = self._mlflow.MlflowClient(self._uri)
        found = self._client.get_experiment_by_name(self._experiment_name)
        self._experiment = (
            self._client.create_experiment(self._experiment_name)
            if found is None
            else found.experiment_id
        )
        known = self._find(f"tags.`{SEARCH}` = '{search.id}'")
        self._run = known.info.run_id if known else self._new(search.name, {SEARCH: search.id})
        self._client.update_run(self._run, status="RUNNING")

    def trial_end(self, ended: Ended, /) -> None:
        parent = f"tags.`mlflow.parentRunId` = '{self._run}'"
        known = self._find(f"{parent} and tags.`{TRIAL}` = '{ended.name}'")
        if known is not None:
            if known.info.status != "RUNNING":
                return
            self._client.delete_run(known.info.run_id)  # a kill left half of it
        result = ended.trial.result
        run = self._new(ended.name, {"mlflow.parentRunId": self._run, TRIAL: ended.name})
        self._log_params(run, ended.settings)
        self._log_metrics(run, [(name, value, 0) for name, value in ended.metrics.items()])
        self._log_metrics(run, _losses(ended))
        if result.reason:
            self._client.set_tag(run, "automtl.reason", result.reason[:MAX_TEXT])
        self._client.set_terminated(run, STATUS[result.status])

    def search_end(self, summary: Mapping[str, Any], /) -> None:
        known = self._client.get_run(self._run).data.metrics
        found = metrics_on_test(summary).items()
        new = [(name, value, 0) for name, value in found if known.get(_key(name)) != value]
        self._log_metrics(self._run, new)
        graph = str(summary["rows"][0]["graph"])
        self._client.set_tag(self._run, "automtl.graph", graph[:MAX_TEXT])
        for file in FILES:
            self._client.log_artifact(self._run, str(self._folder / file))
        self._client.set_terminated(self._run, "FINISHED")

    def _find(self, condition: str) -> Any | None:
        """The run that keeps a condition, if there is one."""
        return next(iter(self._client.search_runs([self._experiment], condition)), None)

    def _new(self, name: str, tags: Mapping[str, str]) -> str:
        """The id of a new run."""
        made = self._client.create_run(self._experiment, run_name=name, tags=dict(tags))
        return str(made.info.run_id)

    def _log_params(self, run: str, settings: Mapping[str, Any]) -> None:
        make = self._mlflow.entities.Param
        params = [make(_key(name), str(value)[:MAX_TEXT]) for name, value in settings.items()]
        for start in range(0, len(params), MAX_PARAMS):
            self._client.log_batch(run, params=params[start : start + MAX_PARAMS])

    def _log_metrics(self, run: str, values: Iterable[tuple[str, float, int]]) -> None:
        """Logs values with their names and steps."""
        make, now = self._mlflow.entities.Metric, int(1000 * time.time())
        metrics = [make(_key(name), value, now, step) for name, value, step in values]
        for start in range(0, len(metrics), MAX_METRICS):
            self._client.log_batch(run, metrics=metrics[start : start + MAX_METRICS])


def _losses(ended: Ended) -> list[tuple[str, float, int]]:
    """The learning curves, all of them with as many epochs left out as `N_LOSSES` asks for."""
    curves = [
        (f"loss/{task}/{part}", losses)
        for task, curve in ended.curves.items()
        for part, losses in (("train", curve.train), ("validation", curve.validation))
    ]
    stride = -(-sum(len(losses) for _, losses in curves) // N_LOSSES) or 1
    return [(name, curve[at], at) for name, curve in curves for at in range(0, len(curve), stride)]


def _key(name: str) -> str:
    """``name`` as MLflow takes it: a relative path of letters, digits and a few other signs."""
    allowed = re.sub(r"[^\w\-. :/]", lambda found: f"_{ord(found[0]):x}", name)
    steps = [step if step.strip(".") else f"_{len(step)}" for step in allowed.split("/")]
    key = "/".join(steps)
    if len(key) <= MAX_KEY:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    return f"{key[: MAX_KEY - 13]}_{digest}"


@hookimpl
def automtl_callbacks() -> Iterable[type[Callback]]:
    return [MLflow]
