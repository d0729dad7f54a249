from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from automtl.deploy.predictions.parquet_predictions import writing
from automtl.deploy.schema import Output

OUTPUTS = (
    Output("word", "multiclass", "word", "word_probability", ('a,"b"', "two\nlines", " ü\r")),
    Output("mass", "regression", "mass"),
    Output("tags", "multilabel", "tags", "tags_probability", members=("t, u", "v")),
    Output("places", "multi_output", "places", members=("x", "y")),
)
FOUND = {
    "word": np.array(["two\nlines", 'a,"b"', " ü\r"], object),
    "word_probability": np.random.default_rng(0).random((3, 3), np.float32),
    "mass": np.array([0.1, 1e30, np.nan], np.float32),
    "tags": np.array([[0, 1], [1, 0], [1, 1]]),
    "tags_probability": np.random.default_rng(1).random((3, 2), np.float32),
    "places": np.array([[1.5, 2.0], [1 / 3, -0.0], [1e-40, 5.0]], np.float32),
}


def test_parquet_reads_back(tmp_path: Path) -> None:
    with writing(tmp_path / "t", OUTPUTS) as file:
        file.write({name: values[:2] for name, values in FOUND.items()})
        file.write({name: values[2:] for name, values in FOUND.items()})
    table = parquet.read_table(tmp_path / "t")
    assert table.column_names == [name for output in OUTPUTS for name in output.columns]
    assert [table.schema.field(name).type for name in ("word", "mass", "v", "x")] == [
        pa.string(), pa.float32(), pa.int8(), pa.float32()
    ]  # fmt: skip
    assert table["word"].to_pylist() == FOUND["word"].tolist()
    assert table["v"].to_pylist() == [1, 0, 1]
    np.testing.assert_array_equal(table["mass"].to_numpy(), FOUND["mass"])
    np.testing.assert_array_equal(table["y"].to_numpy(), FOUND["places"][:, 1])
    probability = table['word_probability_a,"b"'].to_numpy()
    np.testing.assert_array_equal(probability, FOUND["word_probability"][:, 0])
