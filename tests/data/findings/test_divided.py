from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pytest import fixture, mark

from automtl.data.findings.suspicion import Suspicion
from automtl.data.findings.suspicions import suspicions
from automtl.data.labels.label_columns import label_columns
from automtl.data.read import read_data
from automtl.data.request import DataRequest, SplitRequest, TargetRequest
from automtl.plugins import Plugins

N = 1000
RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=N)
FLAG = (RNG.random(N) < 0.3).astype(float)
PARTS = [("training", slice(0, 600)), ("validation", slice(600, 800)), ("test", slice(800, N))]
Y = (TargetRequest("y"),)


@fixture
def suspect(make_data: Any) -> Any:
    def suspect(labels: NDArray[Any]) -> list[Suspicion]:
        data = make_data({"noise": NOISE}, {"flag": labels})
        return suspicions(data, label_columns(data))

    return suspect


@fixture
def read(tmp_path: Path, plugins: Plugins) -> Any:
    def read(
        columns: dict[str, Any], targets: tuple[TargetRequest, ...] = Y, **request: Any
    ) -> list[Suspicion]:
        rows = [",".join(map(str, row)) for row in zip(*columns.values(), strict=True)]
        (tmp_path / "d.csv").write_text("\n".join([",".join(columns), *rows]) + "\n")
        asked = DataRequest(tmp_path / "d.csv", targets, **request)
        data = read_data(asked, plugins)
        return suspicions(data, label_columns(data), asked)

    return read


def columns(n: int, **more: Any) -> dict[str, Any]:
    return {"x": np.round(NOISE[:n], 4), "y": np.round(NOISE[::-1][:n], 4), **more}


@mark.parametrize(("part", "rows"), PARTS)
def test_a_part_without_positives_or_without_labels(suspect: Any, part: str, rows: slice) -> None:
    flags = np.column_stack([FLAG, RNG.permutation(FLAG), RNG.permutation(FLAG)])
    flags[rows, 1] = 0
    flags[rows, 2] = np.nan
    one, none = suspect(flags)
    assert (one.kind, one.columns) == (f"one-sided in {part}", ("flag1",))
    assert one.text.startswith(f"the {part} part does not have both 0 and 1 of 'flag1'")
    assert (none.kind, none.columns) == (f"one-sided in {part}", ("flag2",))
    assert none.text.startswith(f"the {part} part has no label of 'flag2'")


def test_classes_that_a_part_lacks_are_called_by_their_names(suspect: Any) -> None:
    words = np.where(FLAG == 1, "yes", "no").astype(object)
    words[600:800] = "no"
    (found,) = suspect(words)
    assert "does not have both 'no' and 'yes' of 'flag', so that it cannot be judged" in found.text


@mark.parametrize(("n_labels", "n_positive"), [(9, 5), (200, 4), (200, 1)])
def test_few_labels_to_judge_by(suspect: Any, n_labels: int, n_positive: int) -> None:
    words = np.where(FLAG == 1, "yes", "no").astype(object)
    words[600:800] = "no"
    words[600 : 600 + n_positive] = "yes"
    words[600 + n_labels : 800] = None
    (found,) = suspect(words)
    assert (found.kind, found.columns) == ("few labels in validation", ("flag",))
    told = "9" if n_labels == 9 else f"{n_positive} of class 'yes'"
    assert f"few labels of 'flag' ({told}): its gain is judged on these few rows" in found.text
    assert "`search: {bags: 5}`" in found.text


def test_enough_labels_to_judge_by(suspect: Any) -> None:
    words = np.where(FLAG == 1, "yes", "no").astype(object)
    words[605:800] = "no"
    words[600:605] = "yes"
    words[610:800] = None
    assert suspect(words) == []
    assert suspect(np.where(np.isin(np.arange(N), range(610, 800)), np.nan, NOISE[::-1])) == []


def of_kind(found: Sequence[Suspicion], kind: str) -> list[str]:
    return [one.text for one in found if one.kind == kind]


