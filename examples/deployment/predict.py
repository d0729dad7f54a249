"""
Predicts the rows of a CSV file with onnxruntime and numpy alone: without automtl, torch and ray.

    python predict.py best.onnx new.csv > predictions.jsonl

Prints one line of JSON a row: of each task the prediction, and the probabilities if it has any.
"""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import numpy as np
import onnxruntime

CHUNK = 1000  # rows at a time
MISSING = ("", "NA", "NaN", "null")


def main(model: str, data: str) -> None:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    # The metadata say what the file takes and gives.
    schema = json.loads(session.get_modelmeta().custom_metadata_map["automtl.schema"])
    with open(data, encoding="utf-8", newline="") as file:  # noqa: PTH123
        rows = csv.DictReader(file)
        while chunk := list(islice(rows, CHUNK)):
            feeds = {column["name"]: feed(column, chunk) for column in schema["inputs"]}
            names = [output.name for output in session.get_outputs()]
            found = dict(zip(names, session.run(names, feeds), strict=True))
            for row in range(len(chunk)):
                print(json.dumps(dict(predictions(schema, found, row)), ensure_ascii=False))


def feed(column: dict[str, Any], rows: list[dict[str, str]]) -> np.ndarray:
    """One column ``[rows, 1]``: strings for categories and text, doubles for all else."""
    kind = column["kind"]
    cells = ["" if row[column["name"]] in MISSING else row[column["name"]] for row in rows]
    if kind in ("categorical", "text"):
        return np.array(cells, dtype=object).reshape(-1, 1)
    return np.array([[NUMBERS[kind](cell) if cell else np.nan] for cell in cells])


def moment(cell: str) -> float:
    """Seconds since 1970 in UTC."""
    when = datetime.fromisoformat(cell)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


NUMBERS: dict[str, Callable[[str], float]] = {
    "numeric": float,
    "boolean": lambda cell: float(cell.lower() in ("true", "yes", "1")),
    "datetime": moment,
}


def predictions(
    schema: dict[str, Any], found: dict[str, np.ndarray], row: int
) -> Iterator[tuple[str, Any]]:
    """What was predicted for one row, by output."""
    for output in schema["outputs"]:
        members, likely = output.get("members"), output.get("probability")
        yield output["name"], named(members, found[output["name"]][row])
        if likely is not None:
            yield likely, named(members or output["classes"], found[likely][row])


def named(names: list[str] | None, values: Any) -> Any:
    """A number or a text, or several of them by name."""
    plain = values.tolist() if isinstance(values, np.generic | np.ndarray) else values
    return dict(zip(names, plain, strict=True)) if names else plain


if __name__ == "__main__":
    main(*sys.argv[1:])
