"""What a single word of a text tells of a label."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.data.features.ngrams import split_words

Floats: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.int64]


def halves(n_rows: int) -> Iterator[tuple[Rows, Rows]]:
    """Rows to learn from and rows to judge by; each row is judged once."""
    first, second = np.array_split(np.arange(n_rows), 2)
    yield first, second
    yield second, first


def guessed_by_words(texts: Sequence[str], label: Floats, n_classes: int) -> Floats:
    """
    For each text what its most telling word says of the label, by the other half of the texts: how
    probable a one is, of two classes; a class, of more; the mean, of numbers. Of a text without a
    word that is there, too, it is what all texts say.

    One word a text is one rule, as in Holte's classifier (1993,
    https://doi.org/10.1023/A:1022631118932). A word's labels are counted with one more that is like
    all, so that a rare word tells little.

    :param texts: In random order.
    :param label: ``[n_rows]``, none missing; a class is its index.
    :param n_classes: 0 for numbers.
    """
    rows, words, n_words = _occurrences(texts)
    found = np.empty(len(texts))
    for learn, judge in halves(len(texts)):
        learned = np.isin(rows, learn)
        own, theirs = words[learned], label[rows[learned]]
        if n_classes:
            told, strength, base = _by_class(own, theirs, label[learn], n_words, n_classes)
        else:
            told, strength, base = _by_number(own, theirs, label[learn], n_words)
        found[judge] = base
        judged = np.flatnonzero(~learned & (strength[words] > 0))
        order = judged[np.lexsort((strength[words[judged]], rows[judged]))]
        found[rows[order]] = told[words[order]]  # the last one of a row, which tells most, stays
    return found


def _occurrences(texts: Sequence[str]) -> tuple[Rows, Rows, int]:
    """Texts and words, by number, of which one is in the other; and how many words there are."""
    numbers: dict[str, int] = {}
    rows, words = [], []
    for row, text in enumerate(texts):
        for word in {word.lower() for word in split_words(text)}:
            rows.append(row)
            words.append(numbers.setdefault(word, len(numbers)))
    return np.array(rows, np.int64), np.array(words, np.int64), len(numbers)


def _by_class(
    words: Rows, label: Floats, every: Floats, n_words: int, n_classes: int
) -> tuple[Floats, Floats, float]:
    """What each word tells, the log odds it adds to the class it tells, and what all rows tell."""
    prior = (np.bincount(every.astype(np.int64), minlength=n_classes) + 0.5) / (len(every) + 1)
    cells = words * n_classes + label.astype(np.int64)
    counts = np.bincount(cells, minlength=n_words * n_classes).reshape(n_words, n_classes)
    share = (counts + prior) / (counts.sum(1, keepdims=True) + prior.sum())
    added = np.log(share / (prior.sum() - share)) - np.log(prior / (prior.sum() - prior))
    strength = added.max(1, initial=-np.inf)
    if n_classes == 2:
        return share[:, 1], strength, float(prior[1])
    return added.argmax(1).astype(np.float64), strength, float(prior.argmax())


def _by_number(
    words: Rows, label: Floats, every: Floats, n_words: int
) -> tuple[Floats, Floats, float]:
    """The mean of each word, which share of the variance is not left in it, and that of all."""
    base, variance = every.mean(), max(every.var(), 1e-300)
    counts = np.bincount(words, minlength=n_words) + 1
    mean = np.bincount(words, label - base, n_words) / counts
    squares = (np.bincount(words, (label - base) ** 2, n_words) + variance) / counts
    return base + mean, 1 - (squares - mean**2) / variance, float(base)
