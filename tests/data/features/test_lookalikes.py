from collections.abc import Sequence

import pyarrow as pa
from pytest import mark

from automtl.data.features.lookalikes import odd_one_out, seeming

NUMBERS = [str(n / 10) for n in range(40)]
DATES = [f"2024-01-{day:02}" for day in range(1, 31)]


def _column(words: Sequence[str | None]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(words, pa.string())])


@mark.parametrize(
    ("words", "found"),
    [
        ([*NUMBERS, "abc"], ("numbers", "abc", 1)),
        ([*NUMBERS, "-", "abc", "-", "-"], ("numbers", "-", 2)),
        (["2024-02-31", *DATES], ("date-times", "2024-02-31", 1)),
        ([*NUMBERS, "-", *["-"] * 99], ("numbers", "-", 1)),  # however often
        (NUMBERS, None),
        ([*NUMBERS, "", "NA", "?", None], None),
        ([*NUMBERS, "a", "b", "c"], None),  # codes, some of which are numbers
        (["1", "2", "3", "many"], None),  # few values: names
        (["a", *map(str, range(9))], None),
        ([], None),
    ],
)
def test_a_few_values_among_numbers_or_dates(
    words: list[str | None], found: tuple[str, str, int] | None
) -> None:
    assert odd_one_out(_column(words)) == found


def test_dictionaries_and_columns_without_a_value() -> None:
    words = _column([*NUMBERS, "abc"])
    assert odd_one_out(words.dictionary_encode()) == odd_one_out(words)
    assert odd_one_out(pa.chunked_array([pa.nulls(30)])) is None
    assert seeming(pa.chunked_array([pa.nulls(30)])) is None


@mark.parametrize(
    ("words", "what"),
    [
        ([f"{n},{n % 10}" for n in range(20)], "numbers with a decimal comma"),
        ([f"0,{n:03}" for n in range(20)], "numbers with a decimal comma"),
        ([f"{n},{n:03}" for n in range(1, 20)], "numbers with separated thousands"),
        ([f"{n}.{n:03}.000" for n in range(1, 20)], "numbers with separated thousands"),
        ([f"${n}.50" for n in range(20)], "numbers with a sign or unit"),
        ([f"{n} %" for n in range(20)], "numbers with a sign or unit"),
        ([f"<{n}" for n in range(20)], "numbers with a sign or unit"),
        ([f"{day}/12/2024" for day in range(1, 30)], "dates"),
        ([f"2024/1/{day} 12:30" for day in range(1, 30)], "dates"),
        ([f"{day}.12.24" for day in range(1, 30)], "dates"),
        ([f"word {n}" for n in range(20)], None),
        ([f"10.0.0.{n}" for n in range(20)], None),
        ([f"{n}-{n}" for n in range(20)], None),
        ([f"{n},5" for n in range(5)], None),  # few values: names
        (NUMBERS, None),
        (DATES, None),
    ],
)
def test_what_is_written_in_another_way(words: list[str], what: str | None) -> None:
    found = seeming(_column(words))
    assert found is None if what is None else found is not None and found.startswith(f"{what}, ")


def test_an_example_is_not_a_plain_number() -> None:
    found = seeming(_column([*map(str, range(20)), *(f"{n},5" for n in range(20))]))
    assert found == "numbers with a decimal comma, such as '0,5': write a point"
