"""Labels of which a row may have several: as columns of 0 and 1, or separated in one column."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from automtl.core.task import Floats
from automtl.data.features.text import NULLS, parse_boolean, parse_number

_NUMBERS = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_null)  # null: all are missing


def flags(values: pa.ChunkedArray) -> Floats | None:
    """
    A column of 0 and 1, or words for them, as floats ``[n_rows]`` with NaN where missing; None if
    it is none.

    >>> flags(pa.chunked_array([["yes", "no", "?"]]))
    array([ 1.,  0., nan])
    """
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if any(is_one(values.type) for is_one in _NUMBERS):
        numbers = values.cast(pa.float64()).to_numpy()
    elif pa.types.is_floating(values.type):
        numbers = values.to_numpy().astype(np.float64)
    elif pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        encoded = values.fill_null("").combine_chunks().dictionary_encode()
        words = [_flag(word) for word in encoded.dictionary.to_pylist()]
        if None in words:
            return None
        numbers = np.array(words, np.float64)[encoded.indices.to_numpy()]
    else:
        return None
    return numbers if np.isin(numbers[~np.isnan(numbers)], (0.0, 1.0)).all() else None


def read_set(values: pa.ChunkedArray, separator: str) -> tuple[tuple[str, ...], Floats]:
    """
    A column of separated labels as their names, in order, and 0 and 1, ``[n_rows, n_labels]``. A
    missing cell, null or a word for it, is a row whose labels are all unknown; an empty text is a
    row without any.

    >>> names, labels = read_set(pa.chunked_array([["b; a", "a", None, ""]]), ";")
    >>> names, labels.tolist()[:2]
    (('a', 'b'), [[1.0, 1.0], [1.0, 0.0]])
    """
    encoded = values.cast(pa.string()).combine_chunks().dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    sets = [{part for word in text.split(separator) if (part := word.strip())} for text in texts]
    unknown = [text.strip() in NULLS - {""} for text in texts]
    names = sorted(
        {name for found, no in zip(sets, unknown, strict=True) if not no for name in found}
    )
    table = np.array([[float(name in found) for name in names] for found in sets])
    table = table.reshape(len(texts), len(names))
    table[np.array(unknown, dtype=bool)] = np.nan
    rows = np.full((len(values), len(names)), np.nan)
    there = pc.is_valid(encoded).to_numpy(zero_copy_only=False)
    rows[there] = table[encoded.indices.drop_null().to_numpy()]
    return tuple(names), rows


def _flag(word: str) -> float | None:
    for parse in (parse_number, parse_boolean):
        try:
            return parse(word)
        except ValueError:
            continue
    return None
