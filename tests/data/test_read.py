import csv
import tracemalloc
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pyarrow.csv import ConvertOptions, read_csv
from pyarrow.parquet import write_table
from pytest import mark, raises, skip

from automtl.core.task import Task
from automtl.data.bundled import PENGUINS
from automtl.data.dataset import MultiTaskData
from automtl.data.features.sparse import SparseArray
from automtl.data.features.text import parse_category, parse_number
from automtl.data.read import read_data
from automtl.data.request import ALL, DataRequest, LongRequest, SplitRequest, TargetRequest
from automtl.data.table import ColumnKind, SparseColumn
from automtl.errors import DataError
from automtl.plugins import load_plugins

PLUGINS = load_plugins()
TARGETS = (TargetRequest("species"), TargetRequest("sex"), TargetRequest("body_mass_g"))
REQUEST = DataRequest(PENGUINS, TARGETS)
ADULT = Path(__file__).resolve().parents[2].parent / "shared/data/adult/adult.csv.gz"


def _read(**changes: Any) -> MultiTaskData:
    return read_data(replace(REQUEST, **changes), PLUGINS)


def _write(folder: Path, header: str, rows: Sequence[str]) -> Path:
    path = folder / "table.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def _rows(*columns: Iterable[object]) -> list[str]:
    return [",".join(map(str, row)) for row in zip(*columns, strict=True)]


def test_penguins() -> None:
    data = _read()
    assert [(task.name, task.kind) for task in data.tasks] == [
        ("species", "multiclass"),
        ("sex", "binary"),
        ("body_mass_g", "regression"),
    ]
    rows = np.concatenate([data.train.rows, data.validation.rows, data.test.rows])
    assert sorted(rows) == list(range(344))
    assert [len(data.train.rows), len(data.test.rows)] == [206, 69]
    for part in (data.train, data.validation, data.test):
        assert part.inputs.shape == (len(part.rows), data.preprocessing.layout.size)
        assert part.targets.shape == (len(part.rows), 3)
        assert part.inputs.dtype == part.targets.dtype == np.float32
        assert set(part.targets[:, 0]) == {0, 1, 2}
    assert np.isnan(data.train.targets[:, 2]).sum() <= 2  # missing labels stay in, masked
    assert "body_mass_g: regression (94 distinct numbers)" in data.notes


def test_rows_and_labels_stay_together() -> None:
    data = _read()
    with PENGUINS.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    for part in (data.train, data.validation, data.test):
        for row, targets in zip(part.rows, part.targets, strict=True):
            assert data.kinds[0].classes[int(targets[0])] == rows[row]["species"]


def test_the_standard_library_reads_the_same_values() -> None:
    data = _read()
    with PENGUINS.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    for name, column in data.table.items():
        texts = [row[name] for row in rows]
        if column.kind == ColumnKind.CATEGORICAL:
            assert column.values.tolist() == [parse_category(text) for text in texts]
        else:
            np.testing.assert_array_equal(column.values, [parse_number(text) for text in texts])


def test_parquet_gives_the_same_data(tmp_path: Path) -> None:
    path = tmp_path / "penguins.parquet"
    options = ConvertOptions(null_values=["NA"], strings_can_be_null=True)
    write_table(read_csv(PENGUINS, convert_options=options), path)
    assert _read(path=path).digest == _read().digest


def test_preprocessing_sees_the_training_part_alone(tmp_path: Path) -> None:
    lines = PENGUINS.read_text().splitlines()
    data = _read()
    for row in data.test.rows:  # line 0 is the header
        cells = lines[1 + row].split(",")
        lines[1 + row] = ",".join([*cells[:2], "1e9", "1e9", "1e9", *cells[5:]])
    changed = _read(path=_write(tmp_path, lines[0], lines[1:]))
    assert changed.preprocessing == data.preprocessing
    assert np.array_equal(changed.train.inputs, data.train.inputs)
    assert not np.array_equal(changed.test.inputs, data.test.inputs)


def test_equal_requests_give_equal_data() -> None:
    first, again = _read(), _read()
    assert first.digest == again.digest
    assert len(first.digest) == 12
    assert np.array_equal(first.train.inputs, again.train.inputs)
    assert first.digest != _read(seed=1).digest
    assert first.digest != _read(ignore=("year",)).digest
    assert first.digest != _read(targets=TARGETS[:2]).digest


