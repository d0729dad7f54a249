from hashlib import blake2b

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pytest import MonkeyPatch, approx, mark
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from automtl.data.features import ngrams
from automtl.data.features.ngrams import DELIMITERS, MAX_SPLITS, Text, split_words


def texts(*values: str) -> NDArray[np.object_]:
    return np.array(values, object)


REVIEWS = texts(
    "a good film", "Good film!", "a bad film", "bad, bad acting", "", "good acting: a good film"
)


def test_counts_are_those_of_a_vectorizer() -> None:
    vectorizer = CountVectorizer(token_pattern=r"\S+", ngram_range=(1, 2))
    plain = [" ".join(split_words(text)) for text in REVIEWS]
    expected = vectorizer.fit_transform(plain).toarray()
    names = vectorizer.get_feature_names_out().tolist()
    fitted = Text.fit("x", REVIEWS)
    found = fitted.counts(REVIEWS)
    grams = [" ".join(fitted.words[number] for number in gram) for gram in fitted.grams]
    assert set(grams) == {n for n, count in zip(names, expected.sum(0), strict=True) if count > 1}
    for place, gram in enumerate(grams):
        assert found[:, place].tolist() == expected[:, names.index(gram)].tolist()


def test_weights_and_length_are_those_of_a_transformer() -> None:
    fitted = Text.fit("x", REVIEWS)
    damped = np.log(1 + fitted.counts(REVIEWS))
    expected = TfidfTransformer().fit_transform(damped).toarray()
    assert fitted.weighed(REVIEWS) == approx(expected * fitted.length)


def test_a_text_without_known_words_is_zero() -> None:
    assert not Text.fit("x", REVIEWS).weighed(texts("", "unseen words", "!?")).any()


def test_pairs_do_not_reach_across_texts_nor_unknown_words() -> None:
    fitted = Text.fit("x", texts("a b", "a b"))
    assert [len(gram) for gram in fitted.grams] == [1, 1, 2]
    assert fitted.counts(texts("a", "b", "a x b"))[:, 2].tolist() == [0, 0, 0]


def test_words_that_occur_once_are_kept_only_if_all_do() -> None:
    assert Text.fit("x", texts("a b c", "a")).words == ("a",)
    assert Text.fit("x", texts("a", "b")).words == ("a", "b")


def test_case_does_not_matter() -> None:
    fitted = Text.fit("x", texts("good école", "good école"))
    different = fitted.weighed(texts("GOOD ÉCOLE", "Good École", "good école"))
    assert (different == different[2]).all()
    assert different.any()


def test_hashed_ngrams_keep_inner_products_on_average(monkeypatch: MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    words = np.array([f"word{number}" for number in range(400)], object)
    values = texts(*(" ".join(rng.choice(words, 20)) for _ in range(300)))
    exact = Text.fit("x", values)
    monkeypatch.setattr(ngrams, "N_SLOTS", 128)
    hashed = Text.fit("x", values)
    assert (exact.n_slots, hashed.n_slots) == (len(exact.grams), 128)
    a, b = exact.counts(values), hashed.counts(values)
    pairs = ~np.eye(len(values), dtype=bool)
    bias = ((b @ b.T) - (a @ a.T))[pairs].mean()
    assert abs(bias) < 0.1  # without signs it would be about 20 * 20 / 128
    assert hashed.slots.max() >= 128  # both signs occur
    assert hashed.slots.min() < 128


def test_slots_do_not_depend_on_the_process(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(ngrams, "N_SLOTS", 4)
    fitted = Text.fit("x", texts("a good film", "a good film"))
    words = [" ".join(fitted.words[number] for number in gram) for gram in fitted.grams]
    digests = [blake2b(word.encode(), digest_size=8).digest() for word in words]
    assert fitted.slots.tolist() == [digest[-1] % 8 for digest in digests]


@given(st.text(st.sampled_from("aB\u00c9 .,\n\t-'\u00a0\u2014"), max_size=50))
def test_words_hold_no_delimiter_and_lose_nothing_else(text: str) -> None:
    words = split_words(text)
    assert all(words)
    assert not any(delimiter in word for word in words for delimiter in DELIMITERS)
    rest = "".join(character for character in text if character not in DELIMITERS)
    assert "".join(words).lower() == rest.lower()


@mark.parametrize("delimiter", [" ", ".", "\n"])
def test_of_very_many_pieces_the_last_are_one(delimiter: str) -> None:
    words = split_words(delimiter.join(["a"] * (MAX_SPLITS + 3)))
    assert words[:MAX_SPLITS] == ["a"] * MAX_SPLITS
    many = split_words(delimiter.join(["a"] * (MAX_SPLITS + 1)))
    assert many == ["a"] * (MAX_SPLITS + 1)
