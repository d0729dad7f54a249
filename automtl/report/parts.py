"""What a page is made of: sections of paragraphs, lists, tables and pictures, as plain data."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from automtl.report.pictures.picture import Picture
from automtl.report.tables import Table


@dataclass(frozen=True)
class Text:
    """
    A paragraph.

    :param style: ``"finding"`` for what is to be concluded, ``"note"`` for how to read something,
        or nothing.
    """

    form: ClassVar[str] = "text"
    text: str
    style: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    form: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Items:
    """A list."""

    form: ClassVar[str] = "items"
    lines: Sequence[str]


@dataclass(frozen=True)
class Code:
    """Lines as they are typed."""

    form: ClassVar[str] = "code"
    text: str


@dataclass(frozen=True)
class Pictures:
    """
    Pictures side by side, as many as there is room for.

    :param wide: Whether each keeps its own size, in a frame to scroll in, instead.
    """

    form: ClassVar[str] = "pictures"
    pictures: Sequence[Picture]
    wide: bool = False


@dataclass(frozen=True)
class Folded:
    """
    Parts that a reader may unfold; on paper they are unfolded.

    :param open: Whether they are so from the start.
    :param key: A word by which it may be searched for, such as a task; nothing if it may not.
    """

    form: ClassVar[str] = "folded"
    caption: str
    parts: "Sequence[Part]"
    open: bool = False
    key: str = ""


Part: TypeAlias = Text | Heading | Items | Code | Pictures | Folded | Table


@dataclass(frozen=True)
class Section:
    """
    A section of a page.

    :param name: What a link to it says after the ``#``: letters only.
    :param finding: What to conclude from it, in a sentence.
    """

    name: str
    title: str
    finding: str
    parts: Sequence[Part] = field(default_factory=tuple)
