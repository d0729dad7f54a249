from difflib import SequenceMatcher

from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import mark

from automtl.suggest import did_you_mean

WORDS = st.text("abcdefgh", min_size=1, max_size=8)
NAMES = st.lists(WORDS, max_size=20)


def far(n: int) -> list[str]:
    """Names that nothing below is near to."""
    return [f"{number:02}" for number in range(n)]


@mark.parametrize(
    ("n", "said"),
    [
        (0, "there are none"),
        (1, "there is only '00'"),
        (2, "there are '00' and '01'"),
        (3, "there are '00', '01' and '02'"),
    ],
)
def test_where_nothing_is_near_all_are_named(n: int, said: str) -> None:
    assert did_you_mean("xyz", far(n)) == said


@mark.parametrize("n", range(2, 40))
def test_of_many_a_dozen_are_named_and_the_others_counted(n: int) -> None:
    said = did_you_mean("xyz", far(n))
    assert said.count("'") == 2 * min(n, 12)
    assert all((f"'{name}'" in said) == (place < 12) for place, name in enumerate(far(n)))
    assert said.endswith(f"and {n - 12} more" if n > 12 else f"and '{n - 1:02}'")


@settings(max_examples=50)
@given(WORDS, NAMES)
def test_a_suggestion_is_the_nearest_name_and_near(name: str, names: list[str]) -> None:
    def likeness(other: str) -> float:
        return SequenceMatcher(None, other, name).ratio()

    said = did_you_mean(name, names)
    nearest = max(map(likeness, names), default=0.0)
    if said.startswith("did you mean"):
        suggested = said.removeprefix("did you mean '").removesuffix("'?")
        assert suggested in names
        assert likeness(suggested) == nearest >= (0.5 if len(name) == 2 else 0.6)
    else:
        assert nearest < 0.6


@settings(max_examples=50)
@given(WORDS, NAMES)
def test_order_and_repetition_do_not_matter(name: str, names: list[str]) -> None:
    said = did_you_mean(name, names)
    assert did_you_mean(name, [*reversed(names), *names]) == said
    assert did_you_mean(name, iter(names)) == said


@settings(max_examples=20)
@given(WORDS, NAMES)
def test_a_name_itself_is_the_nearest(name: str, names: list[str]) -> None:
    assert did_you_mean(name, [*names, name]) == f"did you mean '{name}'?"


@mark.parametrize(
    ("name", "names", "said"),
    [
        ("Species", ["sex", "species"], "did you mean 'species'?"),
        ("Y", ["x", "y"], "did you mean 'y'?"),
        ("acc", ["AUC", "ACCURACY"], "did you mean 'AUC'?"),
        ("x", ["X", "Y"], "did you mean 'X'?"),
    ],
)
def test_upper_and_lower_case_are_alike(name: str, names: list[str], said: str) -> None:
    assert did_you_mean(name, names) == said


def test_of_two_letters_one_may_be_wrong() -> None:
    assert did_you_mean("qq", ["id", "q1", "x"]) == "did you mean 'q1'?"
    assert did_you_mean("qq", ["id", "x1"]) == "there are 'id' and 'x1'"
    assert did_you_mean("q", ["id", "x"]) == "there are 'id' and 'x'"
