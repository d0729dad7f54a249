"""
From a CSV of one's own to predictions. The CSV is made here, of the bundled penguins; yours is
searched alike: one row an example, some columns to predict, empty cells where nothing is known.

    python examples/own_csv.py
"""

import csv
from pathlib import Path

from automtl import search
from automtl.data.bundled import PENGUINS

FOLDER = Path("runs/own_csv")


def write_csv(path: Path) -> None:
    """Half of the penguins, with two targets; every fifth sex is unknown."""
    with PENGUINS.open(newline="") as file:
        rows = list(csv.DictReader(file))[::2]
    with path.open("w", newline="") as file:
        names = ["species", "sex", "bill_length_mm", "bill_depth_mm", "flipper_length_mm"]
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        for number, row in enumerate(rows):
            writer.writerow(row | ({"sex": ""} if number % 5 == 0 else {}))


def main() -> None:
    FOLDER.parent.mkdir(exist_ok=True)
    path = FOLDER.with_suffix(".csv")
    write_csv(path)
    run = search(
        {
            "data": path,
            "targets": {"species": {}, "sex": {"kind": "binary"}},  # what is known about them
            "space": "tiny",  # enough for some hundred rows
            "search": {"trials": 6, "workers": 0},  # use minutes, and all cores, on larger data
        },
        folder=FOLDER,
    )
    print(run.trials[["phase", "status", "parameters", "graph"]].to_string())
    print(f"What is exported shares so: {run.task_graph}")
    new = {"bill_length_mm": [39.1], "bill_depth_mm": [None], "flipper_length_mm": [181.0]}
    found = run.predictor.predict(new)
    print(f"{found['species'][0]}, female with probability {found['sex_probability'][0, 0]:.2f}")


if __name__ == "__main__":
    main()
