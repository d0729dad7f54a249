"""Columns of text that seem to be numbers or dates, but are not written as such."""

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from automtl.data.features.text import NULLS, parse_datetime, parse_number

Test: TypeAlias = Callable[[str], object]  # whether a word is something

NEARLY = 0.95  # the share of the distinct values that makes the others seem mistakes
SEVERAL = 10  # distinct values that a quantity has more of
GLANCE = 100  # distinct values that tell whether a longer look is worth while

_THOUSANDS = r"[+-]?(\d{1,3}(\.\d+)?|[1-9]\d{0,2}([,.' ]\d{3})+([.,]\d+)?)"
_NUMBER = rf"({_THOUSANDS}|[+-]?\d+([.,]\d+)?)"
_DATE = r"(\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./]\d{1,2}[./]\d{1,2})([ T].*)?"
_FORMS = (
    ("numbers with separated thousands", _THOUSANDS, "leave the separators out"),
    ("numbers with a decimal comma", r"[+-]?(0|[1-9]\d*)(,\d+)?", "write a point"),
    ("numbers with a sign or unit", rf"[<>~$€£]? ?{_NUMBER} ?[%€$£]?", "leave these out"),
    ("dates", _DATE, "write them as 2024-02-29"),
)


def odd_one_out(values: pa.ChunkedArray) -> tuple[str, str, int] | None:
    """
    The first value that is neither a number nor missing, of a column of text whose distinct values
    are nearly all numbers, and many; or likewise of date-times.

    >>> odd_one_out(pa.chunked_array([[*map(str, range(30)), "abc", ""]]))
    ('numbers', 'abc', 1)

    :returns: What nearly all are, the value, and how many distinct ones are none of them; None if
        all are, or many are not.
    """
    words = _words(values)
    for what, is_one in (("numbers", _is_number), ("date-times", _is_date_time)):
        if _nearly_all(words, is_one):
            odd = [word for word in words if not is_one(word)]
            return (what, odd[0], len(odd)) if odd and len(words) > SEVERAL else None
    return None


def seeming(values: pa.ChunkedArray) -> str | None:
    """
    What a column of text seems to hold, and what to do about it; None if it is just text.

    >>> seeming(pa.chunked_array([[f"{n},5" for n in range(20)]]))
    "numbers with a decimal comma, such as '0,5': write a point"
    """
    words = _words(values)
    if len(words) <= SEVERAL:
        return None
    odd = min((word for word in words if not _is_number(word)), default=None)
    for what, form, mend in _FORMS:
        fits = re.compile(form, re.ASCII).fullmatch
        if odd is not None and fits(odd) and _nearly_all(words, fits):
            return f"{what}, such as '{odd}': {mend}"
    return None


def _words(values: pa.ChunkedArray) -> list[str]:
    """The distinct values that are there, in the order of the column."""
    return [word for word in pc.unique(values).drop_null().to_pylist() if word not in NULLS]


def _nearly_all(words: Sequence[str], is_one: Test) -> bool:
    """Whether nearly all words are; where the first ones are not, the others are not tried."""
    return all(
        sum(bool(is_one(word)) for word in words[:n]) >= NEARLY * n
        for n in (min(GLANCE, len(words)), len(words))
    )


def _is_number(word: str) -> bool:
    return _parses(word, parse_number)


def _is_date_time(word: str) -> bool:
    return _parses(word, parse_datetime)


def _parses(word: str, parse: Callable[[str], float]) -> bool:
    try:
        parse(word)
    except ValueError:
        return False
    return True
