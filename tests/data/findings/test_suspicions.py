from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pytest import fixture, mark

from automtl.data.findings.suspicion import Suspicion
from automtl.data.findings.suspicions import suspicions
from automtl.data.labels.label_columns import label_columns
from automtl.data.table import Column, ColumnKind

N = 1000
RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=N)
FLAG = (RNG.random(N) < 0.3).astype(float)
NUMBER = RNG.normal(size=N)
LETTERS = np.array(list("pqrs"), object)[RNG.integers(0, 4, N)]
WORDS = np.where(FLAG == 1, "yes", "no").astype(object)


@fixture
def suspect(make_data: Any) -> Any:
    def suspect(
        inputs: Mapping[str, NDArray[Any]], labels: Mapping[str, NDArray[Any]]
    ) -> list[Suspicion]:
        data = make_data({"noise": NOISE, **inputs}, labels)
        return suspicions(data, label_columns(data))

    return suspect


def test_nothing_is_suspicious_of_good_data(suspect: Any) -> None:
    inputs = {"number": NUMBER + NOISE, "letter": LETTERS, "count": np.round(NOISE * 3)}
    assert suspect(inputs, {"flag": WORDS, "number": NUMBER, "letter": LETTERS[::-1]}) == []


@mark.parametrize(
    ("name", "leak", "measure"),
    [
        ("flag", FLAG + 0.5 * RNG.random(N), "AUC 1.000"),
        (
            "flag",
            np.where(FLAG == 1, RNG.permutation(LETTERS) + "1", RNG.permutation(LETTERS)),
            "AUC 1.000",
        ),
        ("number", np.exp(NUMBER), "R² of ranks 1.000"),
        ("letter", LETTERS + "!", "share of errors mended 1.000"),
    ],
)
def test_an_input_that_tells_a_label(
    suspect: Any, name: str, leak: NDArray[Any], measure: str
) -> None:
    (found,) = suspect({"leak": leak}, {"flag": WORDS, "number": NUMBER, "letter": LETTERS})
    assert (found.kind, found.columns) == ("leak", ("leak", name))
    assert found.text == (
        f"input 'leak' alone tells '{name}' almost perfectly ({measure}). If it is known only once "
        f"the label is, add 'leak' to 'ignore'."
    )


def test_an_input_whose_gaps_tell_a_label(suspect: Any) -> None:
    (found,) = suspect({"gaps": np.where(FLAG == 1, NOISE, np.nan)}, {"flag": WORDS})
    assert found.text.startswith("whether input 'gaps' is missing alone tells 'flag'")


@mark.parametrize(
    ("name", "label", "measure"),
    [
        ("flag", WORDS, "AUC 1.000"),
        ("letter", LETTERS, "share of errors mended 1.000"),
    ],
)
def test_a_text_with_a_word_that_tells_a_label(
    suspect: Any, name: str, label: NDArray[Any], measure: str
) -> None:
    about = RNG.integers(0, 50, (N, 3))
    texts = [f"item {a} of {b} {c}, said {x}" for (a, b, c), x in zip(about, label, strict=True)]
    labels = {"flag": WORDS, "letter": LETTERS, "number": NUMBER}
    (found,) = suspect({"note": Column(ColumnKind.TEXT, np.array(texts, object))}, labels)
    assert (found.kind, found.columns) == ("leak", ("note", name))
    assert found.text.startswith(
        f"a word of input 'note' alone tells '{name}' almost perfectly ({measure})."
    )


def test_labels_that_are_all_missing_in_training_are_no_trouble(suspect: Any) -> None:
    flags = np.column_stack([FLAG, np.where(np.arange(N) < 600, np.nan, FLAG)])
    (found,) = suspect({"letter": LETTERS}, {"flag": flags})
    assert found.kind == "one-sided in training"


def test_labels_that_tell_each_other(suspect: Any) -> None:
    flags = np.column_stack([FLAG, 1 - FLAG, RNG.permutation(FLAG)])
    (found,) = suspect({}, {"flag": flags})
    assert (found.kind, found.columns) == ("equal targets", ("flag0", "flag1"))


def test_a_label_that_is_a_function_of_another(suspect: Any) -> None:
    high = np.where(NUMBER > 1, "high", "low").astype(object)
    (found,) = suspect({}, {"number": NUMBER, "high": high})
    assert (found.kind, found.columns) == ("dependent targets", ("number", "high"))
    assert "target 'high' is nearly a function of target 'number'" in found.text


