import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from pytest import raises

from automtl.core.graph import TaskGraph
from automtl.errors import RunError
from automtl.plugins import Plugins
from automtl.report.compare.comparison import Comparison
from automtl.report.compare.page import MANY, compare_html, write_page
from automtl.report.compare.read import read_sides

Folder = Callable[..., Path]
HOSTILE = "<script>alert(1)</script>"


def page(plugins: Plugins, *folders: Path) -> str:
    return compare_html(Comparison.of(read_sides(folders), plugins))


def test_says_all_that_the_files_say(folder: Folder, plugins: Plugins) -> None:
    alone = TaskGraph.single_task(["a", "b"], 2)
    text = page(plugins, folder("x"), folder("y", {"a": 1.0, "b": 2.5}, graph=alone))
    for told in (
        "x and y had the same data",
        "Of 2 tasks against x, y is better for a and worse for b",
        "+50.0 ± ",
        "a and b share stage 1 and 2 in x, but not in y",
        "1,234,567",
        "The configurations are the same, but for the name.",
    ):
        assert told in text
    pictures = [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", text, re.S)]
    assert len(pictures) == 3  # the errors, and both graphs


def test_names_stay_text(folder: Folder, plugins: Plugins) -> None:
    errors = {HOSTILE: 1.0, '"><b onclick=x>': 1.0}
    better = dict.fromkeys(errors, 0.5)
    text = page(plugins, folder("x", errors), folder("y", better))
    assert HOSTILE not in text
    assert "<b onclick" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_many_tasks_are_folded(folder: Folder, plugins: Plugins) -> None:
    many = {f"t{number:03}": 1.0 for number in range(MANY + 1)}
    better = dict.fromkeys(many, 0.5)
    text = page(plugins, folder("x", many), folder("y", better))
    assert len(text) < 500_000
    assert "<summary>How much smaller the error of y is" in text


def test_says_that_it_cannot_be_written(folder: Folder, plugins: Plugins) -> None:
    found = Comparison.of(read_sides([folder("x"), folder("y")]), plugins)
    with raises(RunError, match=r"nowhere/compare\.html: cannot be written: No such file"):
        write_page(found, Path("nowhere/compare.html"))
