from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest import mark, raises

from automtl.data.bundled import PENGUINS
from automtl.data.check import check_request, split_column
from automtl.data.files.source import open_source
from automtl.data.request import DataRequest, SplitRequest, TargetRequest
from automtl.data.table import ColumnKind
from automtl.errors import DataError
from automtl.plugins import load_plugins

PLUGINS = load_plugins()
REQUEST = DataRequest(PENGUINS, (TargetRequest("sex"), TargetRequest("body_mass_g")))


def _check(**changes: Any) -> None:
    check_request(replace(REQUEST, **changes), open_source(PENGUINS, PLUGINS), PLUGINS)


def test_accepts_what_fits() -> None:
    _check()
    _check(inputs=("island", "year", "year"), ignore=("species",))
    _check(columns={"year": ColumnKind.CATEGORICAL}, split=SplitRequest(time="year"))


def test_split_column() -> None:
    assert split_column(SplitRequest()) is None
    assert split_column(SplitRequest(groups="island")) == "island"


@mark.parametrize(
    ("changes", "message"),
    [
        (
            {"targets": (TargetRequest("spieces"),)},
            "there is no column 'spieces', named as target; did you mean 'species'?",
        ),
        ({"inputs": ("yaer",)}, "no column 'yaer', named as input; did you mean 'year'?"),
        ({"ignore": ("yaer",)}, "no column 'yaer', named as column to ignore; did you mean"),
        (
            {"columns": {"yaer": ColumnKind.NUMERIC}},
            "no column 'yaer', named as one of 'columns'; did you mean 'year'?",
        ),
        (
            {"split": SplitRequest(groups="ilsand")},
            "no column 'ilsand', named as split column; did you mean 'island'?",
        ),
        ({"targets": ()}, "at least one column must be a target, but none is named"),
        (
            {"targets": (TargetRequest("sex"),) * 2},
            ", column 'sex': must have one purpose, but it is named twice as a target",
        ),
        (
            {"inputs": ("year", "sex")},
            ", column 'sex': must have one purpose, but it is a target and an input",
        ),
        (
            {"inputs": ("year",), "split": SplitRequest(time="year")},
            "'year': must have one purpose, but it is what the split depends on and an input",
        ),
        ({"ignore": ("sex",)}, "'sex': is a target and to be ignored; choose"),
        ({"inputs": ("year",), "ignore": ("year",)}, "'year': is an input and to be ignored"),
        ({"columns": {"sex": ColumnKind.BOOLEAN}}, "'sex': is a target; say its kind there"),
        (
            {"split": SplitRequest(groups="island", time="year")},
            r"the split must use at most one of .* but got \['island', 'year'\]",
        ),
        (
            {"split": SplitRequest(0.6, 0.2, 0.3)},
            "must be positive and add up to 1, but got train=0.6, validation=0.2, test=0.3",
        ),
        ({"split": SplitRequest(0.8, 0.2, 0.0)}, "must be positive and add up to 1"),
        (
            {"targets": (TargetRequest("sex", kind="binnary"),)},
            ", column 'sex': there is no task kind 'binnary'; did you mean 'binary'?",
        ),
        (
            {"targets": (TargetRequest("sex", kind="binary", metric="acuracy"),)},
            "'sex': a binary task has no metric 'acuracy'; did you mean 'accuracy'?",
        ),
        (
            {"targets": (TargetRequest("m", columns=("sex", "yaer")),)},
            "no column 'yaer', named as target; did you mean 'year'?",
        ),
        (
            {"targets": (TargetRequest("moods", kind="multilabel"),)},
            "no column 'moods', named as target; .*The columns of a multilabel task are listed as",
        ),
        (
            {"targets": (TargetRequest("sex"), TargetRequest("m", columns=("sex", "year")))},
            ", column 'sex': must have one purpose, but it is named twice as a target",
        ),
        (
            {"targets": (TargetRequest("m", columns=("sex", "year"), kind="binary"),)},
            ": target 'm': a binary task has one column of labels, but 2 are given",
        ),
        (
            {"targets": (TargetRequest("sex", kind="ordinal", options={"level": []}),)},
            "'sex': there is no option 'level' of a task of the kind ordinal; did you mean 'lev",
        ),
        (
            {"targets": (TargetRequest("year", query="spieces"),)},
            "no column 'spieces', named as query column; did you mean 'species'?",
        ),
        (
            {"targets": (TargetRequest("year", query="year"),)},
            "'year': must have one purpose, but is a target and a query",
        ),
        (
            {"targets": (TargetRequest("year", kind="ranking"),)},
            "'year': a ranking task needs a column that says which rows belong together. Name it",
        ),
        (
            {"targets": (TargetRequest("year", kind="regression", query="island"),)},
            "'year': a regression task has no query column. Take 'query' out",
        ),
        (
            {
                "targets": (
                    TargetRequest("m", columns=("year", "sex"), kind="ranking", query="island"),
                )
            },
            ": target 'm': there is one column of relevance, but 2 are given",
        ),
        (
            {"targets": (TargetRequest("sex", kind="regression", separator=";"),)},
            "'sex': only a task of a set of labels is separated or split, but this is regression",
        ),
        (
            {"fold": (0, 3), "split": SplitRequest(column="island")},
            "folds divide the rows, but 'island' divides them already",
        ),
    ],
)
def test_refuses_what_does_not_fit(changes: dict[str, Any], message: str) -> None:
    message = message.replace("?", r"\?")
    with raises(DataError, match=f"^{PENGUINS}.*{message}"):
        _check(**changes)


