"""Predictions as a Parquet file; needs pyarrow."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from automtl.deploy.predictions.csv_predictions import Found
from automtl.deploy.schema import Output


class ParquetPredictions:
    """Writes rows to an open file, a row group for each call."""

    def __init__(self, file: ParquetWriter, outputs: Sequence[Output]) -> None:
        self._file = file
        self._outputs = outputs

    def write(self, found: Found) -> None:
        """Writes what was predicted for some rows."""
        arrays = [array for output in self._outputs for array in _arrays(output, found)]
        columns = zip(arrays, self._file.schema, strict=True)
        typed = [pa.array(array, field.type) for array, field in columns]
        self._file.write_table(pa.Table.from_arrays(typed, schema=self._file.schema))


@contextmanager
def writing(path: Path, outputs: Sequence[Output]) -> Iterator[ParquetPredictions]:
    """Opens a file, and closes it at the end of the block."""
    fields = [field for output in outputs for field in _fields(output)]
    with ParquetWriter(path, pa.schema(fields)) as file:
        yield ParquetPredictions(file, outputs)


def _fields(output: Output) -> Iterator[tuple[str, pa.DataType]]:
    """Labels are text, decisions whole numbers, and all else floats."""
    n_values = len(output.members) or 1
    decided = pa.int8() if output.probability else pa.float32()
    for at, name in enumerate(output.columns):
        if at < n_values:
            yield name, pa.string() if output.classes else decided
        else:
            yield name, pa.float32()


def _arrays(output: Output, found: Found) -> Iterator[np.ndarray]:
    yield from np.atleast_2d(found[output.name].T)
    if output.probability is not None:
        yield from found[output.probability].T
