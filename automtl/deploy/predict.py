"""Predictions with an exported file: needs onnxruntime and numpy, neither torch nor pandas."""

import csv
from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from automtl.data.table import ColumnKind
from automtl.deploy.cells import Chunk
from automtl.deploy.feeds import Values, to_feed
from automtl.deploy.files import replacing
from automtl.deploy.rows import column_names, read_chunks
from automtl.deploy.schema import SCHEMA_KEY, Output, Schema
from automtl.errors import DataError, ModelError
from automtl.suggest import did_you_mean

EXAMPLES = 3  # of unseen categories, in a note


class Predictor:
    """
    An exported file, ready to predict.

    :param path: The file.
    :raises ModelError: If there is no such file, or it was not exported by automtl.
    """

    def __init__(self, path: Path) -> None:
        self._session = _open_session(Path(path))
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
        names = [name for output in self.schema.outputs for name in output.names]
        return dict(zip(names, self._session.run(names, feeds), strict=True))


def predict_file(model: Path, data: Path, out: Path) -> list[str]:
    """
    Predicts each row of a file and writes the predictions as CSV, in the order of the rows. For
    each task there is a column with the label, or the value in the target's own units, and then
    one with the probability of each class. A task of several columns has one for each, and behind
    them, if they are labels, one with the probability of each.

    :param model: A file that automtl exported.
    :param data: CSV, compressed or not, or Parquet. Columns may be in any order.
    :param out: Is replaced when all rows are predicted, and left as it is otherwise.
    :return: Notes: one sentence each on what was ignored or unknown.
    :raises ModelError: If ``model`` is not a file that automtl exported.
    :raises DataError: If ``data`` does not hold what the model needs, or ``out`` cannot be
        written.
    """
    predictor = Predictor(model)
    names = column_names(data)
    _check_columns(predictor.schema, names, f"{data}: ")
    if out.resolve() in (model.resolve(), data.resolve()):
        raise DataError(f"{out}: the predictions would replace what they are made from.")
    unseen = _Unseen(predictor.schema)
    with replacing(out) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(chain.from_iterable(o.columns for o in predictor.schema.outputs))
        if not _write(writer, predictor, unseen.watch(read_chunks(data, predictor.schema.inputs))):
            raise DataError(f"{data}: must have rows, but has only the header.")
    return [*_ignored(predictor.schema, names), *unseen.notes()]


def _open_session(path: Path) -> Any:
    if not path.is_file():
        raise ModelError(f"{path}: {'is a folder' if path.is_dir() else 'no such file'}.")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
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


def _write(writer: Any, predictor: Predictor, chunks: Iterator[Chunk]) -> int:
    """Writes the predictions and gives their number."""
    n_rows = 0
    for chunk in chunks:
        found = predictor.predict(chunk)
        columns = chain.from_iterable(_texts(o, found) for o in predictor.schema.outputs)
        rows = list(zip(*columns, strict=True))
        writer.writerows(rows)
        n_rows += len(rows)
    return n_rows


def _texts(output: Output, found: Mapping[str, NDArray[Any]]) -> Iterator[list[str]]:
    """The columns of one task; numbers with as many digits as tell them from all others."""
    values = found[output.name]
    if output.members:
        yield from values.T.astype(np.str_).tolist()
    else:
        yield values.tolist() if output.classes else values.astype(np.str_).tolist()
    if output.probability is not None:
        yield from found[output.probability].T.astype(np.str_).tolist()


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
                found = [text for text in chunk[name].tolist() if text not in known]
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