def test_data_for_training_have_no_test_part() -> None:
    data = _read().for_training()
    assert not hasattr(data, "test")
    kinds = data.fitted_kinds(PLUGINS.task_kinds)
    assert list(kinds) == list(_read().kinds)


def test_split_by_groups_and_time() -> None:
    by_island = _read(split=SplitRequest(groups="island"), targets=TARGETS[1:])
    assert "island" not in by_island.table
    by_year = _read(split=SplitRequest(time="year"))
    assert list(by_year.table) == [
        "island",
        "bill_length_mm",
        "bill_depth_mm",
        "flipper_length_mm",
    ]
    assert len(by_year.train.rows) == 110  # the penguins of 2007


def test_missing_groups_are_groups_of_their_own(tmp_path: Path) -> None:
    groups = ["a"] * 12 + ["b"] * 12 + ["c"] * 12 + ["", "NA", "", ""]
    rows = _rows(groups, [0, 1] * 20, [1.5, 2, 3, 2] * 10)
    path = _write(tmp_path, "group,y,x", rows)
    request = DataRequest(path, (TargetRequest("y"),), split=SplitRequest(groups="group"))
    data = read_data(request, PLUGINS)
    parts = [{groups[row] for row in p.rows} for p in (data.train, data.validation, data.test)]
    assert sum("a" in part for part in parts) == 1


def test_split_column(tmp_path: Path) -> None:
    words = ["train", " Train ", "valid", "val", "dev", "validation", "test", "TEST"] * 5
    path = _write(tmp_path, "part,y,x", _rows(words, [0, 1] * 20, [1.5, 2, 3, 2] * 10))
    request = DataRequest(path, (TargetRequest("y"),), split=SplitRequest(column="part"))
    data = read_data(request, PLUGINS)
    assert list(data.table) == ["x"]
    sizes = [len(part.rows) for part in (data.train, data.validation, data.test)]
    assert sizes == [10, 20, 10]


@mark.parametrize(
    ("words", "message"),
    [
        (["train"] * 20, "must say 'test' in some rows, but in none does"),
        (["test"] * 20, "must say 'train' in some rows, but in none does"),
        (["train", "tset"] * 10, "line 3: must say train, validation or test in every row, "),
        (["train", "tset"] * 10, r"but got 'tset'; did you mean 'test'\?"),
        (["train", ""] * 10, "line 3: .* but it is missing; there are 'dev', 'test', "),
    ],
)
def test_refuses_other_words_in_the_split_column(
    tmp_path: Path, words: list[str], message: str
) -> None:
    path = _write(tmp_path, "part,y,x", _rows(words, [0, 1] * 10, [1.5, 2, 3, 2] * 5))
    request = DataRequest(path, (TargetRequest("y"),), split=SplitRequest(column="part"))
    with raises(DataError, match=f"^{path}, column 'part'.*{message}"):
        read_data(request, PLUGINS)


@mark.parametrize(
    ("split", "message"),
    [
        (SplitRequest(groups="two"), r"'two': a split needs at least 3 groups, .* \['a', 'b'\]"),
        (SplitRequest(time="two"), "'two': a split by time needs date-times .* is categorical"),
        (
            SplitRequest(time="few"),
            "'few': a split needs at least 3 moments, one for each",
        ),
        (SplitRequest(time="gap"), "'gap', line 21: every row needs a time, but here"),
    ],
)
def test_refuses_columns_that_cannot_split(
    tmp_path: Path, split: SplitRequest, message: str
) -> None:
    gaps = ["2024-01-01"] * 19 + [""]
    columns = (["a", "b"] * 10, [1, 2] * 10, gaps, [0, 1] * 10, [1.5, 2, 3, 2] * 5)
    path = _write(tmp_path, "two,few,gap,y,x", _rows(*columns))
    with raises(DataError, match=message):
        read_data(DataRequest(path, (TargetRequest("y"),), split=split), PLUGINS)


