from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from pytest import fixture, mark, raises

from automtl.data.files.source import Source, open_source
from automtl.data.labels.targets import Target, read_target
from automtl.data.parts.division import divide
from automtl.data.request import DataRequest, SplitRequest, TargetRequest
from automtl.errors import DataError
from automtl.plugins import load_plugins

PLUGINS = load_plugins()
N = 40


@fixture
def source(tmp_path: Path) -> Source:
    path = tmp_path / "x.csv"
    path.write_text("t,q,r\n" + "0,1,2\n" * N)
    return open_source(path, PLUGINS)


def _raw(columns: Mapping[str, Sequence[object]]) -> pa.Table:
    texts = {name: [None if v is None else str(v) for v in c] for name, c in columns.items()}
    return pa.table({name: pa.array(values, pa.string()) for name, values in texts.items()})


def _binary(source: Source, labels: Sequence[object], optional: bool = False) -> Target:
    request = TargetRequest("t", kind="binary", optional=optional)
    return read_target(request, _raw({"t": labels}), source, PLUGINS)


def _request(split: SplitRequest | None = None) -> DataRequest:
    return DataRequest(Path("x.csv"), (TargetRequest("t"),), split=split or SplitRequest())


def test_queries_are_kept_whole_unless_the_split_says_otherwise(source: Source) -> None:
    raw = _raw({"r": [0, 1] * 20, "q": [f"q{row // 4}" for row in range(N)], "g": ["a", "b"] * 20})
    target = read_target(TargetRequest("r", query="q"), raw, source, PLUGINS)
    division = divide(_request(), raw, [target], source)
    assert division.groups is not None
    assert sorted(np.concatenate(division.parts)) == list(range(N))
    queries = [set(rows // 4) for rows in division.parts]
    assert sum(map(len, queries)) == 10
    words = ["train"] * 20 + ["validation"] * 10 + ["test"] * 10
    said = raw.append_column("part", pa.array(words))
    by_column = divide(_request(SplitRequest(column="part")), said, [target], source)
    assert [len(rows) for rows in by_column.parts] == [20, 10, 10]
    assert by_column.groups is None


def test_a_fold_of_several_is_for_testing(source: Source) -> None:
    target = _binary(source, [0, 1] * 20)
    tests = []
    for number in range(4):
        request = replace(_request(), fold=(number, 4))
        division = divide(request, _raw({}), [target], source)
        assert sorted(np.concatenate(division.parts)) == list(range(N))
        tests.append(set(division.parts[2].tolist()))
    assert sorted(row for test in tests for row in test) == list(range(N))


def test_more_folds_than_rows_allow(source: Source) -> None:
    target = _binary(source, [0, 1] * 20)
    request = replace(_request(), fold=(0, 60))
    with raises(DataError, match=r"^.*x\.csv: "):
        divide(request, _raw({}), [target], source)


@mark.parametrize(
    ("words", "message"),
    [
        (["train"] * N, "must say 'test' in some rows, but in none does: all say 'train'. Mend"),
        (["test"] * N, "must say 'train' in some rows, but in none does: all say 'test'. Mend"),
        (["train", "dev"] * 20, "must say 'test' in .*: all say 'train', 'validation'. Mend"),
    ],
)
def test_a_split_column_has_all_parts(source: Source, words: list[str], message: str) -> None:
    target = _binary(source, [0, 1] * 20)
    request = _request(SplitRequest(column="part"))
    with raises(DataError, match=f"x.csv, column 'part': {message}"):
        divide(request, _raw({"part": words}), [target], source)


@mark.parametrize("optional", [False, True])
def test_a_part_without_labels_is_for_the_caller_if_they_are_optional(
    source: Source, optional: bool
) -> None:
    words = ["train"] * 20 + ["validation"] * 10 + ["test"] * 10
    target = _binary(source, [0, 1] * 15 + [None] * 10, optional)
    request, raw = _request(SplitRequest(column="part")), _raw({"part": words})
    if optional:
        assert len(divide(request, raw, [target], source).parts[2]) == 10
    else:
        with raises(DataError, match="the test part has none among its 10 rows"):
            divide(request, raw, [target], source)
