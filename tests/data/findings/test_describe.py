import json
from typing import Any

import numpy as np

from automtl.data.bundled import PENGUINS
from automtl.data.findings.describe import data_report, describe, in_words
from automtl.data.read import read_data
from automtl.data.request import DataRequest, TargetRequest
from automtl.plugins import load_plugins

RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=500)


def test_describes_the_penguins() -> None:
    targets = (TargetRequest("sex"), TargetRequest("body_mass_g", kind="regression"))
    data = read_data(DataRequest(PENGUINS, targets), load_plugins())
    lines = describe(data)
    n_train, n_validation, n_test = (len(p.rows) for p in (data.train, data.validation, data.test))
    pair = lines.pop(9)
    assert pair.startswith("targets sex and body_mass_g: association 0.4")
    assert lines == [
        f"344 rows: {n_train} to train, {n_validation} to validate, {n_test} to test",
        "input species: categorical, none missing",
        "input island: categorical, none missing",
        "input bill_length_mm: numeric, 2 missing",
        "input bill_depth_mm: numeric, 2 missing",
        "input flipper_length_mm: numeric, 2 missing",
        "input year: numeric, none missing",
        "task sex: binary, 333 labels, 11 missing (train 200, validation 66, test 67); female 165, "
        "male 168",
        "task body_mass_g: regression, 342 labels, 2 missing (train 206, validation 67, test 69); "
        "2700 to 6300, mean 4202, std 800.8",
        "note: sex: binary (2 distinct labels)",
    ]


def test_numbers_of_several_columns_have_a_range_each(make_data: Any) -> None:
    report = data_report(make_data({"x": NOISE}, {"number": NOISE}))
    (task,) = report["tasks"]
    (one,) = task["labels"]
    task["labels"] = [
        {**one, "name": f"n{i}", "least": 0.0, "greatest": float(i)} for i in range(8)
    ]
    (line,) = [line for line in in_words(report) if line.startswith("task")]
    assert "; n0 0 to 0, mean" in line
    assert "; n5 0 to 5, mean" in line
    assert line.endswith(" and 2 more")


def test_the_report_is_json_data_with_the_counts_of_all_labels(make_data: Any) -> None:
    flags = (RNG.random((500, 3)) < [0.1, 0.2, 0.5]).astype(float)
    flags[:50, 0] = np.nan
    number = np.where(np.arange(500) < 450, NOISE, np.nan)
    report = data_report(make_data({"x": NOISE}, {"flag": flags, "number": number}))
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["rows"] == {"train": 300, "validation": 100, "test": 100}
    first, *_ = report["tasks"][0]["labels"]
    n_positive = int(np.nansum(flags[:, 0]))
    assert first == {
        "name": "flag0",
        "known": {"train": 250, "validation": 100, "test": 100},
        "missing": 50,
        "counts": {"0": 450 - n_positive, "1": n_positive},
    }
    (label,) = report["tasks"][1]["labels"]
    assert label["known"] == {"train": 300, "validation": 100, "test": 50}
    np.testing.assert_allclose(label["mean"], np.nanmean(number), rtol=1e-4)
    relations = report["relations"]
    assert relations["labels"] == ["flag0", "flag1", "flag2", "number"]
    expected = np.corrcoef(flags[:300, 1], flags[:300, 2])[0, 1]
    np.testing.assert_allclose(relations["association"][1][2], expected, atol=1e-4)
    assert relations["rows"][0][1] == 250


def test_positives_of_many_labels_begin_with_the_rarest(make_data: Any) -> None:
    flags = (np.arange(500)[:, None] % (2 + np.arange(8)) == 0).astype(float)
    lines = describe(make_data({"x": NOISE}, {"flag": flags}))
    (task,) = (line for line in lines if line.startswith("task"))
    assert task == (
        "task flag: flags of 8 columns, 4000 labels, none missing; positives: flag7 56, flag6 63, "
        "flag5 72, flag4 84, flag3 100, flag2 125 to flag0 250"
    )


