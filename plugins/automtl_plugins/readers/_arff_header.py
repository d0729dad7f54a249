"""The head of an ARFF file: what its columns are."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from automtl.errors import DataError
from automtl_plugins.readers._text import not_utf8_in

QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""

_ATTRIBUTE = re.compile(rf"@attribute\s+({QUOTED}|[^\s{{'\"][^\s{{]*)\s*(.*)", re.IGNORECASE)
_LEVEL = re.compile(rf"\s*({QUOTED}|[^,}}'\"\s][^,}}]*?|)\s*([,}}])")
_DATE = re.compile(rf"date(?:\s+({QUOTED}|[^\s%]+))?\s*(?:%.*)?", re.IGNORECASE)
_ISO = "yyyy-MM-dd'T'HH:mm:ss"  # the pattern of dates that name none
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_PATTERN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']")
_FIELDS = {  # of Java's patterns, in the words of `datetime.strptime`
    **dict.fromkeys(("y", "yyyy", "u", "uuuu"), "%Y"),
    **dict.fromkeys(("M", "MM"), "%m"),
    **dict.fromkeys(("d", "dd"), "%d"),
    **dict.fromkeys(("H", "HH"), "%H"),
    **dict.fromkeys(("h", "hh"), "%I"),
    **dict.fromkeys(("m", "mm"), "%M"),
    **dict.fromkeys(("s", "ss"), "%S"),
    **dict.fromkeys(("Z", "X", "XX", "XXX"), "%z"),
    "yy": "%y",
    "MMM": "%b",
    "MMMM": "%B",
    "SSS": "%f",
    "a": "%p",
    "EEE": "%a",
    "EEEE": "%A",
}


class Kind(StrEnum):
    """What a column of an ARFF file may hold."""

    NUMERIC = "numeric"
    NOMINAL = "nominal"
    STRING = "string"
    DATE = "date"


_WORDS = {
    "numeric": Kind.NUMERIC,
    "real": Kind.NUMERIC,
    "integer": Kind.NUMERIC,
    "string": Kind.STRING,
}


@dataclass(frozen=True)
class Attribute:
    """
    One column.

    :param levels: The values that a nominal column may have.
    :param pattern: How a date is written, as ``strptime`` takes it.
    """

    name: str
    kind: Kind
    levels: tuple[str, ...] = ()
    pattern: str = ""

    @property
    def absent(self) -> str | None:
        """What a row in sparse form that does not mention this column holds in it."""
        if self.kind == Kind.NOMINAL:
            return self.levels[0]
        return "0" if self.kind == Kind.NUMERIC else None

    def moment(self, word: str) -> datetime:
        """
        The date-time, in UTC if it says no zone.

        :raises ValueError: If the word does not fit the pattern.
        """
        moment = datetime.strptime(word, self.pattern)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_header(path: Path, lines: Iterable[bytes]) -> tuple[list[Attribute], int]:
    """
    Takes lines up to ``@data``; the columns, and how many lines these were.

    :raises DataError: If they are not the head of an ARFF file.
    """
    attributes: list[Attribute] = []
    for number, line in enumerate(lines, start=1):
        words = decoded(path, line, number - 1).strip().removeprefix("\ufeff")
        keyword = words.split(None, 1)[0].lower() if words else "%"
        if keyword == "@data":
            if not attributes:
                raise DataError(f"{path}:{number}: there must be an @attribute before @data.")
            return attributes, number
        if keyword == "@attribute":
            attributes.append(_attribute(f"{path}:{number}", words))
        elif keyword != "@relation" and not keyword.startswith("%"):
            raise DataError(
                f"{path}:{number}: must be a line @relation, @attribute or @data, or a comment "
                f"that begins with %, but is '{words[:40]}'."
            )
    raise DataError(f"{path}: must be an ARFF file, but has no line @data.")


def decoded(path: Path, text: bytes, above: int) -> str:
    """
    The text.

    :param above: How many lines of the file come before.
    :raises DataError: If it is not UTF-8.
    """
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        line = above + text.count(b"\n", 0, error.start) + 1
        raise not_utf8_in(path, line) from None


def unquoted(word: str) -> str:
    """The text that a word, quoted or not, stands for."""
    if word[:1] not in ("'", '"'):
        return word
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), word[1:-1])


def _attribute(place: str, line: str) -> Attribute:
    found = _ATTRIBUTE.fullmatch(line)
    if not found:
        raise DataError(f"{place}: must be `@attribute NAME TYPE`, but is '{line[:60]}'.")
    name, kind = unquoted(found[1]), found[2]
    if kind.startswith("{"):
        return Attribute(name, Kind.NOMINAL, levels=_levels(f"{place}: attribute '{name}'", kind))
    if date := _DATE.fullmatch(kind):
        pattern = _strptime(place, unquoted(date[1] or _ISO))
        return Attribute(name, Kind.DATE, pattern=pattern)
    word = re.split(r"[\s%\[]", kind)[0]  # what follows, a range say, has no meaning
    if word.lower() not in _WORDS:
        raise DataError(
            f"{place}: the type of attribute '{name}' must be numeric, real, integer, string, "
            f"date or {{a, b, c}}, but is '{kind[:40]}'."
        )
    return Attribute(name, _WORDS[word.lower()])


def _levels(place: str, text: str) -> tuple[str, ...]:
    levels: dict[str, None] = {}
    position, end = 1, ","
    while end != "}":
        found = _LEVEL.match(text, position)
        if not found:
            raise DataError(f"{place}: its values must end with }}, quotes closed: '{text[:60]}'.")
        position, end = found.end(), found[2]
        levels |= dict.fromkeys([unquoted(found[1])] if found[1] else [])
    if not levels:
        raise DataError(f"{place}: must have a value between {{ and }}.")
    return tuple(levels)


def _strptime(place: str, pattern: str) -> str:
    """A pattern of Java's ``SimpleDateFormat`` in the words of ``strptime``."""
    parts, position = [], 0
    for found in _PATTERN.finditer(pattern):
        field = found[2] and _FIELDS.get(found[0])
        if found.start() != position or (found[2] and field is None):
            break
        literal = found[0] if found[1] is None else found[1].replace("''", "'") or "'"
        parts.append(field or literal.replace("%", "%%"))
        position = found.end()
    if position < len(pattern):
        raise DataError(
            f"{place}: a date must be of years, months, days, hours, minutes, seconds and zones "
            f"such as yyyy-MM-dd HH:mm:ss, but its pattern '{pattern}' has '{pattern[position:]}'."
        )
    return "".join(parts)
