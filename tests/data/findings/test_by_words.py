import numpy as np
from pytest import approx, mark

from automtl.data.findings.by_words import guessed_by_words, halves

RNG = np.random.default_rng(0)
N = 400
FILLER = [" ".join(RNG.choice([f"w{i}" for i in range(30)], 5)) for _ in range(N)]


def test_each_row_is_judged_once_by_others() -> None:
    parts = list(halves(7))
    assert sorted(row for _, judge in parts for row in judge.tolist()) == list(range(7))
    assert all(not set(learn) & set(judge) for learn, judge in parts)


@mark.parametrize("n_classes", [0, 2, 4])
def test_a_word_that_tells_the_label_is_found(n_classes: int) -> None:
    levels = n_classes or 6
    label = RNG.integers(0, levels, N).astype(float)
    label[:levels] = np.arange(levels)
    texts = [f"{text} is-{int(value)}, yes" for text, value in zip(FILLER, label, strict=True)]
    guess = guessed_by_words([text.replace("-", "") for text in texts], label, n_classes)
    if n_classes > 2:
        assert np.array_equal(guess, label)
    elif n_classes:
        assert np.array_equal(guess > 0.5, label == 1)
    else:
        assert np.corrcoef(guess, label)[0, 1] > 0.999


@mark.parametrize("n_classes", [0, 2, 4])
def test_words_by_chance_tell_little(n_classes: int) -> None:
    label = RNG.integers(0, n_classes or 6, N).astype(float)
    guess = guessed_by_words(FILLER, label, n_classes)
    if n_classes > 2:
        assert (guess == label).mean() < 0.4
    else:
        assert abs(np.corrcoef(guess, label)[0, 1]) < 0.2


@mark.parametrize(("n_classes", "expected"), [(0, 0.25), (2, 0.25), (3, 0)])
def test_texts_without_known_words_are_like_all(n_classes: int, expected: float) -> None:
    label = np.tile([0.0, 0, 0, 1], 50)
    for texts in ([""] * 200, [f"only{i}" for i in range(200)]):
        assert guessed_by_words(texts, label, n_classes) == approx(expected, abs=0.005)


def test_a_rare_word_tells_little_beside_one_of_many_rows() -> None:
    label = np.tile([1.0, 0], 100)
    texts = ["sure" if value else "other" for value in label]
    texts[0] = texts[-1] = "sure once"  # the last row is none
    guess = guessed_by_words(texts, label, 2)
    assert guess[0] == guess[2] > 0.9
