import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from automtl.data.findings.duplicates import fingerprints

ROWS = st.lists(
    st.tuples(*[st.sampled_from([0.0, 1.0, 2.0, -1.0, 0.5, 1e300])] * 3), min_size=1, max_size=20
)


@given(ROWS)
def test_rows_have_one_fingerprint_if_they_are_equal(rows: list[tuple[float, ...]]) -> None:
    prints = fingerprints(list(np.array(rows).T))
    assert [prints.tolist().index(p) for p in prints] == [rows.index(row) for row in rows]


def test_all_zeros_are_equal_and_all_that_is_missing() -> None:
    values = np.array([0.0, -0.0, np.nan, -np.nan])
    assert len(set(fingerprints([values, values]).tolist())) == 2


def test_the_order_of_columns_matters() -> None:
    prints = fingerprints([np.array([1.0, 2.0]), np.array([2.0, 1.0])])
    assert prints[0] != prints[1]
