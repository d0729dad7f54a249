from automtl.data.dataset import MultiTaskData
from automtl.data.table import ColumnKind
from automtl.deploy.docs import INPUTS, output_docs
from automtl.deploy.export import schema_of


def test_every_kind_of_column_is_explained() -> None:
    assert INPUTS.keys() == set(ColumnKind)


def test_every_output_of_every_kind_is_explained(several: MultiTaskData) -> None:
    outputs = schema_of(several).outputs
    found = {
        output.task: output_docs(output, kind)
        for output, kind in zip(outputs, several.kinds, strict=True)
    }
    assert [len(found[output.task]) for output in outputs] == [len(o.names) for o in outputs]
    assert "3 labels" in found["tags"][0]
    assert "2 values, in the labels' own units" in found["places"][0]
    assert "score" in found["relevance"][0]
    assert "the median of 3 levels" in found["size"][0]
