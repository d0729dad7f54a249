from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pytest import mark, raises

from automtl.config.marks import read
from automtl.config.validation import Named, Section, as_mapping, repeats, validated
from automtl.errors import ConfigError


class Inner(Section):
    size: Annotated[float, Field(gt=0)] = 1.0


class Outer(Section):
    count: int = 0
    flag: bool = False
    inner: Inner = Inner()
    named: Named[Inner] = {}  # noqa: RUF012 - pydantic copies it


@mark.parametrize(
    ("text", "expected"),
    [
        ("cuont: 1", "1:1: cuont: there is no such key; did you mean 'count'?"),
        ("inner: {sise: 1}", "1:9: inner.sise: there is no such key; did you mean 'size'?"),
        ("named: {x: {sise: 1}}", "1:13: named.x.sise: there is no such key; did you mean 'size'?"),
        ("named: {named: {q: 1}}", "1:17: named.named.q: there is no such key; there is only 'siz"),
        ("count: 1.5", "1:8: count: must be a whole number, but is the number 1.5."),
        ("count: yes", "1:8: count: must be a whole number, but is the boolean true."),
        ("count: '1'", "1:8: count: must be a whole number, but is '1'."),
        ("flag: 1", "1:7: flag: must be true or false, but is the number 1."),
        ("inner: {size: 0}", "1:15: inner.size: must be > 0, but is the number 0."),
        (
            "inner: {size: .nan}",
            "1:15: inner.size: must be a finite number, but is the number nan.",
        ),
        ("inner: 3", "1:8: inner: must be a mapping (`key: value`), but is the number 3."),
        ("named: 3", "1:8: named: must be a list of names or a mapping (`name: ...`), but is the"),
        ("named: [a, no]", "1:12: named.1: must be text, but is the boolean false; write it in qu"),
        ("named: [2020-01-01]", "1:9: named.0: must be text, but is the date 2020-01-01; write it"),
        ("named: [[a]]", "1:9: named.0: must be text, but is a list"),
        (
            "named: [a, {b: {size: 1, also: [yes, 2]}}]",
            "1:8: named: names with something behind them must be a mapping, but are a list; write "
            "`{a: {}, b: {size: 1, also: [true, 2]}}`.",
        ),
    ],
)
def test_says_rule_value_and_mend(write: Callable[..., Path], text: str, expected: str) -> None:
    document = read(write(text))
    with raises(ConfigError) as caught:
        validated(Outer, document)
    assert str(caught.value).startswith(f"{document.file}:{expected}")


def test_lists_all_breaches(write: Callable[..., Path]) -> None:
    with raises(ConfigError) as caught:
        validated(Outer, read(write("flag: 1\ncount: x\nz: 1\n")))
    assert [line.split(":")[1] for line in str(caught.value).splitlines()[::3]] == ["1", "2", "3"]


def test_a_key_with_nothing_behind_it_is_left_out(write: Callable[..., Path]) -> None:
    assert validated(Outer, read(write("count:\ninner:\n"))) == Outer()
    with raises(ConfigError, match="there is no such key"):
        validated(Outer, read(write("cuont:\n")))


def test_names_may_have_details(write: Callable[..., Path]) -> None:
    plain = validated(Outer, read(write("named: [a, b]"))).named
    detailed = validated(Outer, read(write("named: {a: , b: {}}"))).named
    assert as_mapping(plain, Inner) == as_mapping(detailed, Inner) == {"a": Inner(), "b": Inner()}


def test_repeats_are_found_where_they_are() -> None:
    assert [problem.place for problem in repeats(["a", "b", "a"], ("x",))] == [("x", 2)]
    assert not [*repeats(["a", "b"], ("x",))]
