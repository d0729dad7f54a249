"""Predictions as a CSV file; needs only the standard library and numpy."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.deploy.schema import Output

Found: TypeAlias = Mapping[str, NDArray[Any]]  # what was predicted, by the names of outputs

_END = "\r\n"


class CsvPredictions:
    """
    Writes rows to an open file. ``csv.writer`` would look at each cell; here each label is looked
    at once, as numbers need no quotes.
    """

    def __init__(self, file: io.TextIOBase, outputs: Sequence[Output]) -> None:
        self._file = file
        self._outputs = outputs
        self._labels = {o.name: {label: _line([label]) for label in o.classes} for o in outputs}
        header = _line([name for output in outputs for name in output.columns])
        file.write(f"{header}\n")

    def write(self, found: Found) -> None:
        """Writes what was predicted for some rows."""
        columns = chain.from_iterable(self._columns(output, found) for output in self._outputs)
        lines = map(",".join, zip(*columns, strict=True))
        self._file.writelines(f"{line}\n" for line in lines)

    def _columns(self, output: Output, found: Found) -> Iterator[list[str]]:
        """The columns of one task; numbers with as many digits as tell them from all others."""
        values = found[output.name]
        if labels := self._labels[output.name]:
            yield [labels[label] for label in values.tolist()]
        else:
            yield from np.atleast_2d(values.T).astype(np.str_).tolist()
        if output.probability is not None:
            yield from found[output.probability].T.astype(np.str_).tolist()


@contextmanager
def writing(path: Path, outputs: Sequence[Output]) -> Iterator[CsvPredictions]:
    """Opens a file, and closes it at the end of the block."""
    with path.open("w", encoding="utf-8", newline="") as file:
        yield CsvPredictions(file, outputs)


def _line(cells: Sequence[str]) -> str:
    """Cells with quotes where they need them."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator=_END).writerow(cells)  # it quotes what holds a part of it
    return buffer.getvalue().removesuffix(_END)
