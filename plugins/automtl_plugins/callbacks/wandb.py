"""Weights & Biases: a run for each trial, grouped by search, and one for the exported model."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from automtl.core.callback import Begun, Callback, Ended, metrics_on_test
from automtl.hookspecs import hookimpl
from automtl_plugins.callbacks._needs import import_tool

FILES = {"best.onnx": "model", "report.html": "report"}  # what is uploaded, with its type


class WeightsAndBiases(Callback):
    """
    Runs at `Weights & Biases <https://docs.wandb.ai/ref/python/>`_, whose ids follow from the
    search and the trial, with the losses of each epoch. Copies are in ``wandb`` in the run folder,
    where ``NAME.sent`` says that a trial need not be sent again. What ``wandb`` takes from
    the environment holds, such as ``WANDB_MODE=offline``.

    :param project: The project that the runs go to.
    :param entity: The user or team it belongs to; if empty, whoever is logged in.
    """

    name: ClassVar[str] = "wandb"
    citation: ClassVar[str] = "https://docs.wandb.ai/ref/python/"

    def __init__(self, project: str = "automtl", entity: str = "") -> None:
        self._wandb = import_tool("wandb", self.name)
        self._project, self._entity = project, entity
        self._search = Begun(Path(), "", "", {})

    def begin(self, search: Begun, /) -> None:
        self._search = search
        if self._wandb.setup().settings.mode not in ("offline", "disabled"):
            self._wandb.login(timeout=60)  # it may ask for a key, which nobody would see later

    def trial_end(self, ended: Ended, /) -> None:
        sent = self._search.folder / "wandb" / f"{ended.name}.sent"
        if sent.exists():
            return
        result = ended.trial.result
        with self._run(ended.name, "trial", ended.settings) as run:
            for epoch, losses in enumerate(_epochs(ended)):
                run.log(losses, step=epoch)
            about = {"status": result.status.value, "reason": result.reason}
            run.summary.update({**ended.metrics, **about})
        sent.touch()

    def search_end(self, summary: Mapping[str, Any], /) -> None:
        settings = {"graph": summary["rows"][0]["graph"], "config": self._search.config}
        with self._run("best", "search", settings) as run:
            run.summary.update(metrics_on_test(summary))
            for file, kind in FILES.items():
                artefact = self._wandb.Artifact(f"{kind}-{self._search.id}", type=kind)
                artefact.add_file(str(self._search.folder / file))
                run.log_artifact(artefact)

    def _run(self, name: str, kind: str, settings: Mapping[str, Any]) -> Any:
        """A run, which ends with the block; that of the same id, if there is one already."""
        return self._wandb.init(
            project=self._project,
            entity=self._entity or None,
            dir=str(self._search.folder),
            id=f"{self._search.id}-{name}",
            name=f"{self._search.name} {name}",
            group=f"{self._search.name}-{self._search.id}",
            job_type=kind,
            config=dict(settings),
            resume="allow",
            reinit="create_new",  # beside a run that the user's own program may have open
            settings=self._wandb.Settings(silent=True, console="off"),
        )


def _epochs(ended: Ended) -> Iterator[dict[str, float]]:
    """What to log of each epoch; of tasks that were trained shorter, as long as they were."""
    columns = {
        f"loss/{task}/{part}": losses
        for task, curve in ended.curves.items()
        for part, losses in (("train", curve.train), ("validation", curve.validation))
    }
    for epoch in range(max(map(len, columns.values()), default=0)):
        yield {name: losses[epoch] for name, losses in columns.items() if epoch < len(losses)}


@hookimpl
def automtl_callbacks() -> Iterable[type[Callback]]:
    return [WeightsAndBiases]
