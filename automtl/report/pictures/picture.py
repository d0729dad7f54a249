"""A picture of the report."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Picture:
    """
    An SVG image, and what to conclude from it.

    :param title: What it shows, in a few words; plain text.
    :param svg: Markup, in which all text is escaped. Its colours come from `style`.
    :param sentence: What to conclude from it; plain text.
    :param spoken: What it shows, in words, for those who do not see it; plain text. It is the
        description inside ``svg`` too.
    """

    title: str
    svg: str
    sentence: str
    spoken: str