def test_rows_of_training_in_other_parts(suspect: Any) -> None:
    inputs = {"noise": NOISE.copy(), "letter": LETTERS.copy()}
    for values in inputs.values():
        values[800:820] = values[:20]
    (found,) = suspect(inputs, {"number": NUMBER})
    assert found.kind == "rows in training and test"
    assert found.text.startswith("20 of 200 test rows (10.0%) have the same inputs as a training")


def test_a_column_that_names_the_rows_hides_no_copies(suspect: Any) -> None:
    letters, noise = LETTERS.copy(), NOISE.copy()
    letters[800:820], noise[800:820] = letters[:20], noise[:20]
    numbers = RNG.permutation(10 * N)[:N].astype(float)
    inputs = {"noise": noise, "letter": letters, "number": numbers}
    copies, identifier = suspect(inputs, {"flag": WORDS})
    assert (copies.kind, identifier.kind) == ("rows in training and test", "identifier")
    assert "the same inputs, apart from 'number', as a training row" in copies.text


@mark.parametrize("other", [np.nan, 0.0])
def test_inputs_that_are_nearly_constant(make_data: Any, other: float) -> None:
    rng = np.random.default_rng(0)
    rare = np.full(5000, other)
    rare[[4, 5, 4990]] = [3.0, 1.0, 2.0]
    inputs = {"noise": rng.normal(size=5000), "rare": rare}
    data = make_data(inputs, {"number": rng.normal(size=5000)})
    (found,) = suspicions(data, label_columns(data))
    assert (found.kind, found.columns) == ("nearly constant", ("rare",))


def test_inputs_that_name_the_rows(suspect: Any) -> None:
    numbers = RNG.permutation(10 * N)[:N].astype(float)
    texts = np.array([f"row {i}" for i in range(N)], object)
    found = suspect({"number": numbers, "text": texts}, {"flag": WORDS})
    assert [(one.kind, one.columns) for one in found] == [
        ("identifier", ("number",)),
        ("identifier", ("text",)),
    ]


def test_an_input_that_names_the_parts_of_a_split(suspect: Any) -> None:
    parts = np.array(["Train", "dev", "test", ""], object)[RNG.integers(0, 4, N)]
    sizes = np.array(["train", "lorry"], object)[RNG.integers(0, 2, N)]
    (found,) = suspect({"parts": parts, "vehicle": sizes}, {"flag": WORDS})
    assert (found.kind, found.columns) == ("division", ("parts",))
    assert "split: {column: parts}" in found.text


def test_an_identifier_with_a_gap(suspect: Any) -> None:
    numbers = RNG.permutation(10 * N)[:N].astype(float)
    numbers[17] = np.nan
    (found,) = suspect({"number": numbers}, {"flag": WORDS})
    assert (found.kind, found.columns) == ("identifier", ("number",))
    assert "its 999 values are whole numbers and all distinct" in found.text
    numbers[100:300] = np.nan  # few enough are left to be distinct by chance
    assert suspect({"number": numbers}, {"flag": WORDS}) == []


def test_an_input_that_is_a_copy_of_another(suspect: Any) -> None:
    almost = NUMBER.copy()
    almost[0] += 1e-9
    inputs = {"a": NUMBER, "p": LETTERS, "b": NUMBER.copy(), "c": almost, "q": LETTERS.copy()}
    (found,) = suspect(inputs, {"flag": WORDS})
    assert (found.kind, found.columns) == ("copies", ("b", "q"))
    assert "the same as another in all rows: 'b' as 'a', 'q' as 'p'. One is enough" in found.text


def test_an_input_with_categories_of_one_row_each(suspect: Any) -> None:
    words = np.array([f"w{i % 800}" for i in range(N)], object)  # 600 of them once
    (found,) = suspect({"word": words}, {"flag": WORDS})
    assert (found.kind, found.columns) == ("many categories", ("word",))
    assert "has 800 categories in 1000 rows, 600 of them in one row only" in found.text
    assert (
        suspect({"word": np.array([f"w{i % 700}" for i in range(N)], object)}, {"f": WORDS}) == []
    )


def test_classes_that_differ_by_case_or_spaces_alone(suspect: Any) -> None:
    words = np.array(["Yes", "yes", "No", " No", "maybe"], object)[RNG.integers(0, 5, N)]
    (found,) = suspect({}, {"word": words, "letter": LETTERS})
    assert (found.kind, found.columns) == ("classes alike", ("word",))
    assert ": ' No' and 'No'; 'Yes' and 'yes'. They are taken for different" in found.text
