import json

from pytest import mark, raises

from automtl.data.table import ColumnKind
from automtl.deploy.schema import Input, Output, Schema

SCHEMA = Schema(
    (Input("bill", ColumnKind.NUMERIC), Input("Île", ColumnKind.CATEGORICAL, ("", 'a, "b"'))),
    (
        Output("sex", "binary", "sex", "sex_probability", ("female", "male")),
        Output("mass", "regression", "mass"),
        Output("tags", "multilabel", "tags", "tags_probability", members=("a", "b")),
        Output("places", "multi_output", "places", members=("x", "y")),
    ),
)


def test_reads_what_it_wrote() -> None:
    assert Schema.from_json(SCHEMA.to_json()) == SCHEMA


def test_leaves_out_what_does_not_apply() -> None:
    data = json.loads(SCHEMA.to_json())
    assert data["inputs"][0] == {"name": "bill", "kind": "numeric"}
    assert data["outputs"][1] == {"task": "mass", "kind": "regression", "name": "mass"}


def test_names_of_tensors_and_of_columns() -> None:
    sex, mass, tags, places = SCHEMA.outputs
    assert sex.names == ("sex", "sex_probability")
    assert sex.columns == ["sex", "sex_probability_female", "sex_probability_male"]
    assert list(mass.names) == mass.columns == ["mass"]
    assert tags.names == ("tags", "tags_probability")
    assert tags.columns == ["a", "b", "a_probability", "b_probability"]
    assert places.names == ("places",)
    assert places.columns == ["x", "y"]


@mark.parametrize("text", ["", "[]", "{}", '{"inputs": [{"name": "x"}], "outputs": []}', "null"])
def test_refuses_another_text(text: str) -> None:
    with raises((ValueError, KeyError, TypeError)):
        Schema.from_json(text)
