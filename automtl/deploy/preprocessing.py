"""Preprocessing as ONNX nodes: the other face of `automtl.data.features.preprocessing`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from onnx import TensorProto, ValueInfoProto

from automtl.data.features.columns import LIMIT, Categorical, DateTime, Numeric
from automtl.data.features.preprocessing import Preprocessing
from automtl.deploy.docs import INPUTS
from automtl.deploy.texts import TextWriter
from automtl.deploy.writer import ML, GraphWriter, batch_of


def input_infos(preprocessing: Preprocessing) -> list[ValueInfoProto]:
    """
    One input ``[batch, 1]`` a column, under its name. Strings for categorical columns and free
    text; doubles for the others, so that large numbers and moments in time keep their precision.
    """
    infos = []
    for column in preprocessing.columns:
        dtype = TensorProto.STRING if column.kind.is_strings else TensorProto.DOUBLE
        infos.append(batch_of(column.name, dtype, 1))
        infos[-1].doc_string = INPUTS[column.kind]
    return infos


def write_preprocessing(preprocessing: Preprocessing, writer: GraphWriter) -> str:
    """
    Writes what `Preprocessing.transform` does and gives the name of the result: floats
    ``[batch, layout.size]``, called ``features`` behind the writer's prefix.

    Everything is computed in doubles, step by step as `transform` does, and rounded to floats at
    the end. An infinite number counts as a missing one, as it does when a file is read.

    Columns that are treated alike are one matrix: a thousand chains of nodes would take seconds to
    load, and most of the time of a prediction.
    """
    columns = _Columns(writer)
    parts = columns.scaled(preprocessing.numbers)
    for moment in preprocessing.moments:
        parts += [*columns.scaled([moment.time]), *columns.waves(moment)]
    booleans = preprocessing.booleans
    parts += columns.filled([b.name for b in booleans], [b.fill for b in booleans])
    parts += columns.missing([column.name for column in preprocessing.flagged])
    parts += [columns.one_hot(category) for category in preprocessing.categories]
    parts += columns.scaled(preprocessing.plain)
    parts += [TextWriter(text, writer).weighed() for text in preprocessing.texts]
    floats = [writer.node("Cast", part, to=TensorProto.FLOAT) for part in parts]
    return writer.node("Concat", *floats, output=f"{writer.prefix}features", axis=1)


class _Columns:
    """
    Writes the parts that columns make, each ``[batch, *]``; methods are named as in `Numeric`,
    `Boolean`, `Categorical` and `DateTime`. Those that take several columns give one part for
    all of them, or none if there are none.
    """

    def __init__(self, writer: GraphWriter) -> None:
        self._writer = writer
        self._node = writer.node

    def missing(self, names: Sequence[str]) -> list[str]:
        """Whether values are missing."""
        return [self._is_missing(self._matrix(names))] if names else []

    def filled(self, names: Sequence[str], values: ArrayLike) -> list[str]:
        """Columns with ``values``, one each, where they are missing."""
        if not names:
            return []
        matrix = self._matrix(names)
        return [self._node("Where", self._is_missing(matrix), self._double(values), matrix)]

    def scaled(self, columns: Sequence[Numeric]) -> list[str]:
        """Columns scaled and clipped."""
        centres = [column.centre for column in columns]
        return [
            self._clipped(filled, centres, [column.scale for column in columns])
            for filled in self.filled([column.name for column in columns], centres)
        ]

    def waves(self, column: DateTime) -> list[str]:
        """Sine and cosine of each cycle."""
        if not column.cycles:
            return []
        (filled,) = self.filled([column.name], [column.time.centre])
        turns = [self._turn(filled, period) for period in column.cycles]
        return [self._node(wave, turn) for turn in turns for wave in ("Sin", "Cos")]

    def _matrix(self, names: Sequence[str]) -> str:
        return self._node("Concat", *names, axis=1)

    def _is_missing(self, matrix: str) -> str:
        # x - x is zero for every finite number and not a number for all others
        return self._node("IsNaN", self._node("Sub", matrix, matrix))

    def _clipped(self, filled: str, centres: ArrayLike, scales: ArrayLike) -> str:
        wide = self._node(
            "Mul", self._node("Sub", filled, self._double(centres)), self._double(scales)
        )
        z = self._node("Clip", wide, self._double(-LIMIT), self._double(LIMIT))
        third = self._node("Div", z, self._double(3.0))
        square = self._node("Mul", third, third)
        root = self._node("Sqrt", self._node("Add", self._double(1.0), square))
        return self._node("Div", z, root)

    def _turn(self, seconds: str, period: float) -> str:
        cycles = self._node("Div", seconds, self._double(period))
        part = self._node("Sub", cycles, self._node("Floor", cycles))
        return self._node("Mul", self._double(2 * np.pi), part)

    def one_hot(self, column: Categorical) -> str:
        """One row of zeros and a one for each value."""
        # the encoder wants at least one key, so the missing value is always one
        slots = {"": 0} | {text: slot for slot, text in enumerate(column.vocabulary, start=1)}
        keys, values = list(slots), list(slots.values())
        slot = self._node(
            "LabelEncoder",
            column.name,
            domain=ML,
            keys_strings=keys,
            values_int64s=values,
            default_int64=0,
        )
        depth = self._writer.constant([column.size], np.int64)
        one_hot = self._node("OneHot", slot, depth, self._writer.constant([0, 1], np.float32))
        return self._node("Squeeze", one_hot, self._writer.constant([1], np.int64))

    def _double(self, value: ArrayLike) -> str:
        return self._writer.constant(value, np.float64)
