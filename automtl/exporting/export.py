"""Another model file, from a search that is done."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from automtl.conclusion import export_members
from automtl.data.dataset import MultiTaskData
from automtl.deploy.compare import Columns, columns_of_test, differences, made_up
from automtl.deploy.compress import Compression
from automtl.deploy.cut import cut, read
from automtl.deploy.files import replacing
from automtl.deploy.latency import latencies
from automtl.deploy.writer import OPSET
from automtl.errors import ExportError, ExportFailed
from automtl.exporting.compression import Predictions, compress
from automtl.exporting.members import chosen_members, unfinished
from automtl.exporting.wanted import Change, Exported, Wanted
from automtl.pipeline import reopen

ALIKE = 1e-5  # of a part's predictions; nearly always they are the same bit for bit
MADE_UP = 1000  # rows to compare on, where there are no others


@dataclass(frozen=True)
class _Whole:
    """
    The file with all tasks, in floats.

    :param columns: Rows to compare on.
    :param data: The data with kinds as the file has them, if it was made anew.
    :param predictions: What torch predicts on test, then.
    """

    path: Path
    columns: Columns
    data: MultiTaskData | None = None
    predictions: Predictions = field(default_factory=dict)


def export(source: Path, out: Path, wanted: Wanted) -> Exported:
    """
    Writes another model file, checked on the whole test part against torch or, if it is a part of
    the file that the search exported, against that.

    :param source: A run folder; or an exported file, of which a part is to be written, compared to
        it on rows that are made up.
    :param out: Is replaced if all checks are passed, and left as it is otherwise.
    :raises ExportError: If there is no such candidate, task, ensemble or opset.
    :raises ExportFailed: If the file disagrees, or if a task loses more than the tolerance.
    :raises AutoMTLError: If the run folder or its data cannot be read.
    """
    if source.is_dir() and out.resolve() == (source / "best.onnx").resolve():
        raise ExportError(f"{out}: this is what the search exported. Give another name.")
    with replacing(out) as made, TemporaryDirectory() as folder:
        whole = _whole(source, wanted, Path(folder) / "whole.onnx")
        made.write_bytes(whole.path.read_bytes())
        found: dict[str, float] = {}
        changes: dict[str, Change] = {}
        if wanted.tasks:
            found = _cut(whole, made, wanted.tasks)
        if whole.data is not None and wanted.compression is not Compression.NONE:
            changes = compress(made, whole.data, whole.predictions, wanted)
        ours, theirs = latencies([made, whole.path], whole.columns)
        sizes = made.stat().st_size, whole.path.stat().st_size
    n_rows = len(next(iter(whole.columns.values())))
    return Exported(out, sizes, (ours, theirs), n_rows, wanted.anew, found, changes)


def _whole(source: Path, wanted: Wanted, path: Path) -> _Whole:
    """The file to begin with; it is written to ``path`` if it is made anew."""
    if not source.is_dir():
        if not source.is_file():
            raise ExportError(f"{source}: there is no such run folder or file.")
        if wanted.anew or not wanted.tasks:
            raise ExportError(
                f"{source}: of an exported file only --tasks can be had. For anything else give "
                f"its run folder."
            )
        return _Whole(source, made_up(read(source.read_bytes())[1], MADE_UP))
    opened = reopen(source)
    if not wanted.anew:
        if not opened.run.model.is_file():
            raise unfinished(opened)
        return _Whole(opened.run.model, columns_of_test(opened.data))
    members = chosen_members(opened, wanted)
    made = export_members(
        members,
        opened.run,
        opened.data,
        opened.plugins,
        path,
        OPSET if wanted.opset is None else wanted.opset,
    )
    return _Whole(path, columns_of_test(made.data), made.data, made.predictions)


def _cut(whole: _Whole, made: Path, tasks: Sequence[str]) -> dict[str, float]:
    """Writes the part that serves ``tasks``, bit for bit the same if that is possible."""
    content = whole.path.read_bytes()
    for narrowed in (True, False):
        model = cut(content, tasks, narrowed)
        made.write_bytes(model.SerializeToString(deterministic=True))
        found = differences(made, whole.path, whole.columns)
        if not any(found.values()):
            break
    for task, difference in found.items():
        if difference > ALIKE:
            raise ExportFailed(
                f"The part disagrees with the whole on task '{task}' by {difference:g}. No file "
                f"was written."
            )
    return found
