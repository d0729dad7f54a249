"""
How one cell of text is understood: what is missing, and what a number, a boolean and a date-time
look like.

Two sides use these functions, so that a model predicts from the same values it was trained on:
`automtl.data.features.infer` while it reads the training file, and `automtl.deploy.predict`, which
reads with the standard library alone. Therefore this module imports nothing else.
"""

import math
import re
from datetime import UTC, datetime

NULLS = frozenset(
    {"", "?", "NA", "#NA", "<NA>", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "None"}
)
TRUE_WORDS = frozenset({"true", "yes", "t", "y", "1"})  # in lower case
FALSE_WORDS = frozenset({"false", "no", "f", "n", "0"})

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(inf(inity)?|nan)", re.ASCII | re.I)
_HEXADECIMAL = re.compile(r"0x[\da-f]{1,16}", re.ASCII | re.I)
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d([ T]\d\d(:?\d\d(:?\d\d(\.\d+)?)?)?(Z|[+-]\d\d(:?\d\d)?)?)?", re.ASCII
)


def parse_category(text: str) -> str:
    """
    The text itself, spaces included; the empty string where it stands for a missing value.

    >>> parse_category("Torgersen"), parse_category("N/A")
    ('Torgersen', '')
    """
    return "" if text in NULLS else text


def parse_number(text: str) -> float:
    """
    A number; NaN where it is missing or not finite.

    >>> parse_number(" 1.5e3 "), parse_number("?")
    (1500.0, nan)

    :raises ValueError: If it is neither a number nor missing.
    """
    text = text.strip()
    if text in NULLS:
        return math.nan
    if _HEXADECIMAL.fullmatch(text):  # pyarrow takes these for integers
        return float(int(text, 16))
    if not _NUMBER.fullmatch(text):  # `float` would allow 1_000 and digits of other scripts
        raise ValueError(f"must be a number, but got '{text}'")
    number = float(text)
    return number if math.isfinite(number) else math.nan


def parse_boolean(text: str) -> float:
    """
    1.0 or 0.0; NaN where it is missing.

    >>> parse_boolean("Yes"), parse_boolean("f"), parse_boolean("")
    (1.0, 0.0, nan)

    :raises ValueError: If it is neither a boolean nor missing.
    """
    text = text.strip()
    if text in NULLS:
        return math.nan
    if text.lower() not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError(f"must be true or false, yes or no, 1 or 0, but got '{text}'")
    return float(text.lower() in TRUE_WORDS)


def parse_datetime(text: str) -> float:
    """
    Seconds since 1970 in UTC of an ISO 8601 date or date-time; NaN where it is missing. Without a
    zone it is taken to be UTC.

    >>> parse_datetime("1970-01-02"), parse_datetime("1970-01-01T01:00:00+01:00")
    (86400.0, 0.0)

    :raises ValueError: If it is neither a date-time nor missing.
    """
    text = text.strip()
    if text in NULLS:
        return math.nan
    rule = f"must be a date-time such as 2024-02-29 or 2024-02-29T12:30:00, but got '{text}'"
    if not _DATE_TIME.fullmatch(text):
        raise ValueError(rule)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(rule) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