def test_parts_that_are_not_as_large_as_asked_for(read: Any) -> None:
    group = [0] * 180 + [1 + row % 2 for row in range(20)]
    groups = SplitRequest(groups="s")
    (text,) = of_kind(read(columns(200, s=group), split=groups), "uneven parts")
    assert text == (
        "training, validation and test have 180/10/10 rows, though 120/40/40 were asked for: "
        "groups are kept whole, and the largest has 180 rows. Divide large groups, or split by a "
        "column with more and smaller ones."
    )
    moments = read(columns(200, s=group), split=SplitRequest(time="s"))
    assert "many have the same 's'" in of_kind(moments, "uneven parts")[0]
    rare = {**columns(600), "y": [f"k{row % 200}" for row in range(600)]}
    assert "many classes are rare" in of_kind(read(rare), "uneven parts")[0]


def test_a_fold_that_leaves_few_rows_to_train_on(read: Any) -> None:
    group = [0] * 190 + [1 + row % 5 for row in range(10)]
    split = SplitRequest(groups="s")
    folds = [read(columns(200, s=group), split=split, fold=(fold, 3)) for fold in range(3)]
    told = [text for fold in folds for text in of_kind(fold, "uneven parts")]
    assert any("though 100/33/67 were asked for" in text for text in told)


@mark.parametrize("n", [20, 57, 200])
@mark.parametrize("split", [SplitRequest(), SplitRequest(groups="s"), SplitRequest(time="s")])
def test_parts_that_are_about_as_large_as_asked_for(read: Any, n: int, split: SplitRequest) -> None:
    found = read(columns(n, s=[row // 2 for row in range(n)]), split=split)
    assert of_kind(found, "uneven parts") == []


def test_parts_that_the_data_give_may_be_as_large_as_they_like(read: Any) -> None:
    part = ["train"] * 40 + ["val"] * 30 + ["test"] * 130
    assert read(columns(200, s=part), split=SplitRequest(column="s")) == []


@mark.parametrize(("name", "word"), [("who", "u{}"), ("user_id", "{}"), ("userid", "{}")])
@mark.parametrize("size", [2, 4])
def test_values_that_name_groups_that_are_torn(read: Any, name: str, word: str, size: int) -> None:
    names = [word.format(row // size) for row in range(200)]
    (found,) = [one for one in read(columns(200, **{name: names})) if one.kind == "groups"]
    assert found.columns == (name,)
    assert f"has {200 // size} values in 200 rows" in found.text
    assert f"write `split: {{groups: {name}}}`" in found.text


def test_ordinary_columns_name_no_groups(read: Any) -> None:
    rng = np.random.default_rng(0)
    ordinary = {
        "age": [20 + row % 50 for row in range(200)],
        "year": [1975 + row % 40 for row in range(200)],
        "visits": rng.poisson(30, 200),
        "paid": [row % 45 for row in range(200)],
        "month": [f"m{row % 12}" for row in range(200)],
        "town": [f"t{int(number)}" for number in rng.exponential(12, 200)],
    }
    assert of_kind(read(columns(200, **ordinary)), "groups") == []


def test_groups_that_are_kept_whole_or_divided_on_purpose_are_not_torn(read: Any) -> None:
    names = [f"u{row // 4}" for row in range(200)]
    others = [f"v{row // 2}" for row in range(200)]
    for split in (SplitRequest(groups="v"), SplitRequest(time="x")):
        assert of_kind(read(columns(200, u=names, v=others), split=split), "groups") == []


@mark.parametrize(("split", "whole"), [(None, "q"), ("r", "r")])
def test_groups_to_be_ranked_that_are_in_several_parts(
    read: Any, split: str | None, whole: str
) -> None:
    rows = range(200)
    table = {
        "x": np.round(NOISE[:200], 4),
        "best": [row % 3 for row in rows],
        "again": [row % 7 % 3 for row in rows],
        "q": [row // 5 for row in rows],
        "r": [row % 20 for row in rows],
    }
    targets = (
        TargetRequest("best", kind="ranking", query="q"),
        TargetRequest("again", kind="ranking", query="r"),
    )
    made = read(table, targets, split=SplitRequest(groups=split))
    found = [one for one in made if one.kind == "torn groups"]
    assert [one.columns for one in found] == [("r" if whole == "q" else "q",)]
    assert f"write `split: {{groups: {found[0].columns[0]}}}`" in found[0].text
