from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pytest import fixture, mark, raises

from automtl.core.task import Task
from automtl.data.files.source import Source, open_source
from automtl.data.labels.targets import (
    Target,
    check_parts,
    check_rare_classes,
    fit_kind,
    read_target,
)
from automtl.data.request import TargetRequest
from automtl.errors import DataError
from automtl.plugins import load_plugins

PLUGINS = load_plugins()
ROWS = np.arange(12)
PARTS = (ROWS[:6], ROWS[6:9], ROWS[9:])


@fixture
def source(tmp_path: Path) -> Source:
    path = tmp_path / "x.csv"
    path.write_text("a\n" + "x\n" * 12)
    return open_source(path, PLUGINS)


def _several(source: Source, table: Mapping[str, Any], **request: Any) -> Target:
    raw = pa.table({name: pa.array(values) for name, values in table.items()})
    return read_target(TargetRequest("m", **request), raw, source, PLUGINS)


def _read(source: Source, labels: Sequence[str | None], **request: str) -> Target:
    raw = pa.table({"a": pa.array(labels, pa.string())})
    return read_target(TargetRequest("a", **request), raw, source, PLUGINS)  # type: ignore[arg-type]


def test_classes_are_labelled_as_written(source: Source) -> None:
    target = _read(source, ["01", " b", None, "NA", "01"])
    assert target.task == Task("a", "binary", ("a",))
    assert target.labels.tolist() == ["01", " b", None, None, "01"]
    assert target.known.tolist() == [True, True, False, False, True]
    assert target.notes == ("a: binary (2 distinct labels)",)


def test_zero_is_one_class_whatever_its_sign(source: Source) -> None:
    for values in ([-0.0, 0.0, 1.0, 2.0], ["-0", "0", "1", "2"]):
        raw = pa.table({"a": pa.array(values)})
        for kind in (None, "multiclass", "ordinal"):
            target = read_target(TargetRequest("a", kind), raw, source, PLUGINS)
            assert target.labels.tolist() == ["0", "0", "1", "2"]
    two = read_target(TargetRequest("a"), pa.table({"a": [-0.0, 0.0, 1.0]}), source, PLUGINS)
    assert two.task.kind == "binary"


def test_numbers(source: Source) -> None:
    target = _read(source, ["1", None, "2.5"], kind="regression", metric="mae")
    assert target.task == Task("a", "regression", ("a",), metric="mae")
    np.testing.assert_array_equal(target.labels, [1, np.nan, 2.5])
    assert target.notes == ()


def test_infinite_labels_are_noted(source: Source) -> None:
    target = _read(source, ["1", "?", None, "2", "inf", "-inf"], kind="regression")
    assert target.known.sum() == 2
    assert target.notes == ("a: 2 infinite labels count as missing",)


def test_refuses_text_for_regression(source: Source) -> None:
    place = f"^{source.path}, column 'a', line 3: "
    with raises(DataError, match=f"{place}must be a number, but got 'x'.*a regression task"):
        _read(source, ["1", "x", "2"], kind="regression")


def test_a_few_words_among_numbers_are_told_where_they_are(source: Source) -> None:
    source.path.write_text("a\n" + "x\n" * 40)
    with raises(DataError, match=r"column 'a', line 32: nearly all labels are numbers, but 'abc'"):
        _read(source, [*map(str, range(30)), "abc", "5"])
    assert _read(source, [*map(str, range(30)), "abc"], kind="multiclass").task.kind == "multiclass"


def test_labels_written_with_a_comma_are_told_so(source: Source) -> None:
    target = _read(source, [f"{n},5" for n in range(12)])
    with raises(DataError, match=r"They seem to be numbers with a decimal comma, such as '0,5'"):
        check_rare_classes(target, source)


def test_refuses_targets_that_do_not_vary(source: Source) -> None:
    with raises(DataError, match="'a': a target must have labels, but all are missing"):
        _read(source, [None, "NA"])
    with raises(DataError, match="must have at least two distinct labels, but all 2 are 'x'"):
        _read(source, ["x", None, "x"])
    with raises(DataError, match=r"must have at least two distinct labels, but all 2 are '1\.0'"):
        _read(source, ["1", "1.0"], kind="regression")


def test_refuses_a_metric_of_another_kind(source: Source) -> None:
    with raises(DataError, match="'a': a binary task has no metric 'rmse'"):
        _read(source, ["x", "y"], metric="rmse")


def test_rare_classes(source: Source) -> None:
    check_rare_classes(_read(source, ["x"] * 3 + ["y"] * 3), source)
    check_rare_classes(_read(source, ["1", "2"], kind="regression"), source)
    with raises(DataError, match=r"at least 3 rows, .* but 'y' has 2, on line 3 and line 5"):
        check_rare_classes(_read(source, ["x", "y", "x", "y", "x"]), source)


