"""How labels of classes are written."""

import pyarrow as pa
import pyarrow.compute as pc

_MINUS_ZERO = r"^-(0+(\.0*)?|\.0+)$"


def as_text(labels: pa.ChunkedArray) -> pa.ChunkedArray:
    """
    Labels of whatever type as text, in which zero has no sign: it would be two classes.

    >>> as_text(pa.chunked_array([[-0.0, 0.0, -1.0]])).to_pylist()
    ['0', '0', '-1']
    """
    return pc.replace_substring_regex(labels.cast(pa.string()), _MINUS_ZERO, r"\1")
