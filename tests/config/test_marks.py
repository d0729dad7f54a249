from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import mark, raises

from automtl.config.marks import inline, read, write
from automtl.errors import ConfigError

WRONG: dict[str, tuple[str | bytes, str, str]] = {
    "empty": ("", "1:1", "the file is empty"),
    "comments only": ("# nothing\n", "1:1", "the file is empty"),
    "list on top": ("\n- a\n", "2:1", "must be a mapping (`key: value`), not a list"),
    "text on top": ("# x\n\nfoo", "3:1", "must be a mapping (`key: value`), not 'foo'"),
    "repeated key": ("a: 1\nb: 2\na: 3\n", "3:1", "the key 'a' is already in line 1"),
    "repeated key inside": ("a: {b: 1, b: 2}", "1:11", "the key 'b' is already in line 1"),
    "tab": ("a:\n \tb: 1\n", "2:2", "a tab indents this line; use spaces"),
    "anchor": ("a: &x 1\n", "1:4", "anchors and aliases are not supported"),
    "alias of itself": ("a: &x {b: *x}\n", "1:4", "anchors and aliases are not supported"),
    "alias": ("a: 1\nb: *x\n", "2:4", "anchors and aliases are not supported"),
    "merge key": ("a:\n  <<: {b: 1}\n", "2:3", "merge keys (<<) are not supported"),
    "tag": ("a: !!python/object:os.system {}\n", "1:4", "are not supported; leave it out"),
    "boolean key": ("no: 1\n", "1:1", "a key must be text, but is the boolean false; write it in"),
    "number as key": ("a: {1: 2}\n", "1:5", "a key must be text, but is the number 1; write it"),
    "list as key": ("? [a]\n: 1\n", "1:3", "a key must be text, but is a list"),
    "impossible date": ("a: 2020-13-45\n", "1:4", "'2020-13-45' cannot be read; if it is text"),
    "huge number": ("a: " + "9" * 5000, "1:4", "cannot be read"),
    "colon": ("a: b: c\n", "1:5", "mapping values are not allowed here. Check the indentation"),
    "open list": ("a: [1,\n", "2:1", "this is not YAML: while parsing a flow node"),
    "two documents": ("a: 1\n---\nb: 1\n", "2:1", "expected a single document"),
    "depth": ("a: " + "[" * 5000, "1:1", "nested too deeply"),
    "control character": ("a: 1\nb: x\x01\n", "2:5", "the character U+0001 is not allowed"),
    "not UTF-8": (b"a: 1\nb: \xff\n", "2:4", "the file is not UTF-8"),
}


@mark.parametrize(("text", "place", "message"), WRONG.values(), ids=WRONG)
def test_refuses_with_the_place(
    write: Callable[..., Path], text: str | bytes, place: str, message: str
) -> None:
    file = write(text)
    with raises(ConfigError) as caught:
        read(file)
    assert str(caught.value).startswith(f"{file}:{place}: ")
    assert message in str(caught.value)


def test_refuses_what_is_no_file(tmp_path: Path) -> None:
    with raises(ConfigError, match=r"nowhere\.yaml: there is no such file; check the path\."):
        read(tmp_path / "nowhere.yaml")
    with raises(ConfigError, match=f"^{tmp_path}: is a folder; name the configuration file in it"):
        read(tmp_path)
    with raises(ConfigError, match="the file cannot be read"):
        read(tmp_path / "\0")


def test_shows_the_line_with_a_caret(write: Callable[..., Path]) -> None:
    with raises(ConfigError) as caught:
        read(write("a: 1\nb: {c: *x}\n"))
    assert str(caught.value).splitlines()[1:] == ["    b: {c: *x}", "           ^"]


def test_notes_where_everything_is(write: Callable[..., Path]) -> None:
    document = read(write("\ufeff# comment\r\na:\r\n  b: [x, {c: 1}]\r\n"))
    assert document.data == {"a": {"b": ["x", {"c": 1}]}}
    assert document.values[("a", "b", 0)] == (3, 7)
    assert document.keys[("a", "b", 1, "c")] == (3, 11)


@mark.parametrize("number", ["1e-4", "1E5", "-1.5e3", "+.5e-3", "1.e2", "1.0e-4"])
def test_exponents_need_no_point(write: Callable[..., Path], number: str) -> None:
    assert read(write(f"a: {number}")).data == {"a": float(number)}


SCALARS = st.text() | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none()
DATA = st.recursive(
    SCALARS, lambda data: st.lists(data) | st.dictionaries(st.text(), data), max_leaves=8
)


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(st.text(max_size=100), DATA, min_size=1, max_size=3))
def test_reads_what_it_wrote(tmp_path_factory: Any, data: dict[str, Any]) -> None:
    file = tmp_path_factory.mktemp("written") / "c.yaml"
    file.write_text(write(data), encoding="utf-8")
    assert read(file).data == data


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=100))
def test_inline_text_is_one_line_that_reads_back(tmp_path_factory: Any, text: str) -> None:
    file = tmp_path_factory.mktemp("inline") / "c.yaml"
    file.write_text(f"{inline(text)}: [{inline(text)}, {inline(text)}]\n", encoding="utf-8")
    assert read(file).data == {text: [text, text]}
