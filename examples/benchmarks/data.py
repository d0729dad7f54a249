"""The data sets of the benchmarks, from a folder that the user names; none is shipped."""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MTR_TARGETS = {"rf1": 8, "atp1d": 6, "enb": 2, "jura": 3, "slump": 3, "edm": 2, "scpf": 3}


def read_mtr(file: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Names and values, NaN where missing, of a numeric ARFF file."""
    header, body = re.split(r"(?im)^@data\s*$", file.read_text(), maxsplit=1)
    names = re.findall(r"(?im)^@attribute\s+'?([^'\s]+)'?", header)
    rows = [line.split(",") for line in body.split("\n") if line.strip() and line[0] != "%"]
    return names, np.array([[_number(cell) for cell in row] for row in rows])


def write_csv(file: Path, names: list[str], values: NDArray[np.float64]) -> None:
    """Writes a table as CSV; a missing value is an empty cell."""
    lines = [",".join("" if np.isnan(v) else f"{v:.10g}" for v in row) for row in values]
    file.write_text("\n".join([",".join(names), *lines]) + "\n")


def _number(cell: str) -> float:
    return float("nan") if cell.strip() == "?" else float(cell)
