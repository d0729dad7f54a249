from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pytest import importorskip, mark, raises

from automtl.errors import DataError
from automtl.estimator.exchange import as_table
from automtl.estimator.names import is_frame, names_of

ARRAY = np.array([[1, 2], [3, 4]])
NUMBERED, NAMED = pd.DataFrame(ARRAY), pd.DataFrame(ARRAY, columns=["b", "a"])
MAPPING = {"b": [1, 3], "a": [2, 4]}


def _matched(known: Any, given: Any) -> dict[str, list[int]]:
    tables = [as_table(inputs, "x") for inputs in (known, given)]
    names = [names_of(*pair) for pair in zip((known, given), tables, strict=True)]
    matched: dict[str, list[int]] = names[0].matched(tables[1], names[1]).to_pydict()
    return matched


@mark.parametrize("known", [ARRAY, NUMBERED, NAMED, MAPPING, pa.table(MAPPING)])
@mark.parametrize("given", [ARRAY, NUMBERED, NAMED, MAPPING, pa.table(MAPPING)])
def test_columns_get_the_names_of_fit(known: Any, given: Any) -> None:
    names = as_table(known, "x").column_names
    assert _matched(known, given) == dict(zip(names, ([1, 3], [2, 4]), strict=True))


def test_what_has_names_of_a_kind_is_matched_by_them() -> None:
    assert _matched(NUMBERED, NUMBERED[[1, 0]]) == {"0": [1, 3], "1": [2, 4]}
    tuples = pd.DataFrame(ARRAY, columns=pd.MultiIndex.from_tuples([("p", 1), ("p", 2)]))
    assert _matched(tuples, tuples[tuples.columns[::-1]]) == as_table(tuples, "x").to_pydict()
    with raises(DataError, match=r"but \['0'\] are missing. It has \['1', '2'\]. Name them"):
        _matched(NUMBERED, NUMBERED.set_axis([1, 2], axis=1))


def test_only_frames_of_pandas_and_polars_are_frames() -> None:
    assert is_frame(NAMED)
    assert not any(map(is_frame, (ARRAY, MAPPING, pa.table(MAPPING), NAMED["a"])))
    polars = importorskip("polars", reason="polars is not installed")
    assert is_frame(polars.DataFrame(MAPPING))
