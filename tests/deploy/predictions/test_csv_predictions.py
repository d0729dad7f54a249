import csv
from pathlib import Path

import numpy as np

from automtl.deploy.predictions.csv_predictions import writing
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


def test_csv_reads_back(tmp_path: Path) -> None:
    with writing(tmp_path / "t", OUTPUTS) as file:
        file.write({name: values[:2] for name, values in FOUND.items()})
        file.write({name: values[2:] for name, values in FOUND.items()})
    with (tmp_path / "t").open(encoding="utf-8", newline="") as opened:
        header, *rows = csv.reader(opened)
    assert header == [name for output in OUTPUTS for name in output.columns]
    found = dict(zip(header, zip(*rows, strict=True), strict=True))
    assert list(found["word"]) == FOUND["word"].tolist()
    assert found["mass"] == ("0.1", "1e+30", "nan")
    assert found["t, u"] == ("0", "1", "1")
    for at, name in enumerate(("x", "y")):
        read = np.array(found[name], np.float32)
        np.testing.assert_array_equal(read, FOUND["places"][:, at])
