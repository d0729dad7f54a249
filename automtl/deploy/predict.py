"""Predictions with an exported file: needs onnxruntime and numpy, neither torch nor pandas."""

import importlib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from automtl.data.table import ColumnKind
from automtl.deploy.feeds import Values, to_feed
from automtl.deploy.files import replacing
from automtl.deploy.predictions.overlap import n_cores, overlapped
from automtl.deploy.rows.cells import Chunk
from automtl.deploy.rows.rows import column_names, read_chunks
from automtl.deploy.schema import SCHEMA_KEY, Schema
from automtl.errors import DataError, ModelError
from automtl.suggest import did_you_mean

BATCH = 1_000  # rows of a file go through the network at a time: it may hold much of each
EXAMPLES = 3  # of unseen categories, in a note
FORMATS = {
    ".csv": "automtl.deploy.predictions.csv_predictions",
    ".parquet": "automtl.deploy.predictions.parquet_predictions",  # these need pyarrow
    ".pq": "automtl.deploy.predictions.parquet_predictions",
}


class Predictor:
    """
    An exported file, ready to predict. Threads may share it.

    :param path: The file.
    :param threads: How many cores one prediction may use; 0 for all.
    :raises ModelError: If there is no such file, or it was not exported by automtl.
    """

    def __init__(self, path: Path, threads: int = 0) -> None:
        self._session = _open_session(Path(path), threads)
        self.schema = _read_schema(Path(path), self._session)

    def predict(self, columns: Mapping[str, Values]) -> dict[str, NDArray[Any]]:
        """
        Predicts all tasks.

        :param columns: The values of each column, ``[n_rows]``; others than those in the schema
            are ignored. Missing values are None or NaN.
        :return: By the names of the outputs in the schema: labels ``[n_rows]``, probabilities
            ``[n_rows, n_classes]``, values ``[n_rows]``; of a task with several columns values, or
            0 and 1, ``[n_rows, n_members]``.
        :raises DataError: If columns are missing or differ in length, or a value is not of its
            column's kind.
        """
        _check_columns(self.schema, columns.keys())
        feeds = {i.name: to_feed(i, columns[i.name]) for i in self.schema.inputs}
        lengths = {name: len(feed) for name, feed in feeds.items()}
        if len(set(lengths.values())) > 1:
            raise DataError(f"All columns must have equally many rows, but they have {lengths}.")
        return self.run(feeds)

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """
        The same without checks.

        :param feeds: Each input of the schema, ``[n_rows, 1]``: doubles, NaN where they are
            missing, or strings, empty where they are missing.
        """
        names = [name for output in self.schema.outputs for name in output.names]
        return dict(zip(names, self._session.run(names, feeds), strict=True))

    def run_in_batches(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """`run`, with memory for no more than `BATCH` rows in the network; at least one row."""
        n_rows = len(next(iter(feeds.values())))
        starts = range(0, n_rows, BATCH)
        found = [self.run({n: v[at : at + BATCH] for n, v in feeds.items()}) for at in starts]
        return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def predict_file(
    model: Path,
    data: Path,
    out: Path,
    watch: Callable[[int, float], object] = lambda rows, share: None,
) -> list[str]:
    """
    Predicts each row of a file and writes the predictions, in the order of the rows. For each task
    there is a column with the label, or the value in the target's own units, and then one with the
    probability of each class. A task of several columns has one for each, and behind them, if they
    are labels, one with the probability of each.

    A few thousand rows are in memory at a time, whatever the size of the file, if it is of the
    first four formats. The network runs in
    a thread for each core while the next rows are read and the rows before are written.

    :param model: A file that automtl exported.
    :param data: CSV, JSON lines, compressed or not, Parquet, Feather, or what else there is a
        reader for. Columns may be in any order.
    :param out: CSV or Parquet, as its name says. Is replaced when all rows are predicted, and left
        as it is otherwise.
    :param watch: Is told how many rows are written, and which share of ``data`` is read.
    :return: Notes: one sentence each on what was ignored or unknown.
    :raises ModelError: If ``model`` is not a file that automtl exported.
    :raises DataError: If ``data`` does not hold what the model needs, or ``out`` cannot be
        written.
    """
    predictor = Predictor(model, threads=1)
    names = column_names(data)
    _check_columns(predictor.schema, names, f"{data}: ")
    if out.resolve() in (model.resolve(), data.resolve()):
        raise DataError(f"{out}: the predictions would replace what they are made from.")
    predictions = _format(out)
    unseen, n_rows = _Unseen(predictor.schema), 0
    chunks = unseen.watch(read_chunks(data, predictor.schema.inputs, len(names)))
    with replacing(out) as part, predictions.writing(part, predictor.schema.outputs) as file:
        for found, chunk in overlapped(lambda c: (_predict(predictor, c), c), chunks, n_cores()):
            file.write(found)
            n_rows += chunk.n_rows
            watch(n_rows, chunk.share)
        if not n_rows:
            raise DataError(f"{data}: must have rows, but has none.")
    return [*_ignored(predictor.schema, names), *unseen.notes()]


def _open_session(path: Path, threads: int) -> Any:
    if not path.is_file():
        raise ModelError(f"{path}: {'is a folder' if path.is_dir() else 'no such file'}.")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    options.intra_op_num_threads = threads
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its classes have no other base
        raise ModelError(f"{path}: is not an ONNX file that onnxruntime loads: {error}") from None


def _read_schema(path: Path, session: Any) -> Schema:
    try:
        return Schema.from_json(session.get_modelmeta().custom_metadata_map[SCHEMA_KEY])
    except (KeyError, TypeError, ValueError):
        raise ModelError(
            f"{path}: was not exported by automtl: its metadata have no readable '{SCHEMA_KEY}'."
        ) from None


def _check_columns(schema: Schema, names: Collection[str], where: str = "") -> None:
    needed = [column.name for column in schema.inputs]
    spare = set(names) - set(needed)
    missing = [
        f"'{name}' ({did_you_mean(name, spare)})" if spare else f"'{name}'"
        for name in needed
        if name not in names
    ]
    if missing:
        raise DataError(
            f"{where}columns that the model needs are missing: {', '.join(missing)}. "
            f"Where a value is unknown, leave its cell empty."
        )


def _format(out: Path) -> Any:
    """The module that writes files of a name like this."""
    if module := FORMATS.get(out.suffix.lower()):
        return importlib.import_module(module)
    known = ", ".join(FORMATS)
    raise DataError(f"{out}: predictions are written to files that end in one of {known}.")


def _predict(predictor: Predictor, chunk: Chunk) -> dict[str, NDArray[Any]]:
    feeds = {name: values.reshape(-1, 1) for name, values in chunk.columns.items()}
    return predictor.run_in_batches(feeds)


def _ignored(schema: Schema, names: Collection[str]) -> Iterator[str]:
    extra = sorted(set(names) - {column.name for column in schema.inputs})
    if extra:
        yield f"columns that the model does not use are ignored: {', '.join(extra)}"


class _Unseen:
    """Counts the categories that the network does not tell apart from each other."""

    def __init__(self, schema: Schema) -> None:
        categorical = (i for i in schema.inputs if i.kind == ColumnKind.CATEGORICAL)
        self._known = {i.name: {"", *i.categories} for i in categorical}
        self._rows = dict.fromkeys(self._known, 0)
        self._texts: dict[str, dict[str, None]] = {name: {} for name in self._known}

    def watch(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """Counts in each chunk and passes it on."""
        for chunk in chunks:
            for name, known in self._known.items():
                texts = chunk.columns[name].tolist()
                found = [text for text in texts if text not in known]
                self._rows[name] += len(found)
                if len(self._texts[name]) <= EXAMPLES:
                    self._texts[name].update(dict.fromkeys(found))
            yield chunk

    def notes(self) -> Iterator[str]:
        """One sentence for each column that has any."""
        for name, count in self._rows.items():
            if count:
                texts = [f"'{text}'" for text in self._texts[name]]
                listed = ", ".join(texts[:EXAMPLES] + ["…"] * (len(texts) > EXAMPLES))
                yield (
                    f"{name}: {count} row{' has' if count == 1 else 's have'} a category not seen "
                    f"in training, or too rarely ({listed}); they are treated as unknown"
                )
