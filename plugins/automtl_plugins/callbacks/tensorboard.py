"""TensorBoard: hyperparameters, metrics and learning curves of the trials, as event files."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from automtl.core.callback import Begun, Callback, Ended, metrics_on_test
from automtl.hookspecs import hookimpl
from automtl_plugins.callbacks._needs import import_tool

TEXTS = "status", "reason"


class TensorBoard(Callback):
    """
    Event files for `TensorBoard <https://www.tensorflow.org/tensorboard>`_, in a folder for each
    trial and one, ``best``, for the exported model. ``tensorboard --logdir runs`` shows those of
    all searches, also while they go on.

    A folder appears when all of it is written: a trial that has one is not written again.

    :param folder: Where to write, relative to the run folder; a folder with the name of the search
        is made in it. If empty, ``tensorboard`` in the run folder.
    """

    name: ClassVar[str] = "tensorboard"
    citation: ClassVar[str] = "https://www.tensorflow.org/tensorboard"

    def __init__(self, folder: str = "") -> None:
        self._tool = import_tool("torch.utils.tensorboard", self.name)
        self._folder = folder
        self._root = Path()

    def begin(self, search: Begun, /) -> None:
        own = search.folder / self._folder / f"{search.name}-{search.id}"
        self._root = own if self._folder else search.folder / "tensorboard"

    def trial_end(self, ended: Ended, /) -> None:
        if (self._root / ended.name).exists():
            return
        with self._writer(ended.name) as writer:
            for summary in self._tool.summary.hparams(ended.settings, ended.metrics):
                writer.file_writer.add_summary(summary)
            for name, value in ended.metrics.items():
                writer.add_scalar(name, value)
            for task, curve in ended.curves.items():
                for part in ("train", "validation"):
                    for epoch, loss in enumerate(getattr(curve, part)):
                        writer.add_scalar(f"loss/{task}/{part}", loss, epoch)
            for name in TEXTS:
                writer.add_text(name, str(getattr(ended.trial.result, name)))

    def search_end(self, summary: Mapping[str, Any], /) -> None:
        with self._writer("best") as writer:
            for name, value in metrics_on_test(summary).items():
                writer.add_scalar(name, value)
            writer.add_text("graph", summary["rows"][0]["graph"])

    @contextmanager
    def _writer(self, name: str) -> Iterator[Any]:
        """A writer to the folder ``name``, which replaces the one that was there."""
        part = self._root / f".{name}"
        shutil.rmtree(part, ignore_errors=True)
        with self._tool.SummaryWriter(str(part)) as writer:
            yield writer
        shutil.rmtree(self._root / name, ignore_errors=True)
        part.rename(self._root / name)


@hookimpl
def automtl_callbacks() -> Iterable[type[Callback]]:
    return [TensorBoard]
