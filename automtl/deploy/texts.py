"""Free text as ONNX nodes: the other face of `automtl.data.features.ngrams`."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike
from onnx import TensorProto

from automtl.data.features.ngrams import DELIMITERS, MAX_SPLITS, Text
from automtl.deploy.writer import ML, GraphWriter

TEXT_OPSET = 20  # the first that can split strings
LOCALE = "C"  # the only one that every system has; it knows the case of ASCII letters alone


class TextWriter:
    """
    Writes what `Text.weighed` does, for a column ``[batch, 1]`` of strings.

    Splitting pads every text to the longest, so after each split what is empty is left behind:
    pieces are a flat list, with a list of the rows they are from. Only the numbers of the words
    are laid out by row at the end. An empty text is added and taken away again, because some
    operators do not take an empty batch.

    :param column: The fitted column.
    :param writer: What to write to.
    """

    def __init__(self, column: Text, writer: GraphWriter) -> None:
        self._column = column
        self._writer = writer
        self._node = writer.node
        self._zero, self._one = self._integers(0), self._integers(1)
        self._ones = self._integers([1])

    def weighed(self) -> str:
        """Doubles ``[batch, n_slots]``."""
        counts = self._node("Cast", self._counts(), to=TensorProto.DOUBLE)
        size = self._node("Log", self._node("Add", self._double(1), self._node("Abs", counts)))
        signed = self._node("Mul", self._node("Sign", counts), size)
        weighed = self._node("Mul", signed, self._double(self._column.weights))
        squares = self._node("Mul", weighed, weighed)
        length = self._node("Sqrt", self._node("ReduceSum", squares, self._ones, keepdims=1))
        positive = self._node("Max", length, self._double(1e-9))
        factor = self._node("Div", self._double(self._column.length), positive)
        return self._node("Mul", weighed, factor)

    def _counts(self) -> str:
        """The sum in each slot, floats ``[batch, n_slots]``."""
        column = self._column
        grams = list(zip(column.grams, column.slots.tolist(), strict=True))
        # One more word, which never occurs, makes the output as wide as it must be.
        never = ((len(column.words),), 2 * column.n_slots - 1)
        words = [*((gram, slot) for gram, slot in grams if len(gram) == 1), never]
        pairs = [(gram, slot) for gram, slot in grams if len(gram) == 2]
        signed = self._node(
            "TfIdfVectorizer",
            self._by_row(*self._pieces()),
            mode="TF",
            min_gram_length=1,
            max_gram_length=2,
            max_skip_count=0,
            ngram_counts=[0, len(words)],
            ngram_indexes=[slot for _, slot in words + pairs],
            pool_int64s=[number + 1 for gram, _ in words + pairs for number in gram],
        )
        plus, minus = self._part(signed, 0), self._part(signed, column.n_slots)
        return self._node("Sub", plus, minus)

    def _part(self, signed: str, start: int) -> str:
        """Some columns, ``[batch, n_slots]``, without the row that was added."""
        ends = self._integers([-1, start + self._column.n_slots])
        return self._node("Slice", signed, self._integers([0, start]), ends, self._integers([0, 1]))

    def _pieces(self) -> tuple[str, str]:
        """The words of all texts, strings ``[n_words]``, and their rows, integers alike."""
        given = self._node("Squeeze", self._column.name, self._ones)
        texts = self._node("Concat", given, self._constant([""], np.str_), axis=0)
        pieces = self._node(
            "StringNormalizer",
            texts,
            case_change_action="LOWER",
            locale=LOCALE,
            is_case_sensitive=1,
        )
        rows = self._node("Range", self._zero, self._size(pieces), self._one)
        for delimiter in DELIMITERS:
            pieces, rows = self._split(pieces, rows, delimiter)
        return pieces, rows

    def _split(self, pieces: str, rows: str, delimiter: str) -> tuple[str, str]:
        options: dict[str, Any] = {"delimiter": delimiter, "maxsplit": MAX_SPLITS}
        split = self._node("StringSplit", pieces, n_outputs=2, used=0, **options)
        empty = self._node("Equal", split, self._writer.constant("", np.str_))
        places = self._node("Transpose", self._node("NonZero", self._node("Not", empty)))
        parents = self._node("Gather", places, self._zero, axis=1)
        return self._node("GatherND", split, places), self._node("Gather", rows, parents)

    def _by_row(self, pieces: str, rows: str) -> str:
        """The numbers of the words, ``[batch + 1, most_words]``, 0 where a row has fewer."""
        tokens = self._column.tokens
        numbers = self._node(
            "LabelEncoder",
            pieces,
            domain=ML,
            keys_strings=list(tokens),
            values_int64s=list(tokens.values()),
            default_int64=0,
        )
        batch = self._node("Add", self._node("Shape", self._column.name, end=1), self._ones)
        counts = self._counted(rows, batch)
        starts = self._node("CumSum", counts, self._zero, exclusive=1)
        every = self._node("Range", self._zero, self._size(rows), self._one)
        places = self._node("Sub", every, self._node("Gather", starts, rows))
        longest = self._node("ReduceMax", counts, self._integers([0]), keepdims=1)
        shape = self._node("Concat", batch, self._node("Max", longest, self._ones), axis=0)
        pairs = [self._node("Unsqueeze", part, self._ones) for part in (rows, places)]
        zeros = self._node("Expand", self._zero, shape)
        return self._node("ScatterND", zeros, self._node("Concat", *pairs, axis=1), numbers)

    def _counted(self, rows: str, batch: str) -> str:
        """How many words each row has, ``[batch + 1]``."""
        zeros = self._node("Expand", self._zero, batch)
        ones = self._node("Expand", self._one, self._node("Shape", rows))
        return self._node("ScatterElements", zeros, rows, ones, axis=0, reduction="add")

    def _size(self, values: str) -> str:
        return self._node("Size", values)

    def _integers(self, value: int | list[int]) -> str:
        return self._constant(value, np.int64)

    def _double(self, value: Any) -> str:
        return self._constant(value, np.float64)

    def _constant(self, value: Any, dtype: DTypeLike) -> str:
        return self._writer.constant(value, dtype)
