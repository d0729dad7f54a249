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
    file.write_text(starter_config("a b.csv", targets, inputs, notes, "tiny"), encoding="utf-8")
    config = load_config(file)
    assert config.data == file.resolve().parent / "a b.csv"
    assert {target.name: target.kind for target in config.targets} == targets
    assert dict(config.columns) == inputs
    assert config.search.trials == 24


def test_notes_stand_in_comments() -> None:
    text = starter_config("a.csv", {"x": "binary"}, {}, ["'id' is set aside:\nan identifier"])
    assert "\n# 'id' is set aside: an identifier\n" in text
    assert "columns:" not in text


def test_it_is_a_configuration_like_any_other(tmp_path: Path) -> None:
    file = tmp_path / "starter.yaml"
    file.write_text(starter_config("a.csv", {"x": "binary"}, {"a": "numeric"}))
    plain = tmp_path / "plain.yaml"
    plain.write_text(
        "name: starter\ndata: a.csv\ntargets: {x: {kind: binary}}\ncolumns: {a: numeric}"
    )
    assert load_config(file) == load_config(plain)
