"""Preprocessing as ONNX nodes: the other face of `automtl.data.preprocessing`."""

import numpy as np
from onnx import TensorProto, ValueInfoProto

from automtl.data.preprocessing import LIMIT, Categorical, DateTime, Numeric, Preprocessing
from automtl.data.table import ColumnKind
from automtl.deploy.writer import ML, GraphWriter, batch_of


def input_infos(preprocessing: Preprocessing) -> list[ValueInfoProto]:
    """
    One input ``[batch, 1]`` a column, under its name. Text for categorical columns; doubles for
    the others, so that large numbers and moments in time keep their precision.
    """
    return [
        batch_of(
            column.name,
            TensorProto.STRING if column.kind == ColumnKind.CATEGORICAL else TensorProto.DOUBLE,
            1,
        )
        for column in preprocessing.columns
    ]


def write_preprocessing(preprocessing: Preprocessing, writer: GraphWriter) -> str:
    """
    Writes what `Preprocessing.transform` does and gives the name of the result: floats
    ``[batch, layout.size]``, called ``features`` behind the writer's prefix.

    Everything is computed in doubles, step by step as `transform` does, and rounded to floats at
    the end. An infinite number counts as a missing one, as it does when a file is read.
    """
    columns = _Columns(writer)
    parts = [columns.scaled(number) for number in preprocessing.numbers]
    for moment in preprocessing.moments:
        parts += [columns.scaled(moment.time), *columns.waves(moment)]
    parts += [columns.filled(b.name, b.fill) for b in preprocessing.booleans]
    parts += [columns.missing(column.name) for column in preprocessing.flagged]
    parts += [columns.one_hot(category) for category in preprocessing.categories]
    floats = [writer.node("Cast", part, to=TensorProto.FLOAT) for part in parts]
    return writer.node("Concat", *floats, output=f"{writer.prefix}features", axis=1)


class _Columns:
    """
    Writes the parts that columns make, each ``[batch, *]``; methods are named as in `Numeric`,
    `Boolean`, `Categorical` and `DateTime`.
    """

    def __init__(self, writer: GraphWriter) -> None:
        self._writer = writer
        self._node = writer.node
        self._missing: dict[str, str] = {}

    def missing(self, name: str) -> str:
        """Whether values are missing; written once a column."""
        if name not in self._missing:
            # x - x is zero for every finite number and not a number for all others
            self._missing[name] = self._node("IsNaN", self._node("Sub", name, name))
        return self._missing[name]

    def filled(self, name: str, value: float) -> str:
        """A column with ``value`` where it is missing."""
        return self._node("Where", self.missing(name), self._double(value), name)

    def scaled(self, column: Numeric) -> str:
        filled, centre = self.filled(column.name, column.centre), self._double(column.centre)
        wide = self._node("Mul", self._node("Sub", filled, centre), self._double(column.scale))
        z = self._node("Clip", wide, self._double(-LIMIT), self._double(LIMIT))
        third = self._node("Div", z, self._double(3.0))
        square = self._node("Mul", third, third)
        root = self._node("Sqrt", self._node("Add", self._double(1.0), square))
        return self._node("Div", z, root)

    def waves(self, column: DateTime) -> list[str]:
        if not column.cycles:
            return []
        filled = self.filled(column.name, column.time.centre)
        turns = [self._turn(filled, period) for period in column.cycles]
        return [self._node(wave, turn) for turn in turns for wave in ("Sin", "Cos")]

    def _turn(self, seconds: str, period: float) -> str:
        cycles = self._node("Div", seconds, self._double(period))
        part = self._node("Sub", cycles, self._node("Floor", cycles))
        return self._node("Mul", self._double(2 * np.pi), part)

    def one_hot(self, column: Categorical) -> str:
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

    def _double(self, value: float) -> str:
        return self._writer.constant(value, np.float64)