def test_parts(source: Source) -> None:
    check_parts(_read(source, ["x", "y"] * 6), PARTS, source)
    late = _read(source, ["x", "y"] * 3 + ["z"] * 6)
    with raises(DataError, match=r"must be in the train part .* but 'z', on line 8, is not"):
        check_parts(late, PARTS, source)
    unlabelled = _read(source, ["x", "y"] * 3 + [None] * 3 + ["x"] * 3)
    with raises(DataError, match="the validation part has none among its 3 rows"):
        check_parts(unlabelled, PARTS, source)


def test_fits_the_kind_to_training_rows(source: Source) -> None:
    target = _read(source, [str(i) for i in range(12)], kind="regression")
    kind = fit_kind(target, ROWS[:3], source)
    assert kind.constant() == 1


def test_a_refusal_of_the_kind_names_the_column(source: Source) -> None:
    target = _read(source, ["x", "y", "z"] * 4, kind="binary")
    with raises(DataError, match=f"^{source.path}, column 'a', line 4: A binary task has two"):
        fit_kind(target, ROWS, source)


FLAGS = {"a": [0, 1, None, 1], "b": ["yes", "no", "no", None]}


def test_columns_of_0_and_1_are_a_set_of_labels(source: Source) -> None:
    target = _several(source, FLAGS, columns=("a", "b"), weight=2.0, metric="macro_f1")
    assert target.task == Task("m", "multilabel", ("a", "b"), "macro_f1", 2.0)
    np.testing.assert_array_equal(target.labels, [[0, 1], [1, 0], [np.nan, 0], [1, np.nan]])
    assert target.known.all()
    assert target.notes == ("m: multilabel (2 columns of 0 and 1)",)


def test_other_numbers_are_several_outputs_and_it_says_why(source: Source) -> None:
    columns = {"a": [0, 1, 1, 0], "b": [0, 1, 2, 0]}
    target = _several(source, columns, columns=("a", "b"))
    assert target.task.kind == "multi_output"
    note = "m: multi_output (2 columns of numbers; others than 0 and 1 are in 'b')"
    assert target.notes == (note,)
    both = _several(source, {"a": [3, 1], "b": [0.5, 2]}, columns=("a", "b"))
    assert both.notes == ("m: multi_output (2 columns of numbers)",)


@mark.parametrize(
    ("columns", "request_", "message"),
    [
        (
            {"a": [0, 1], "b": [1, 2]},
            {"kind": "multilabel"},
            "'b', line 3: labels of a set are 0 o",
        ),
        (
            {"a": [0, 1], "b": [1, 0.5]},
            {"kind": "multilabel"},
            "'b', line 3: .* but here is 0.5. C",
        ),
        (
            {"a": [0, 1], "b": ["1", "maybe"]},
            {"kind": "multilabel"},
            "'b', line 3: must be true or",
        ),
        ({"a": [0, 1], "b": [1, 2]}, {"split_labels": True}, "column 'b', line 3: labels of a set"),
        ({"a": [0, 1], "b": ["1", "maybe"]}, {}, "'b', line 3: must be a number, but got 'maybe'."),
        (
            {"a": [0, 1], "b": [1, 0]},
            {"kind": "binary"},
            "'m': a binary task has one column of lab",
        ),
        (
            {"a": [0, 1], "b": [1, 0]},
            {"metric": "rmse"},
            "'m': a multilabel task has no metric 'rm",
        ),
        (
            {"a": [0, 1], "b": [1, 0]},
            {"options": {"rul": 1}},
            "'m': there is no option 'rul' of a ",
        ),
        ({"a": [0, 1], "b": [1, 0]}, {"options": {"rule": "x"}}, "'m': There is no rule 'x'"),
        ({"a": [0, 0], "b": [0, 0]}, {}, "target 'm': a target must have at least two distinct l"),
    ],
)
def test_refuses_columns_that_do_not_fit(
    source: Source, columns: Mapping[str, Sequence[object]], request_: Any, message: str
) -> None:
    with raises(DataError, match=f"^{source.path}.*{message}"):
        _several(source, columns, columns=("a", "b"), **request_)


def test_separated_labels(source: Source) -> None:
    target = _several(source, {"m": ["b;a", None, "a", ";"]}, separator=";")
    assert target.task == Task("m", "multilabel", ("a", "b"))
    nan = np.nan
    np.testing.assert_array_equal(target.labels, [[1, 1], [nan, nan], [1, 0], [0, 0]])
    assert target.known.tolist() == [True, False, True, True]
    assert target.notes == ("m: multilabel (labels separated by ';')",)


@mark.parametrize(
    ("cells", "request_", "message"),
    [
        ([None, "NA"], {}, "column 'm': a target must have labels, but all are missing."),
        (["a|b", "a"], {}, "'m': labels are separated by ';', but no row has it: none would have"),
        (
            ["a;", "a;a"],
            {},
            "column 'm': a set has at least two different labels, but there is 'a'",
        ),
        (["a;b", "a"], {"kind": "regression"}, "'m': only a task of a set of labels is separated"),
    ],
)
def test_refuses_what_is_not_separated(
    source: Source, cells: list[str | None], request_: Any, message: str
) -> None:
    with raises(DataError, match=f"^{source.path}.*{message}"):
        _several(source, {"m": cells}, separator=";", **request_)


