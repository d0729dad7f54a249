"""Whether the cells of a column hold several labels each, and what stands between them."""

import pyarrow as pa
import pyarrow.compute as pc

from automtl.data.features.text import NULLS, parse_number

SEPARATORS = (";", "|", ",")
MAX_LABELS = 200  # with more, it is text rather than sets of labels
SHARE = 0.05  # of the cells with labels that have several


def guess_separator(values: pa.ChunkedArray) -> str | None:
    """
    What separates the labels in the cells of a column; None if they do not look like sets of
    labels. They do if some cells have several parts, no cell has one twice, and the parts come
    again in other cells, so that there are fewer of them than of cells that differ.

    >>> guess_separator(pa.chunked_array([["red;blue", "blue", "red", None]]))
    ';'
    >>> guess_separator(pa.chunked_array([["Oslo, Norway", "Bergen, Norway", "Kyiv, Ukraine"]]))
    """
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return None
    counts = pc.value_counts(values.drop_null()).to_pylist()
    cells = {one["values"]: one["counts"] for one in counts if one["values"].strip() not in NULLS}
    return next((mark for mark in SEPARATORS if _separates(mark, cells)), None)


def _separates(mark: str, cells: dict[str, int]) -> bool:
    parts = [_parts(text, mark) for text in cells]
    several = sum(n for found, n in zip(parts, cells.values(), strict=True) if len(found) > 1)
    labels = {label for found in parts for label in found}
    return (
        several > SHARE * sum(cells.values())
        and len(labels) < min(len(cells), MAX_LABELS + 1)
        and all(len(set(found)) == len(found) for found in parts)
        and "" not in labels
        and not (mark == "," and all(map(_is_number, labels)))
    )


def _parts(text: str, mark: str) -> list[str]:
    """The labels of a cell; none of a separator alone."""
    return [part.strip() for part in text.split(mark)] if text.strip(f"{mark} ") else []


def _is_number(text: str) -> bool:
    try:
        parse_number(text)
    except ValueError:
        return False
    return True
