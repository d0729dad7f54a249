"""A file's data with the place of everything in it, so that an error can point at its line."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from automtl.errors import ConfigError

Place: TypeAlias = tuple[str | int, ...]  # the keys and indices that lead to a value
Position: TypeAlias = tuple[int, int]  # line and column, both counted from 1

MAX_SHOWN = 120  # characters of an offending line that an error shows


@dataclass(frozen=True)
class Problem:
    """
    Something wrong in a document.

    :param place: What is wrong. An entry of a list may also be named by its value.
    :param message: The rule, the value and the mend.
    :param at_key: Whether to point at the key instead of the value behind it.
    """

    place: Place
    message: str
    at_key: bool = False


@dataclass(frozen=True)
class Document:
    """
    A file of nested mappings and lists, or the part of it under ``prefix``.

    :param file: As the user named it.
    :param lines: Its text.
    :param root: All of its data.
    :param values: Where each value begins.
    :param keys: Where the key in front of it begins, if it has one.
    :param is_file: Whether there is such a file; settings in memory are only shown as one.
    """

    file: Path
    lines: tuple[str, ...]
    root: Any
    values: Mapping[Place, Position]
    keys: Mapping[Place, Position]
    prefix: Place = ()
    is_file: bool = True

    @property
    def data(self) -> Any:
        """The data under the prefix."""
        here = self.root
        for step in self.prefix:
            here = here[step]
        return here

    def part(self, key: str) -> "Document":
        """The part of this document under ``key``."""
        return replace(self, prefix=(*self.prefix, key))

    def error(self, problems: Iterable[Problem]) -> ConfigError:
        """One error that shows all ``problems``, in the order of the file."""
        placed = sorted(((self._position(p), p) for p in problems), key=lambda pair: pair[0])
        return ConfigError(
            "\n".join(
                complaint(self.file, self.lines, position, problem.message, self._name(problem))
                for position, problem in placed
            )
        )

    def _name(self, problem: Problem) -> str:
        return ".".join(str(step) for step in (*self.prefix, *problem.place))

    def _position(self, problem: Problem) -> Position:
        """Where the deepest part of the place is that the file has."""
        found: Place = ()
        here = self.root
        for step in (*self.prefix, *problem.place):
            at = here.index(step) if isinstance(here, list) and step in here else step
            if not _has(here, at):
                return self.values[found]
            found, here = (*found, at), here[at]
        return self.keys.get(found, self.values[found]) if problem.at_key else self.values[found]


def complaint(
    file: Path, lines: tuple[str, ...], position: Position, message: str, name: str = ""
) -> str:
    """``file:line:column: name: message``, and below it the line with a caret."""
    line, column = position
    head = f"{file}:{line}:{column}: {f'{name}: ' if name else ''}{message}"
    if line > len(lines):
        return head
    start = max(0, column - MAX_SHOWN)
    shown = re.sub(r"[^ -~\xa1-\U0010ffff]", " ", lines[line - 1])[start : start + MAX_SHOWN]
    return f"{head}\n    {shown}\n    {' ' * (column - 1 - start)}^"


def kind_of(value: object) -> str:
    """
    What a value is, in words.

    >>> kind_of(False), kind_of(7), kind_of([])
    ('the boolean false', 'the number 7', 'a list')
    """
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"'{value:.40}'" if value else "the empty text"
    words = {dict: "a mapping", list: "a list", type(None): "empty"}
    return words.get(type(value), f"the date {value}")


def _has(here: Any, step: str | int) -> bool:
    if isinstance(here, list):
        return isinstance(step, int) and step < len(here)
    return isinstance(here, dict) and step in here


def located(folder: Path, path: str) -> Path:
    """A path that a configuration in ``folder`` names; ~ is the user's folder, if there is one."""
    try:
        return folder / Path(path).expanduser()
    except RuntimeError:  # there is none
        return folder / path
