"""A page of ours: one HTML file that needs no network, and can be read without script."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from automtl.report.parts import Section
from automtl.report.pictures import style

MANY = 12  # rows of a table, from which on it can be searched


@dataclass(frozen=True)
class Page:
    """
    A page.

    :param title: What it is about: the name of a run, say.
    :param lead: A sentence below the title.
    :param finding: What to conclude from all of it.
    :param sections: In their order; they are numbered, and listed at the top.
    :param facts: A few numbers, each with its name.
    :param notice: What is to be known before anything is read, such as that a search goes on.
    :param reload: After how many seconds a browser loads it again; 0 for never.
    """

    title: str
    lead: str
    finding: str
    sections: Sequence[Section]
    facts: Sequence[tuple[str, str]] = field(default_factory=tuple)
    notice: str = ""
    reload: int = 0


def page_html(page: Page) -> str:
    """
    The page as HTML. Whatever it says is text, even if it looks like markup; only the SVG of its
    pictures is taken as it is. By its content security policy
    (https://www.w3.org/TR/CSP3/#meta-element) nothing is loaded, and no script runs but its own.
    """
    script = _asset("page.js")
    return _template().render(
        page=page,
        style=_asset("page.css") + style(),
        script=script,
        script_hash=sha256(script),
        many=MANY,
    )


def sha256(text: str) -> str:
    """The digest of an inline script, as a content security policy names it."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(_asset),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")


@cache
def _asset(name: str) -> str:
    """A file beside this one."""
    return files("automtl.report").joinpath(name).read_text(encoding="utf-8")
