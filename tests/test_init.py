from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from automtl.config import load_config
from automtl.init import starter_config

NAMES = st.text(max_size=60)
KINDS = st.sampled_from(["numeric", "categorical", "boolean", "datetime"])


@settings(deadline=None, max_examples=50)
@given(
    st.dictionaries(NAMES, st.sampled_from(["binary", "regression"]), min_size=1, max_size=4),
    st.dictionaries(NAMES, KINDS, max_size=4),
    st.lists(NAMES, max_size=3),
)
def test_whatever_the_columns_are_called_it_loads(
    tmp_path_factory: Any, targets: dict[str, str], inputs: dict[str, str], notes: list[str]
) -> None:
    file = tmp_path_factory.mktemp("starter") / "starter.yaml"
    told = {name: {"kind": kind} for name, kind in targets.items()}
    file.write_text(starter_config("a b.csv", told, inputs, notes, "tiny"), encoding="utf-8")
    config = load_config(file)
    assert config.data == file.resolve().parent / "a b.csv"
    assert {target.name: target.kind for target in config.targets} == targets
    assert dict(config.columns) == inputs
    assert config.search.trials == 24


def test_notes_stand_in_comments() -> None:
    text = starter_config(
        "a.csv", {"x": {"kind": "binary"}}, {}, ["'id' is set aside:\nan identifier"]
    )
    assert "\n# 'id' is set aside: an identifier\n" in text
    assert "columns:" not in text


def test_it_is_a_configuration_like_any_other(tmp_path: Path) -> None:
    file = tmp_path / "starter.yaml"
    file.write_text(starter_config("a.csv", {"x": {"kind": "binary"}}, {"a": "numeric"}))
    plain = tmp_path / "plain.yaml"
    plain.write_text(
        "name: starter\ndata: a.csv\ntargets: {x: {kind: binary}}\ncolumns: {a: numeric}"
    )
    assert load_config(file) == load_config(plain)


def test_sets_of_labels_load_as_they_are_written(tmp_path: Path) -> None:
    file = tmp_path / "starter.yaml"
    columns = [f"a label with a long name, {number}" for number in range(20)]
    targets: dict[str, dict[str, object]] = {
        "labels": {"kind": "multilabel", "columns": columns},
        "tags": {"kind": "multilabel", "separator": "|"},
    }
    parts = {"train": "a-train.arff", "test": "a-test.arff"}
    file.write_text(starter_config(parts, targets, {}))
    assert max(map(len, file.read_text().splitlines())) <= 100
    config = load_config(file)
    assert config.parts == {part: tmp_path / name for part, name in parts.items()}
    assert config.targets[0].columns == tuple(columns)
    assert config.targets[1].separator == "|"
    assert "split_labels" in file.read_text()


def test_binary_targets_are_offered_as_one_set() -> None:
    text = starter_config("a.csv", {"x": {"kind": "binary"}, "y": {"kind": "binary"}}, {})
    assert "#   labels: {kind: multilabel, columns: [x, y]}" in text
    mixed = {"x": {"kind": "binary"}, "y": {"kind": "regression"}}
    assert "multilabel" not in starter_config("a.csv", mixed, {})


def test_of_many_inputs_the_unusual_are_named(tmp_path: Path) -> None:
    inputs = {f"x{number}": "numeric" for number in range(100)} | {"colour": "categorical"}
    file = tmp_path / "starter.yaml"
    file.write_text(starter_config("a.csv", {"y": {"kind": "binary"}}, inputs))
    assert load_config(file).columns == {"colour": "categorical"}
    assert "100 columns that are not named here were taken for numeric" in file.read_text()
    plain = starter_config("a.csv", {"y": {"kind": "binary"}}, dict.fromkeys(inputs, "numeric"))
    assert "columns: {}" in plain
