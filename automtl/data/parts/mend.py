"""Mending a split where a part lacks a label that there is enough of."""

from dataclasses import dataclass, field

import numpy as np

from automtl.data.parts.strata import Mask, Rows, Strata

PATIENCE = 100  # steps without a better state
CANDIDATES = 200  # rows or groups that one step chooses from
TABOO = 3  # steps in which what was moved stays where it is


def mended(
    strata: Strata, units: Rows | None, parts: Rows, n_parts: int, rng: np.random.Generator
) -> Rows:
    """
    Parts that lack fewer labels, or as many, ``[n_rows]``.

    It is a local search by least conflicts with a short memory, which goes through states that are
    worse, and takes the best one it met. A label that fewer rows or groups have than there are
    parts is nobody's lack. Sizes of parts change by what is moved alone.

    :param units: The group of each row as a number from 0, ``[n_rows]``; None for single rows.
    :param parts: The part of each row, ``[n_rows]``.
    """
    counts = strata.counts(parts, n_parts)
    able = strata.wanted & (_holders(strata, units) >= n_parts)
    walk = _Walk(strata, units, parts.copy(), counts, able)
    best, fewest, waited = parts, len(walk.lacks()), 0
    while fewest and waited < PATIENCE and walk.step(rng):
        waited += 1
        if (lacks := len(walk.lacks())) < fewest:
            best, fewest, waited = walk.parts.copy(), lacks, 0
    return best


def _holders(strata: Strata, units: Rows | None) -> Rows:
    """How many rows or groups have each label, ``[n_strata]``."""
    if units is None:
        return strata.sizes
    size = len(strata.wanted)
    return np.bincount(np.unique(units[:, None] * size + strata.of) % size, minlength=size)


@dataclass
class _Walk:
    """
    A state of the search.

    :param counts: How many rows of each stratum each part has, ``[n_parts, n_strata]``.
    :param able: Which strata can be in every part, ``[n_strata]``.
    :param moved: The rows or groups that were moved, the last one at the end.
    """

    strata: Strata
    units: Rows | None
    parts: Rows
    counts: Rows
    able: Mask
    moved: list[int] = field(default_factory=list)

    def lacks(self) -> Rows:
        """Pairs of a part and a stratum that it lacks, ``[n_lacks, 2]``."""
        return np.argwhere((self.counts == 0) & self.able)

    def step(self, rng: np.random.Generator) -> bool:
        """Mends one of the lacks; tells whether anything could be moved."""
        part, stratum = rng.choice(self.lacks())
        units = self._candidates(int(stratum), rng)
        if not len(units):
            return False
        held, home = self._of(units)
        lost = ((held > 0) & (held == self.counts[home]) & self.able).sum(axis=1)
        won = ((held > 0) & (self.counts[part] == 0) & self.able).sum(axis=1)
        empties = (held == self.counts[home]).all(axis=1)
        cost = np.where(empties, np.inf, lost - won + rng.random(len(units)))
        chosen = int(cost.argmin())
        if empties[chosen]:
            return False
        self._move(int(units[chosen]), held[chosen], int(home[chosen]), int(part))
        return True

    def _candidates(self, stratum: int, rng: np.random.Generator) -> Rows:
        """Some rows or groups with the label that may be moved, in ascending order."""
        rows = self.strata.rows(stratum)
        found = np.setdiff1d(rows if self.units is None else self.units[rows], self.moved[-TABOO:])
        return np.sort(rng.permutation(found)[:CANDIDATES])

    def _of(self, units: Rows) -> tuple[Rows, Rows]:
        """What these rows or groups have of each stratum, and the part they are in."""
        rows = units if self.units is None else np.flatnonzero(np.isin(self.units, units))
        place = np.searchsorted(units, rows if self.units is None else self.units[rows])
        home = np.zeros(len(units), np.int64)
        home[place] = self.parts[rows]
        return self.strata.at(rows).counts(place, len(units)), home

    def _move(self, unit: int, held: Rows, home: int, part: int) -> None:
        self.parts[[unit] if self.units is None else self.units == unit] = part
        self.counts[home] -= held
        self.counts[part] += held
        self.moved.append(unit)