def test_targets_that_go_together_most_are_told(make_data: Any) -> None:
    labels = {f"y{i}": NOISE + RNG.normal(size=500) * (1 + i) / 2 for i in range(5)}
    lines = describe(make_data({"x": RNG.normal(size=500)}, labels))
    pairs = [line for line in lines if line.startswith("targets")]
    assert len(pairs) == 5
    assert pairs[0].startswith("targets y0 and y1: association 0.")
    assert pairs[0].endswith("in 300 training rows")


def test_many_inputs_are_told_together(make_data: Any) -> None:
    inputs = {f"x{i}": RNG.normal(size=500) for i in range(39)}
    inputs["x7"] = np.where(NOISE > 0, NOISE, np.nan)
    inputs["word"] = np.array(["a", "b"] * 250, object)
    lines = describe(make_data(inputs, {"y": NOISE + RNG.normal(size=500)}))
    n_missing = int((NOISE <= 0).sum())
    assert lines[1:3] == [
        "40 inputs: 39 numeric, 1 categorical",
        f"1 inputs miss values, x7 the most of all: {n_missing} missing",
    ]


def test_what_is_alike_is_told_in_few_lines(make_data: Any) -> None:
    notes = tuple(f"z{i}: set aside, it is empty" for i in range(20))
    notes += ("a: set aside, it is odd", "b: odd")
    inputs = {f"x{i}": NOISE * (i + 1) for i in range(20)}
    report = data_report(make_data(inputs, {"y": NOISE}, notes))
    assert report["notes"] == list(notes)
    assert len(report["suspicions"]) == 20
    lines = in_words(report)
    suspicious = [line for line in lines if line.startswith("suspicious")]
    assert len(suspicious) == 9
    assert suspicious[-1] == "suspicious: 12 more of the same kind (leak)"
    assert [line for line in lines if line.startswith("note")] == [
        "note: 20 inputs set aside, it is empty: z0, z1, z2, z3, z4, z5, z6, z7 and 12 more",
        "note: a: set aside, it is odd",
        "note: b: odd",
    ]


def test_a_note_may_be_of_no_column(make_data: Any) -> None:
    notes = ("column 1: set aside, it has no name in the header", "some rows are odd")
    lines = describe(make_data({"x": NOISE}, {"y": RNG.normal(size=500)}, notes))
    assert lines[-2:] == [f"note: {note}" for note in notes]


def test_of_many_classes_the_most_frequent_are_told(make_data: Any) -> None:
    words = np.array([f"k{int(number)}" for number in np.sqrt(np.arange(500))], object)
    words = np.random.default_rng(0).permutation(words)
    lines = describe(make_data({"x": NOISE}, {"word": words}))
    (task,) = (line for line in lines if line.startswith("task"))
    assert task == (
        "task word: multiclass, 500 labels, none missing; 23 classes: k21 43, k20 41, k19 39, "
        "k18 37, k17 35, k16 33, k15 31, k14 29, k13 27, k12 25 and 13 more"
    )


def test_of_many_tasks_those_with_the_fewest_labels_are_told(make_data: Any) -> None:
    labels = {f"y{i}": RNG.normal(size=500) for i in range(40)}
    labels["y30"][::2] = np.nan
    notes = tuple(f"{name}: regression (many distinct numbers)" for name in labels)
    lines = describe(make_data({"x": NOISE}, labels, notes))
    assert lines[2] == "40 tasks: 40 regression; those with the fewest labels:"
    assert lines[3].startswith("task y30: regression, 250 labels, 250 missing")
    assert len(lines) == 12  # 800 pairs of targets, none of which go together
    assert lines[-1] == (
        "note: regression (many distinct numbers): y0, y1, y2, y3, y4, y5, y6, y7 and 32 more"
    )


def test_targets_of_which_two_of_many_go_together_by_chance_are_not_told(make_data: Any) -> None:
    labels = {f"y{i}": RNG.normal(size=120) for i in range(60)}
    labels["same"] = labels["y0"] + 0.5 * RNG.normal(size=120)
    lines = describe(make_data({"x": NOISE[:120]}, labels))
    assert [line[:22] for line in lines if line.startswith("targets")] == ["targets y0 and same: a"]
