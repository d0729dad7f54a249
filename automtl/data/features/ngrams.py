"""Texts as numbers: how often words and pairs of words occur, hashed into a few hundred slots."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.data.table import ColumnKind

Floats: TypeAlias = NDArray[np.float64]
Gram: TypeAlias = tuple[str, ...]  # a word, or two in a row

DELIMITERS = (*'\n\r\t.,;:!?()[]"/-', " ")  # what stands between words, in the order of splitting
MAX_SPLITS = 511  # of one piece of text at one delimiter; what is behind them is one word
MAX_GRAMS = 20_000  # the most frequent ones
N_SLOTS = 1024
MIN_COUNT = 2  # of a word or a pair in the training rows
_UPPER_CASE = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_SPACED = _UPPER_CASE | dict.fromkeys(map(ord, DELIMITERS), " ")


@dataclass(frozen=True)
class Text:
    r"""
    Free text as a bag of hashed words and pairs of neighbouring words (1-grams and 2-grams).

    A slot adds up the counts of its n-grams, each with the sign that is hashed with it, as in
    `Feature Hashing for Large Scale Multitask Learning <https://arxiv.org/abs/0902.2206>`_. With
    :math:`c` the sum, :math:`n` the number of training texts and :math:`d` the number of those in
    which the slot is not zero, the value is

    .. math::
        \mathrm{sign}(c)\, \log(1 + |c|)\, \left(\log\frac{1 + n}{1 + d} + 1\right),

    and a row is scaled to one length, with which a slot in use is about 1, as a flag is. The
    second factor is the smooth inverse document frequency of scikit-learn's ``TfidfTransformer``.

    Words are in lower case. A missing text, as any without a known word, is all zeros.

    :param words: The known words.
    :param grams: The known n-grams, as numbers of ``words``.
    :param weights: The second factor, for each slot.
    :param length: The length of a row that is not zero.

    .. note::
        No operator of ONNX hashes, so n-grams that the training rows do not have twice, or that
        are not among the 20,000 most frequent ones, are left out rather than hashed. As long as
        there are fewer n-grams than slots, each has a slot of its own.
    """

    kind: ClassVar[ColumnKind] = ColumnKind.TEXT
    name: str
    words: tuple[str, ...]
    grams: tuple[tuple[int, ...], ...]
    weights: tuple[float, ...]
    length: float

    @classmethod
    def fit(cls, name: str, values: NDArray[Any]) -> "Text":
        """Fits to the training texts, of which at least one has a word."""
        texts = [[token.lower() for token in split_words(text)] for text in values.tolist()]
        chosen = _frequent(texts)
        words = sorted({word for gram in chosen for word in gram})
        numbers = {word: number for number, word in enumerate(words)}
        grams = tuple(tuple(numbers[word] for word in gram) for gram in chosen)
        raw = cls(name, tuple(words), grams, (1.0,) * min(len(grams), N_SLOTS), 1.0)
        used = np.zeros(raw.n_slots)
        for start in range(0, len(values), 1024):  # so that little is in memory at a time
            used += (raw.counts(values[start : start + 1024]) != 0).sum(axis=0)
        weights = np.log((1 + len(values)) / (1 + used)) + 1
        length = np.sqrt(max(used.sum() / len(values), 1))
        return cls(name, raw.words, grams, tuple(weights.tolist()), float(length))

    @property
    def n_slots(self) -> int:
        """How many columns there are."""
        return len(self.weights)

    @cached_property
    def tokens(self) -> dict[str, int]:
        """
        The number of the word that a token stands for, counted from 1. Tokens are in lower case as
        far as ASCII goes, so words with other letters are there with capitals, too.
        """
        numbers = {word: number for number, word in enumerate(self.words, start=1)}
        for word in self.words:
            if not word.isascii():
                for token in (word.upper(), word.capitalize()):
                    numbers.setdefault(token.translate(_UPPER_CASE), numbers[word])
        return numbers

    @cached_property
    def slots(self) -> NDArray[np.int64]:
        """The slot of each n-gram; ``n_slots`` more where its sign is negative."""
        if len(self.grams) <= self.n_slots:
            return np.arange(len(self.grams))
        named = (" ".join(self.words[number] for number in gram) for gram in self.grams)
        return np.array([_hashed(gram) % (2 * self.n_slots) for gram in named])

    def counts(self, values: NDArray[Any]) -> Floats:
        """The sum in each slot, ``[n_rows, n_slots]``."""
        numbers, rows = self._numbered(values)
        known = (numbers[:-1] > 0) & (numbers[1:] > 0) & (rows[:-1] == rows[1:])
        pairs = np.where(known, numbers[:-1] * (len(self.words) + 1) + numbers[1:], 0)
        found, places = np.append(numbers, pairs), np.append(rows, rows[:-1])
        keys, slots = self._keys
        index = np.minimum(np.searchsorted(keys, found), len(keys) - 1)
        hit = keys[index] == found
        slot = slots[index[hit]]
        cells = places[hit] * self.n_slots + slot % self.n_slots
        signs = np.where(slot < self.n_slots, 1.0, -1.0)
        sums = np.bincount(cells, signs, minlength=len(values) * self.n_slots)
        return np.asarray(sums.reshape(len(values), self.n_slots), np.float64)

    def weighed(self, values: NDArray[Any]) -> Floats:
        """The slots of texts, ``[n_rows, n_slots]``."""
        array = self.counts(values)
        rows, slots = np.nonzero(array)  # few of them
        counts = array[rows, slots]
        weighed = np.sign(counts) * np.log(1 + np.abs(counts)) * np.array(self.weights)[slots]
        lengths = np.sqrt(np.bincount(rows, weighed * weighed, minlength=len(array)))
        array[rows, slots] = weighed * (self.length / lengths[rows])
        return array

    def _numbered(self, values: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The number of each token, 0 where it is unknown, and the row it is in."""
        texts = [split_words(text) for text in values.tolist()]
        numbers = [self.tokens.get(token, 0) for tokens in texts for token in tokens]
        rows = np.repeat(np.arange(len(texts)), [len(tokens) for tokens in texts])
        return np.array(numbers, np.int64), rows

    @cached_property
    def _keys(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """A number for each n-gram, ascending, and their slots."""
        base = len(self.words) + 1
        keys = [sum((n + 1) * base**i for i, n in enumerate(reversed(g))) for g in self.grams]
        order = np.argsort(keys)
        return np.array(keys, np.int64)[order], self.slots[order]


def split_words(text: str) -> list[str]:
    """
    What is between the delimiters. ASCII letters become lower case; others stay as they are,
    because operators of ONNX know the case of others only where the system has a locale.

    >>> split_words("Good film (Étoile, 1989): don't miss it!")
    ['good', 'film', 'Étoile', '1989', "don't", 'miss', 'it']
    """
    if len(text) <= MAX_SPLITS or max(map(text.count, DELIMITERS)) <= MAX_SPLITS:
        return [word for word in text.translate(_SPACED).split(" ") if word]
    pieces = [text.translate(_UPPER_CASE)]
    for delimiter in DELIMITERS:
        split = (piece.split(delimiter, MAX_SPLITS) for piece in pieces)
        pieces = [part for parts in split for part in parts if part]
    return pieces


def _frequent(texts: list[list[str]]) -> list[Gram]:
    """The n-grams that occur twice, the most frequent first; all words if none does."""
    words = Counter(word for words in texts for word in words)
    kept = {word for word, count in words.items() if count >= MIN_COUNT} or set(words)
    counts = Counter(gram for words in texts for gram in _grams(words, kept))
    least = min(MIN_COUNT, max(counts.values()))
    enough = ((-count, len(gram), gram) for gram, count in counts.items() if count >= least)
    return [gram for *_, gram in sorted(enough)[:MAX_GRAMS]]


def _grams(words: Iterable[str], kept: set[str]) -> Iterator[Gram]:
    """Words and pairs of neighbours, as far as all words in them are ``kept``."""
    listed = list(words)
    yield from ((word,) for word in listed if word in kept)
    yield from (pair for pair in pairwise(listed) if pair[0] in kept and pair[1] in kept)


def _hashed(gram: str) -> int:
    """The same number in every process and on every machine, unlike Python's own hash."""
    return int.from_bytes(blake2b(gram.encode(), digest_size=8).digest(), "big")
