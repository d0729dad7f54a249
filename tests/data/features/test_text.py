import ast
import io
import math
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from pyarrow import csv
from pytest import approx, mark, raises

from automtl.data.features import text
from automtl.data.features.text import parse_boolean, parse_category, parse_datetime, parse_number


def test_imports_only_the_standard_library() -> None:
    tree = ast.parse(Path(text.__file__).read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [getattr(node, "module", None) or node.names[0].name for node in imports]
    assert names
    assert set(names) <= sys.stdlib_module_names


@mark.parametrize("word", sorted(text.NULLS))
def test_missing(word: str) -> None:
    assert parse_category(word) == ""
    for parse in (parse_number, parse_boolean, parse_datetime):
        assert math.isnan(parse(word))
        assert math.isnan(parse(f" {word} "))


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**60), 2**60))
def test_reads_back_any_number(number: float) -> None:
    assert parse_number(repr(number)) == float(number)


@mark.parametrize("word", ["inf", "-Infinity", "+inf", "NAN", "-nan", "1e400"])
def test_a_number_that_is_not_finite_is_missing(word: str) -> None:
    assert math.isnan(parse_number(word))


@mark.parametrize("word", ["1", "+5", " 7 ", ".5", "5.", "1e5", "-2E-3", "01", "0x1F", "9" * 25])
def test_understands_numbers_as_pyarrow_does(word: str) -> None:
    table = csv.read_csv(io.BytesIO(f"a,b\n{word},\n".encode()))
    assert table["a"].to_pylist() == [parse_number(word)]


@mark.parametrize("word", ["x", "1_000", "1,5", "٣", "--1", "1e", "0x", "2024-01-01", "true", "."])
def test_refuses_what_is_no_number(word: str) -> None:
    with raises(ValueError, match=f"must be a number, but got '{word}'"):
        parse_number(word)


@mark.parametrize("word", ["true", "True", "TRUE", "yes", "Y", "t", "1", " true "])
def test_true(word: str) -> None:
    assert parse_boolean(word) == 1


@mark.parametrize("word", ["false", "False", "NO", "n", "f", "0"])
def test_false(word: str) -> None:
    assert parse_boolean(word) == 0


@mark.parametrize("word", ["maybe", "2", "ja", "1.0"])
def test_refuses_what_is_no_boolean(word: str) -> None:
    with raises(ValueError, match=f"must be true or false.*but got '{word}'"):
        parse_boolean(word)


@given(st.datetimes(timezones=st.just(UTC)))
def test_reads_back_any_moment(moment: datetime) -> None:
    seconds = approx(moment.timestamp(), abs=1e-4, rel=0)
    assert parse_datetime(moment.isoformat()) == seconds
    assert parse_datetime(str(moment.replace(tzinfo=None))) == seconds


def test_zones() -> None:
    moment = datetime(2024, 2, 29, 12, 30, tzinfo=timezone(timedelta(hours=2)))
    assert parse_datetime("2024-02-29T12:30+02:00") == moment.timestamp()
    assert parse_datetime("2024-02-29T10:30:00Z") == moment.timestamp()


@mark.parametrize(
    "word",
    ["2024-02-29", "1969-12-31 23", "2024-02-29 10:30", "2024-02-29T10:30:01.5", "2024-02-29T10Z"],
)
def test_understands_moments_as_pyarrow_does(word: str) -> None:
    values = csv.read_csv(io.BytesIO(f"a,b\n{word},\n".encode()))["a"]
    moment = values.cast("timestamp[ms]").cast("int64").to_pylist()
    assert moment == [parse_datetime(word) * 1000]


@mark.parametrize("word", ["2024-02-30", "29.02.2024", "20240229", "2024-W01-1", "12:30", "1"])
def test_refuses_what_is_no_date_time(word: str) -> None:
    with raises(ValueError, match=f"must be a date-time such as .* but got '{word}'"):
        parse_datetime(word)