def test_rows_without_a_group_are_noted(tmp_path: Path) -> None:
    groups = [["a", "b", "c", "", "NA"][row % 5] for row in range(60)]
    path = _write(tmp_path, "g,y,x", _rows(groups, [0, 1] * 30, range(0, 120, 2)))
    request = DataRequest(path, (TargetRequest("y"),), split=SplitRequest(groups="g"))
    data = read_data(request, PLUGINS)
    assert any(note.startswith("g: 24 of 60 rows are in no group") for note in data.notes)


def test_a_label_too_many_of_a_binary_task_has_its_line(tmp_path: Path) -> None:
    path = _write(tmp_path, "y,x", _rows([0, 1] * 15 + [5], range(31)))
    request = DataRequest(path, (TargetRequest("y", kind="binary"),))
    with raises(DataError, match=r"column 'y', line 32: A binary task has two .* Mend '5' here"):
        read_data(request, PLUGINS)


def test_sparse_columns_are_never_dense(tmp_path: Path) -> None:
    n_rows = n_columns = 1000
    rng = np.random.default_rng(0)
    names = [f"@attribute w{column} numeric" for column in range(n_columns)]
    rows = [
        "{" + ",".join(f"{c} {c % 3 + 1}" for c in np.unique(rng.integers(0, n_columns, 10))) + "}"
        for _ in range(n_rows)
    ]
    labels = [f"{row[:-1]},{n_columns} 1}}" if at % 3 else row for at, row in enumerate(rows)]
    path = tmp_path / "words.arff"
    path.write_text("\n".join(["@relation r", *names, "@attribute y {0,1}", "@data", *labels]))
    tracemalloc.start()
    data = read_data(DataRequest(path, (TargetRequest("y"),)), PLUGINS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(data.train.inputs, SparseArray)
    assert all(isinstance(column, SparseColumn) for column in data.table.values())
    assert peak < n_rows * n_columns * 4  # less than half of the columns as floats


def test_refuses_few_rows(tmp_path: Path) -> None:
    path = _write(tmp_path, "y,x", _rows([0, 1] * 9, range(18)))
    with raises(DataError, match=f"^{path}: must have at least 20 rows, but has 18"):
        read_data(DataRequest(path, (TargetRequest("y"),)), PLUGINS)


def test_refuses_a_rare_class_unless_the_split_is_given(tmp_path: Path) -> None:
    labels = ["a", "b"] * 9 + ["rare", "a"]
    parts = ["train", "train", "test", "test"] * 5
    path = _write(tmp_path, "y,part,x", _rows(labels, parts, [1, 3] * 10))
    request = DataRequest(path, (TargetRequest("y"),), ignore=("part",))
    with raises(DataError, match=r"column 'y': every class must .* 'rare' has 1, on line 20"):
        read_data(request, PLUGINS)
    split = SplitRequest(column="part")
    with raises(DataError, match="column 'y': every class must be in the train part"):
        read_data(replace(request, ignore=(), split=split), PLUGINS)


def test_a_class_that_looks_like_a_number_is_kept_as_written(tmp_path: Path) -> None:
    path = _write(tmp_path, "y,x", _rows(["01", "1.0"] * 15, [1, 2, 3] * 10))
    data = read_data(DataRequest(path, (TargetRequest("y"),)), PLUGINS)
    assert data.kinds[0].classes == ("01", "1.0")


def test_reads_adult_with_its_own_split() -> None:
    if not ADULT.is_file():
        skip(f"{ADULT} is missing")
    targets = tuple(map(TargetRequest, ("income", "never_married", "hours_per_week")))
    ignore, split = ("relationship", "marital_status"), SplitRequest(column="split")
    data = read_data(DataRequest(ADULT, targets, ignore=ignore, split=split), PLUGINS)
    sizes = [len(part.rows) for part in (data.train, data.validation, data.test)]
    assert sizes == [27535, 5026, 16281]
    assert [task.kind for task in data.tasks] == ["binary", "binary", "regression"]


def _long(folder: Path, **labels: Sequence[int]) -> DataRequest:
    """A table in long form: a row for each label of each task."""
    rng = np.random.default_rng(0)
    rows = [f"{rng.normal():.4f},{task},{y}" for task, own in labels.items() for y in own]
    path = _write(folder, "x,task,y", rows)
    return DataRequest(path, (TargetRequest(ALL),), long=LongRequest("task", "y"))


def test_a_task_of_a_long_table_that_has_one_class_is_left_out(tmp_path: Path) -> None:
    request = _long(tmp_path, p=[0, 1] * 15, q=[0] * 30, r=[0] * 28 + [1] * 2)
    data = read_data(request, PLUGINS)
    assert [task.name for task in data.tasks] == ["p"]
    assert list(data.table) == ["x"]
    assert "q: left out, all of its 30 labels are '0'" in data.notes
    assert "r: left out, '1' has 2 rows, fewer than the split has parts" in data.notes
    named = replace(request, targets=(TargetRequest(ALL), TargetRequest("q")))
    unknown = replace(request, targets=(TargetRequest(ALL), TargetRequest("pp")))
    with raises(DataError, match="there is no task 'pp', named as a target; did you mean 'p'"):
        read_data(unknown, PLUGINS)
    with raises(DataError, match="task 'q': a target must have at least two distinct labels, but"):
        read_data(named, PLUGINS)
    with raises(DataError, match="nothing can be learned of any task: p: left out, all of its 40"):
        read_data(_long(tmp_path, p=[0] * 40), PLUGINS)


def test_other_tasks_of_a_long_table_are_no_inputs(tmp_path: Path) -> None:
    request = _long(tmp_path, p=[0, 1] * 15, q=[0, 1] * 15)
    data = read_data(replace(request, targets=(TargetRequest("p"),)), PLUGINS)
    assert list(data.table) == ["x"]


def test_labels_are_split_where_they_can_be_learned(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    n = 50
    flags = rng.integers(0, 2, (n, 3))
    part = np.array(["train"] * 30 + ["validation"] * 10 + ["test"] * 10)
    flags[:30, 1] = 0
    unlabelled = [["", str(flag)][row < 40] for row, flag in enumerate(flags[:, 2])]
    columns = (rng.normal(size=n), part, flags[:, 0], flags[:, 1], unlabelled)
    path = _write(tmp_path, "x,part,a,b,c", _rows(*columns))
    target = TargetRequest("m", columns=("a", "b", "c"), split_labels=True, weight=2.0)
    data = read_data(DataRequest(path, (target,), split=SplitRequest(column="part")), PLUGINS)
    assert data.tasks == (Task("a", "binary", ("a",), weight=2.0, target="m"),)
    assert list(data.table) == ["x"]
    assert "m: 'b' is left out, as it is never 0, or never 1, in the train part" in data.notes
    assert "c: left out, it has no label in the test part" in data.notes


def test_labels_that_cannot_be_learned_are_noted(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    flags = rng.integers(0, 2, (50, 2))
    path = _write(tmp_path, "x,a,b,c", _rows(rng.normal(size=50), *flags.T, [0] * 50))
    data = read_data(DataRequest(path, (TargetRequest("m", columns=("a", "b", "c")),)), PLUGINS)
    assert data.tasks[0].kind == "multilabel"
    assert data.train.targets.shape[1] == 3
    assert "m: 'c' is always 0 in the train part, so it is not learned" in data.notes


@mark.parametrize("fields", [{}, {"ignore": ("query",)}])
def test_queries_are_kept_whole_and_are_no_inputs(tmp_path: Path, fields: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    queries = np.arange(60) // 4
    rows = _rows(rng.normal(size=60), [f"q{query}" for query in queries], rng.integers(0, 3, 60))
    request = DataRequest(
        _write(tmp_path, "x,query,y", rows), (TargetRequest("y", query="query"),), **fields
    )
    data = read_data(request, PLUGINS)
    parts = (data.train, data.validation, data.test)
    assert list(data.table) == ["x"]
    assert sum(len(set(queries[part.rows])) for part in parts) == 15
    assert data.train.groups is not None


def test_the_files_of_parts_are_the_parts(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    paths = {}
    for part, n in (("train", 30), ("test", 20)):
        (tmp_path / part).mkdir()
        rows = _rows(rng.normal(size=n), [0, 1] * (n // 2))
        paths[part] = _write(tmp_path / part, "x,y", rows)
    data = read_data(DataRequest(paths["train"], (TargetRequest("y"),), parts=paths), PLUGINS)
    assert set(data.test.rows) == set(range(30, 50))
    assert list(data.table) == ["x"]
