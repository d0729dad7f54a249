import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from automtl.data.table import Column, ColumnKind, SparseColumn

NUMBERS = st.lists(st.sampled_from([0.0, 0.0, 2.0, np.nan]), min_size=1, max_size=9)


@given(NUMBERS)
def test_a_sparse_column_is_a_column_without_its_zeros(numbers: list[float]) -> None:
    values = np.array(numbers)
    dense = Column(ColumnKind.NUMERIC, values)
    sparse = SparseColumn.of(ColumnKind.NUMERIC, values)
    assert np.array_equal(sparse.values, values, equal_nan=True)
    assert len(sparse.rows) == np.count_nonzero(values)
    assert sparse.n_rows == dense.n_rows
    for rows in (
        slice(1, 4),
        slice(-3, None),
        slice(None, None, 2),
        slice(5, 2),
        np.arange(len(values))[::-1],
    ):
        assert np.array_equal(sparse.at(rows), dense.at(rows), equal_nan=True)