def test_cells_that_look_like_sets_are_noted(source: Source) -> None:
    target = _read(source, ["x;y", "x", "y", "z;x"] * 3)
    assert target.task.kind == "multiclass"
    assert target.notes[-1].endswith("""write `a: {separator: ";"}`""")
    with raises(DataError, match=r"column 'a': .* separates them: `a: \{separator: \";\"\}`"):
        _read(source, ["x;y", "x", "y", "z;x"] * 3, kind="multilabel")


def test_queries(source: Source) -> None:
    columns = {"r": [0, 2, 1, 0, 1, 0], "q": ["x", "x", "y", "y", "alone", None]}
    target = _several(source, columns, columns=("r",), query="q")
    assert target.task == Task("m", "ranking", ("r", "q"))
    queries = target.labels[:, 1]
    assert queries[0] == queries[1] != queries[2] == queries[3]
    assert len(set(queries)) == 4
    assert target.notes[1].startswith("m: 1 of 6 rows have no 'q': in no group to be ranked")
    assert target.notes[2].startswith("m: 1 of 3 groups of 'q' have one row; nothing is to be rank")


@mark.parametrize(
    ("request_", "message"),
    [
        ({"columns": ("r",), "kind": "ranking"}, "'m': a ranking task needs a column that says"),
        (
            {"columns": ("r",), "kind": "regression", "query": "q"},
            "'m': a regression task has no qu",
        ),
        ({"columns": ("r", "s"), "query": "q"}, "'m': there is one column of relevance, but 2 are"),
    ],
)
def test_refuses_other_queries(source: Source, request_: Any, message: str) -> None:
    columns = {"r": [0, 2, 1, 0], "s": [1, 2, 1, 0], "q": ["x", "x", "y", "y"]}
    with raises(DataError, match=message):
        _several(source, columns, **request_)


def test_an_unknown_level_is_told_with_its_line(source: Source) -> None:
    levels = {"levels": ["lo", "hi"]}
    target = _several(source, {"m": ["lo", "hi", "lo"]}, kind="ordinal", options=levels)
    assert target.options == levels
    with raises(
        DataError, match=r"column 'm', line 4: Labels are of .*, but here is 'mid'. Add it"
    ):
        _several(source, {"m": ["lo", "hi", "mid"]}, kind="ordinal", options=levels)
    for wrong in ("lo", 3, ["lo", True], [["lo"]]):
        with raises(DataError, match="column 'm': Levels are a list of names, from the lowest"):
            _several(source, {"m": ["lo", "hi"]}, kind="ordinal", options={"levels": wrong})


def test_a_label_that_a_kind_refuses_is_told_with_its_line(source: Source) -> None:
    target = _several(source, {"m": [1, 2, 2.5]}, kind="count")
    with raises(DataError, match=r"column 'm', line 4: The labels of a count task .* there is 2.5"):
        fit_kind(target, ROWS[:2], source)
    ranked = _several(source, {"r": [1, 2, 99], "q": ["x"] * 3}, columns=("r",), query="q")
    with raises(DataError, match=r"column 'r', line 4: Relevance is between 0 and 31"):
        fit_kind(ranked, ROWS[:2], source)


@mark.parametrize(
    ("labels", "kind", "options", "place"),
    [
        (["lo", "hi"], "ordinal", {"class_weights": {"lo": 2}, "levels": ["lo"]}, "levels"),
        (["lo", "hi"], "ordinal", {"class_weights": {"lo": 0}, "levels": ["lo", "hi"]}, None),
        (["lo", "hi"], "binary", {"class_weights": {"mid": 2}}, None),
    ],
)
def test_what_a_kind_refuses_because_of_an_option_is_wrong_there(
    source: Source, labels: list[str], kind: str, options: dict[str, Any], place: str | None
) -> None:
    with raises(DataError) as caught:
        _several(source, {"m": labels}, kind=kind, options=options)
    assert caught.value.place == ("targets", "m", "options", place or "class_weights")


def test_what_a_kind_refuses_whatever_the_options_is_wrong_in_the_data(source: Source) -> None:
    target = _several(source, {"m": ["a", "b"]}, kind="binary", options={"class_weights": {}})
    with raises(DataError, match="Every class has a row in the training part") as caught:
        fit_kind(target, ROWS[:1], source)
    assert caught.value.place == ()


def test_an_optional_target_need_not_vary(source: Source) -> None:
    assert _several(source, {"m": ["x", "x"]}, kind="binary", optional=True).optional
    assert not _read(source, [None, None], kind="regression", optional=True).known.any()  # type: ignore[arg-type]
