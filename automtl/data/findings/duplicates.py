"""Rows that are equal in all columns."""

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Bits: TypeAlias = NDArray[np.uint64]

# Of the finaliser of splitmix64, https://doi.org/10.1145/2714064.2660195 (OOPSLA 2014)
FACTOR = np.uint64(0x94D049BB133111EB)
SHIFT = np.uint64(31)
NAN = np.float64(np.nan).view(np.uint64)


def fingerprints(columns: Iterable[Floats]) -> Bits:
    """
    A number for each row, equal where all values are, missing ones included; ``[n_rows]``. That
    two rows that differ have one number is as good as impossible.

    :param columns: At least one, each ``[n_rows]``, NaN where missing.
    """
    total = np.zeros(1, np.uint64)
    for values in columns:
        bits = (values + 0.0).view(np.uint64)  # -0 becomes 0
        bits[np.isnan(values)] = NAN
        total = total ^ bits
        total *= FACTOR
        total ^= total >> SHIFT
    return total