def test_the_metric_of_split_labels_is_that_of_the_tasks_they_become() -> None:
    target = TargetRequest(
        "m", columns=("sex", "year"), kind="multilabel", metric="roc_auc", split_labels=True
    )
    _check(targets=(target,))


def test_messages_begin_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    request = DataRequest(path, (TargetRequest("c"),))
    with raises(DataError, match=f"^{path}: .*there are 'a' and 'b'"):
        check_request(request, open_source(path, PLUGINS), PLUGINS)


@mark.parametrize(
    ("changes", "place", "at_key"),
    [
        ({"targets": (TargetRequest("spieces"),)}, ("targets", "spieces"), True),
        (
            {"targets": (TargetRequest("m", columns=("sex", "yaer")),)},
            ("targets", "m", "columns", "yaer"),
            True,
        ),
        (
            {"targets": (TargetRequest("sex", query="yaer"),)},
            ("targets", "sex", "query"),
            False,
        ),
        ({"inputs": ("yaer",)}, ("inputs", "yaer"), True),
        ({"ignore": ("yaer",)}, ("ignore", "yaer"), True),
        ({"columns": {"yaer": ColumnKind.NUMERIC}}, ("columns", "yaer"), True),
        ({"split": SplitRequest(column="ilsand")}, ("split", "column"), False),
        ({"split": SplitRequest(groups="ilsand")}, ("split", "groups"), False),
        ({"split": SplitRequest(time="yaer")}, ("split", "time"), False),
        ({"split": SplitRequest(0.8, 0.2, 0.0)}, ("split",), False),
        ({"split": SplitRequest(time="sex")}, ("split", "time"), False),
        ({"ignore": ("sex",)}, ("ignore", "sex"), False),
        ({"columns": {"sex": ColumnKind.BOOLEAN}}, ("columns", "sex"), True),
        (
            {"targets": (TargetRequest("sex"), TargetRequest("m", columns=("sex", "year")))},
            ("targets", "m", "columns", "sex"),
            True,
        ),
        ({"targets": (TargetRequest("sex", kind="binnary"),)}, ("targets", "sex", "kind"), False),
        (
            {"targets": (TargetRequest("sex", kind="binary", metric="acuracy"),)},
            ("targets", "sex", "metric"),
            False,
        ),
        (
            {"targets": (TargetRequest("sex", kind="ordinal", options={"level": []}),)},
            ("targets", "sex", "options", "level"),
            True,
        ),
        (
            {"targets": (TargetRequest("sex", kind="regression", separator=";"),)},
            ("targets", "sex", "separator"),
            False,
        ),
        (
            {"fold": (0, 3), "split": SplitRequest(column="island")},
            ("split", "column"),
            False,
        ),
    ],
)
def test_says_where_the_configuration_is_wrong(
    changes: dict[str, Any], place: tuple[str, ...], at_key: bool
) -> None:
    with raises(DataError) as caught:
        _check(**changes)
    assert (caught.value.place, caught.value.at_key) == (place, at_key)
