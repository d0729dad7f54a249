"""
The data sets of the benchmarks, from a folder that the user names; none is shipped.

    python examples/benchmarks/data.py FOLDER [--out TABLES] [--sets rf1 yeast ...]

FOLDER holds ``mtr/`` and ``multilabel/`` (Mulan, https://mulan.sourceforge.net), ``landmine/``,
``tox21/`` and ``adult/``. What no reader takes is written as CSV or Parquet; where a set has an
official split, the column ``split`` says it.
"""

import argparse
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

MTR_TARGETS = {"rf1": 8, "atp1d": 6, "enb": 2, "jura": 3, "slump": 3, "edm": 2, "scpf": 3}
ADULT_ROWS = 5000
ADULT_LEAKS = ["relationship", "marital_status"]  # they give `never_married` away


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "tables")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    arguments = parser.parse_args()
    for name in arguments.sets:
        file, targets = prepare(name, arguments.folder, arguments.out)
        print(f"{file}: {len(targets)} targets, {', '.join(targets)}")


def prepare(name: str, folder: Path, out: Path) -> tuple[Path, list[str]]:
    """Writes the set ``name`` as a table into ``out``; its file and the names of its targets."""
    out.mkdir(parents=True, exist_ok=True)
    return SETS[name](folder, out)


def read_mtr(file: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Names, of word characters, and values, NaN where missing, of a numeric ARFF file."""
    header, body = re.split(r"(?im)^@data\s*$", file.read_text(), maxsplit=1)
    found = re.findall(r"(?im)^@attribute\s+(\".*?\"|'.*?'|\S+)", header)
    names = [re.sub(r"\W+", "_", name).strip("_") for name in found]
    rows = [line.split(",") for line in body.split("\n") if line.strip() and line[0] != "%"]
    return names, np.array([[_number(cell) for cell in row] for row in rows])


def write_csv(file: Path, names: list[str], values: NDArray[np.float64]) -> None:
    """Writes a table as CSV; a missing value is an empty cell."""
    lines = [",".join("" if np.isnan(v) else f"{v:.10g}" for v in row) for row in values]
    file.write_text("\n".join([",".join(names), *lines]) + "\n")


def _number(cell: str) -> float:
    return float("nan") if cell.strip() == "?" else float(cell)


def _mtr(name: str) -> Callable[[Path, Path], tuple[Path, list[str]]]:
    def write(folder: Path, out: Path) -> tuple[Path, list[str]]:
        names, values = read_mtr(folder / "mtr" / f"{name}.arff")
        write_csv(out / f"{name}.csv", names, values)
        return out / f"{name}.csv", names[-MTR_TARGETS[name] :]

    return write


def _multilabel(name: str) -> Callable[[Path, Path], tuple[Path, list[str]]]:
    def write(folder: Path, out: Path) -> tuple[Path, list[str]]:
        """Binary labels; the official training and test files as one table."""
        place = folder / "multilabel" / name
        names, train = read_mtr(place / f"{name}-train.arff")
        _, test = read_mtr(place / f"{name}-test.arff")
        text = (place / f"{name}.xml").read_text()
        labels = [re.sub(r"\W+", "_", label) for label in re.findall(r'name="([^"]+)"', text)]
        split = ["train"] * len(train) + ["test"] * len(test)
        columns = _columns(names, np.concatenate([train, test]), whole=labels)
        return _written(out / f"{name}.parquet", {**columns, "split": split}), labels

    return write


def _landmine(folder: Path, out: Path) -> tuple[Path, list[str]]:
    """29 minefields, a task each: a row has a label for its own field only."""
    table = pa.csv.read_csv(folder / "landmine" / "landmine_long.csv.gz").to_pydict()
    fields = sorted(set(table["task"]))
    labels = {
        f"field_{field}": [
            label if task == field else None
            for task, label in zip(table["task"], table["label"], strict=True)
        ]
        for field in fields
    }
    inputs = {name: values for name, values in table.items() if name[0] == "x"}
    columns = {**inputs, "split": table["split"], **labels}
    return _written(out / "landmine.parquet", columns), list(labels)


def _tox21(folder: Path, out: Path) -> tuple[Path, list[str]]:
    """12 assays, labels missing where none was made; fingerprint bits and descriptors."""
    with np.load(folder / "tox21" / "tox21_ecfp4_1024.npz", allow_pickle=True) as file:
        bits = np.unpackbits(file["fp_packed"], axis=1)[:, : int(file["n_bits"])]
        tasks = [str(task).replace("-", "_") for task in file["tasks"]]
        columns = {f"bit_{at}": bit.astype(bool) for at, bit in enumerate(bits.T)}
        columns |= _columns([str(name) for name in file["desc_names"]], file["desc"])
        columns |= _columns(tasks, file["y"], whole=tasks)
        columns["split"] = [str(part) for part in file["split"]]
    return _written(out / "tox21.parquet", columns), tasks


def _adult(folder: Path, out: Path) -> tuple[Path, list[str]]:
    """5,000 rows drawn at random, the official split kept."""
    table = pa.csv.read_csv(folder / "adult" / "adult.csv.gz").drop_columns(ADULT_LEAKS)
    rows = np.random.default_rng(0).choice(table.num_rows, ADULT_ROWS, replace=False)
    pa.csv.write_csv(table.take(np.sort(rows)), out / "adult.csv")
    return out / "adult.csv", ["income", "never_married", "hours_per_week"]


def _columns(
    names: list[str], values: NDArray[np.floating], whole: list[str] | None = None
) -> dict[str, pa.Array]:
    """Columns by name, null where NaN; those in ``whole`` as integers."""
    arrays = (pa.array(column, from_pandas=True) for column in np.asarray(values, float).T)
    named = zip(names, arrays, strict=True)
    return {n: a.cast(pa.int64()) if n in (whole or ()) else a for n, a in named}


def _written(file: Path, columns: dict[str, object]) -> Path:
    pa.parquet.write_table(pa.table(columns), file)
    return file


SETS = {
    **{name: _mtr(name) for name in MTR_TARGETS},
    **{name: _multilabel(name) for name in ("yeast", "scene", "emotions")},
    "landmine": _landmine,
    "tox21": _tox21,
    "adult": _adult,
}

if __name__ == "__main__":
    main()
