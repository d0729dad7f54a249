from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import mark, raises

from automtl.errors import DataError
from automtl_plugins.readers._arff_header import Attribute, Kind, decoded, read_header, unquoted

PATH = Path("folder/x.arff")
MOMENT = datetime(2024, 2, 29, 12, 30, 5, tzinfo=UTC)
ESCAPES = {"\\": r"\\", "'": r"\'", '"': r"\"", "\n": r"\n", "\t": r"\t", "\r": r"\r"}
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


def lines_of(*attributes: str) -> list[bytes]:
    lines = [f"@attribute {attribute}\n" for attribute in attributes]
    return [line.encode() for line in ("@relation r\n", *lines, "@data\n")]


def only(attribute: str) -> Attribute:
    [found], _ = read_header(PATH, lines_of(attribute))
    return found


def quoted(text: str, mark: str = "'") -> str:
    return mark + "".join(ESCAPES.get(letter, letter) for letter in text) + mark


def test_a_head_is_read_to_its_end_and_no_further() -> None:
    head = """\ufeff% A comment, and an empty line

@RELATION 'some thing'
@Attribute size numeric
  @attribute 'the colour' {red, "light blue", 'don\\'t know'}
@attribute note\tstring
@attribute "day" date "yyyy-MM-dd HH:mm"
@DATA
"""
    rest: Iterator[bytes] = iter([*head.encode().splitlines(keepends=True), b"@attribute x real\n"])
    attributes, above = read_header(PATH, rest)
    assert attributes == [
        Attribute("size", Kind.NUMERIC),
        Attribute("the colour", Kind.NOMINAL, levels=("red", "light blue", "don't know")),
        Attribute("note", Kind.STRING),
        Attribute("day", Kind.DATE, pattern="%Y-%m-%d %H:%M"),
    ]
    assert above == 8
    assert list(rest) == [b"@attribute x real\n"]


@mark.parametrize("kind", ["numeric", "REAL", "integer", "Integer [0,9]", "numeric % counts"])
def test_number_types(kind: str) -> None:
    assert only(f"x {kind}") == Attribute("x", Kind.NUMERIC)


@mark.parametrize(
    ("written", "levels"),
    [
        ("{a,b}", ("a", "b")),
        ("{ a , b c }", ("a", "b c")),
        ("{a,,b,}", ("a", "b")),
        ("{b,a,b}", ("b", "a")),
        ("{'a,b', \"}\", ' c '}", ("a,b", "}", " c ")),
        ("{0,1} % a comment", ("0", "1")),
        ("{''}", ("",)),
    ],
)
def test_levels_are_in_the_order_in_which_they_are_declared(
    written: str, levels: tuple[str, ...]
) -> None:
    assert only(f"x {written}") == Attribute("x", Kind.NOMINAL, levels)
    assert only(f"x{written}").levels == levels  # as some tools write it


@mark.parametrize(
    ("pattern", "word"),
    [
        ("", "2024-02-29T12:30:05"),
        ("% a comment", "2024-02-29T12:30:05"),
        ("\"yyyy-MM-dd'T'HH:mm:ssZ\"", "2024-02-29T13:30:05+0100"),
        ("'dd/MM/yy hh:mm:ss a'", "29/02/24 12:30:05 PM"),
        ('"d.M.yyyy HH:mm:ss.SSS"', "29.2.2024 12:30:05.000"),
        ("\"EEEE, d MMMM yyyy 'at' HH''mm''ss\"", "Thursday, 29 February 2024 at 12'30'05"),
        ("'yyyyMMdd HH:mm:ss % XXX'", "20240229 07:30:05 % -05:00"),
    ],
)
def test_dates_are_written_as_their_pattern_says(pattern: str, word: str) -> None:
    found = only(f"x date {pattern}")
    assert found.kind is Kind.DATE
    assert found.moment(word) == MOMENT
    with raises(ValueError, match=r"does not match|unconverted"):
        found.moment(f"{word}?")


@settings(max_examples=50, deadline=None)
@given(st.datetimes(datetime(1970, 1, 1), datetime(2068, 1, 1)))
def test_what_a_pattern_writes_it_reads(moment: datetime) -> None:
    found = only('x date "yyyy-MM-dd HH:mm:ss.SSS"')
    assert found.moment(moment.strftime(found.pattern)) == moment.replace(tzinfo=UTC)


@settings(max_examples=50, deadline=None)
@given(NAMES, st.sampled_from("'\""))
def test_any_name_may_be_quoted(name: str, mark: str) -> None:
    assert unquoted(quoted(name, mark)) == name
    assert only(f"{quoted(name, mark)} real").name == name
    assert only(f"x {{a, {quoted(name, mark)}}}").levels == tuple(dict.fromkeys(["a", name]))


def test_what_is_not_quoted_stands_for_itself() -> None:
    assert unquoted(r"a\nb") == r"a\nb"
    assert unquoted("") == ""


@mark.parametrize(
    ("attribute", "absent"),
    [("x real", "0"), ("x {b, a}", "b"), ("x string", None), ("x date", None)],
)
def test_what_a_sparse_row_leaves_out(attribute: str, absent: str | None) -> None:
    assert only(attribute).absent == absent


@mark.parametrize(
    ("lines", "message"),
    [
        ([], ": must be an ARFF file, but has no line @data"),
        ([b"@relation x\n"], ": must be an ARFF file, but has no line @data"),
        ([b"a,b\n", b"1,2\n"], ":1: must be a line @relation, @attribute or @data, .* is 'a,b'"),
        ([b"@relation x\n", b"@data\n"], ":2: there must be an @attribute before @data"),
        (lines_of("x"), ":2: the type of attribute 'x' must be numeric, .* but is ''"),
        (lines_of("x relational"), ":2: the type of attribute 'x' must be .* but is 'relational'"),
        (lines_of("'x numeric"), ":2: must be `@attribute NAME TYPE`"),
        (lines_of("y real", "x {a, b"), ":3: attribute 'x': its values must end with }"),
        (lines_of("x {a, 'b}"), ":2: attribute 'x': its values must end with }"),
        (lines_of("x { }"), ":2: attribute 'x': must have a value between"),
        (lines_of("x date 'yyyy G'"), ":2: a date must be of years.* 'yyyy G' has 'G'"),
        (lines_of('x date "yyyy \'T"'), """:2: a date must be of .* has ''T'"""),
        ([b"%\n", b"@relation \xff\n"], ":2: must be UTF-8 text"),
    ],
)
def test_errors_name_the_line(lines: list[bytes], message: str) -> None:
    with raises(DataError, match=f"^{PATH}{message}"):
        read_header(PATH, lines)


def test_text_is_utf8() -> None:
    assert decoded(PATH, "é\u2028".encode(), 0) == "é\u2028"
    with raises(DataError, match=rf"^{PATH}:9: must be UTF-8 text, but is not\. Save"):
        decoded(PATH, b"a\n" + "é".encode("latin-1"), 7)
