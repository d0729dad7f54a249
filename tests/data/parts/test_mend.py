import numpy as np
from numpy.typing import NDArray
from pytest import mark

from automtl.data.parts.mend import mended
from automtl.data.parts.strata import Strata


def _mended(labels: NDArray[np.float64], parts: list[int], units: list[int] | None) -> list[int]:
    groups = None if units is None else np.array(units)
    given = np.array(parts)
    result = mended(Strata.of_labels([labels]), groups, given, 3, np.random.default_rng(0))
    assert given.tolist() == parts
    return [int(part) for part in result]


def test_a_good_split_stays_as_it_is() -> None:
    labels = np.array([[0.0, 1.0]] * 3 + [[1.0, 0.0]] * 3)
    parts = [0, 1, 2, 2, 1, 0]
    assert _mended(labels, parts, None) == parts


@mark.parametrize("units", [None, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]])
def test_what_a_part_lacks_is_moved_there(units: list[int] | None) -> None:
    labels = np.repeat([[0.0], [1.0]], 6, axis=0)
    parts = _mended(labels, [0, 0, 1, 1, 2, 2, 0, 0, 0, 0, 0, 0], units)
    assert parts[:6] == [0, 0, 1, 1, 2, 2]
    assert set(parts[6:]) == {0, 1, 2}
    if units:
        assert parts[::2] == parts[1::2]


def test_what_cannot_be_mended_is_left() -> None:
    labels = np.array([[0.0]] * 6 + [[1.0]] * 2)  # two rows for three parts
    parts = [0, 1, 2, 0, 1, 2, 0, 0]
    assert _mended(labels, parts, None) == parts
    one_group = [*range(6), 6, 6, 6]  # three rows, but one group
    labels = np.array([[0.0]] * 6 + [[1.0]] * 3)
    assert _mended(labels, [*parts, 0], one_group) == [*parts, 0]


def test_no_part_is_emptied() -> None:
    labels = np.array([[0.0], [1.0], [1.0], [1.0]])
    parts = _mended(labels, [0, 1, 1, 2], [0, 1, 1, 2])
    assert set(parts) == {0, 1, 2}
