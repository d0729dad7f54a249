"""Columns that tell a label almost perfectly, each by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.data.findings.by_words import guessed_by_words, halves
from automtl.data.findings.relations import correlations, ranks
from automtl.data.table import AnyColumn, ColumnKind

Floats: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.int64]

CELLS = 10_000_000  # that are looked at
TOGETHER = 100  # columns that are looked at together
SAMPLE = (300, 5000)  # rows, at least and at most, of labels that are missing together
RARE = 30  # rows of the sample at least that have a label and that have it not, if there are
ENOUGH = 10  # rows of each of two classes, to judge a rule by
ENOUGH_ROWS = 30  # with numbers, or with a label of more classes


@dataclass(frozen=True)
class Clue:
    """
    A column that may tell labels.

    :param column: Numbers, NaN where missing, or free text.
    :param rows: Which of its rows may be learned from, ``[n_rows]``.
    :param named: Whether the values are numbers of categories, whose order means nothing.
    """

    column: AnyColumn
    rows: Rows
    named: bool

    def at(self, some: Rows) -> NDArray[Any]:
        """The values of some of the rows."""
        return self.column.at(self.rows[some])

    @property
    def is_text(self) -> bool:
        """Whether the values are free text."""
        return self.column.kind is ColumnKind.TEXT


@dataclass(frozen=True)
class Rule:
    """
    A label that a column tells.

    :param clue: Which column.
    :param label: Which label.
    :param measure: What the score is.
    :param score: Of the best rule from this column alone; 1 is perfect.
    """

    clue: int
    label: int
    measure: str
    score: float


def rules(
    clues: Sequence[Clue],
    labels: Sequence[Floats],
    n_classes: Sequence[int],
    least: float,
) -> list[Rule]:
    """
    Which columns tell which labels.

    Numbers are ranked, so that any rising or falling curve and any threshold count; more than two
    classes are guessed from the nearest number in the other half of the rows. Categories tell the
    mean or most frequent label of theirs in the other half, and a text what its most telling word
    does there. Where there are very many rows, it is
    judged in a sample, with rare labels in it.

    :param labels: Of each label ``[n_rows]``, NaN where missing; a class is its index.
    :param n_classes: The number of classes of each label; 0 for numbers.
    :param least: The score to reach: the area under the ROC curve of two classes, the share of
        wrong guesses of the most frequent one that is mended for more classes, and of the squared
        errors (of ranks) of the mean for numbers.
    """
    rng = np.random.default_rng(0)
    alike: dict[bytes, list[int]] = {}
    for number, label in enumerate(labels):
        alike.setdefault(np.isnan(label).tobytes(), []).append(number)
    n_rows = int(np.clip(CELLS // max(1, len(clues) * len(alike)), *SAMPLE))
    found = []
    for numbers in alike.values():
        rows = _sample([labels[i] for i in numbers], [n_classes[i] for i in numbers], n_rows, rng)
        if not len(rows):
            continue
        for some in _together(clues):
            sample = _sample_of([clues[clue] for clue in some], rows)
            for number in numbers:
                n = n_classes[number]
                scores = sample.scores(labels[number][rows], n)
                for place in np.flatnonzero(scores >= least):
                    score = float(scores[place])
                    found.append(Rule(some[place], number, _measure(n), score))
    return sorted(found, key=lambda rule: (rule.label, rule.clue))


def _measure(n_classes: int) -> str:
    if n_classes > 2:
        return "share of errors mended"
    return "AUC" if n_classes else "R² of ranks"


def _sample(
    labels: Sequence[Floats], n_classes: Sequence[int], n_rows: int, rng: np.random.Generator
) -> Rows:
    """Some rows that have these labels, in random order, some with each of two classes first."""
    known = np.flatnonzero(~np.isnan(labels[0]))
    if len(known) <= n_rows:
        return rng.permutation(known)
    chosen = [rng.choice(known, n_rows, replace=False)]
    for label, n in zip(labels, n_classes, strict=True):
        for value in range(2 if n == 2 else 0):
            chosen.append(rng.permutation(known[label[known] == value])[:RARE])
    return rng.permutation(np.unique(np.concatenate(chosen)))


def _together(clues: Sequence[Clue]) -> Iterator[list[int]]:
    """Which columns are looked at together: several of numbers, each text alone."""
    numbers = [place for place, clue in enumerate(clues) if not clue.is_text]
    yield from (numbers[at : at + TOGETHER] for at in range(0, len(numbers), TOGETHER))
    yield from ([place] for place, clue in enumerate(clues) if clue.is_text)


def _sample_of(clues: Sequence[Clue], rows: Rows) -> "_Sample | _Texts":
    if clues[0].is_text:
        return _Texts(clues[0].at(rows).tolist())
    values = np.array([clue.at(rows) for clue in clues]).reshape(len(clues), len(rows))
    return _Sample(values, np.array([clue.named for clue in clues], dtype=bool))


@dataclass(frozen=True)
class _Texts:
    """A column of free text in some rows, in random order."""

    texts: Sequence[str]

    def scores(self, label: Floats, n_classes: int) -> Floats:
        """How well one word of each text tells a label, ``[1]``; NaN where there are few rows."""
        guess = guessed_by_words(self.texts, label, n_classes)
        if n_classes > 2:
            return np.array([_share_mended(guess, label.astype(np.int64))])
        return (_auc if n_classes else _fit)(ranks(guess[None]), label)


class _Sample:
    """
    Columns in some rows, in random order.

    :param clues: ``[n_clues, n_rows]``, NaN where missing.
    :param named: Which of them are categories, ``[n_clues]``.
    """

    def __init__(self, clues: Floats, named: NDArray[np.bool_]) -> None:
        self.clues, self.named = clues, named
        self.ranks = np.where(named[:, None], np.nan, ranks(clues))

    def scores(self, label: Floats, n_classes: int) -> Floats:
        """How well each column tells a label, ``[n_clues]``; NaN where there are too few rows."""
        if n_classes > 2:
            classes = label.astype(np.int64)
            return np.array([self._mended(i, classes, n_classes) for i in range(len(self.clues))])
        score = _auc if n_classes else _fit
        scores = score(self.ranks, label)
        for clue in np.flatnonzero(self.named):
            means = _held_out_means(self._codes(int(clue)), label)
            scores[clue] = score(ranks(means[None]), label)[0]
        return scores

    def _codes(self, clue: int) -> Rows:
        """Numbers of categories; the missing values are one of them."""
        return np.unique(self.clues[clue], return_inverse=True)[1]

    def _mended(self, clue: int, label: Rows, n_classes: int) -> float:
        guess = np.empty(len(label))
        for learn, judge in halves(len(label)):
            if self.named[clue]:
                found = _by_category(self._codes(clue), label, n_classes, learn)
            else:
                found = _by_nearest(self.ranks[clue], label, learn)
            guess[judge] = found[judge]
        return _share_mended(guess, label)


def _share_mended(guess: Floats, label: Rows) -> float:
    """What share of the wrong guesses of the most frequent class other guesses mend."""
    wrong, base = int((guess != label).sum()), 0
    for learn, judge in halves(len(label)):
        base += int((np.bincount(label[learn]).argmax() != label[judge]).sum())
    return 1 - wrong / base if base >= ENOUGH and len(label) >= ENOUGH_ROWS else np.nan


def _auc(ranked: Floats, label: Floats) -> Floats:
    """The area under the ROC curve, in the better direction; rows of ranks from 1."""
    positive, there = (label == 1).astype(np.float64), ~np.isnan(ranked)
    n_positive, n_known = there @ positive, there.sum(axis=1)
    above = np.where(there, ranked, 0) @ positive - n_positive * (n_positive + 1) / 2
    area = above / np.maximum(n_positive * (n_known - n_positive), 1)
    enough = np.minimum(n_positive, n_known - n_positive) >= ENOUGH
    return np.where(enough, np.maximum(area, 1 - area), np.nan)


def _fit(ranked: Floats, label: Floats) -> Floats:
    """The squared correlation of ranks."""
    correlation, n = correlations(ranked.T, ranks(label)[:, None])
    return np.where(n >= ENOUGH_ROWS, correlation**2, np.nan)[:, 0]


def _held_out_means(codes: Rows, label: Floats) -> Floats:
    """For each row the mean label of its category in the other half, from the mean of all."""
    means = np.empty(len(label))
    for learn, judge in halves(len(label)):
        counts = np.bincount(codes[learn], minlength=codes.max(initial=0) + 1)
        sums = np.bincount(codes[learn], label[learn] - label.mean(), len(counts))
        means[judge] = (sums / np.maximum(counts, 1))[codes[judge]]
    return means


def _by_category(codes: Rows, label: Rows, n_classes: int, learn: Rows) -> Rows:
    """For all rows the most frequent class of their category among the rows to learn from."""
    cells = codes[learn] * n_classes + label[learn]
    counts = np.bincount(cells, minlength=(codes.max() + 1) * n_classes).reshape(-1, n_classes)
    common = counts.sum(axis=0).argmax()
    return np.asarray(np.where(counts.any(axis=1), counts.argmax(axis=1), common)[codes])


def _by_nearest(ranked: Floats, label: Rows, learn: Rows) -> Rows:
    """For all rows the class of the nearest row to learn from; missing values are far away."""
    values = np.nan_to_num(ranked, nan=3 * len(ranked))
    order = learn[np.argsort(values[learn], kind="stable")]
    place = np.searchsorted(values[order], values).clip(1, len(order) - 1)
    below, above = order[place - 1], order[place]
    nearer = values - values[below] < values[above] - values
    return np.asarray(label[np.where(nearer, below, above)])
