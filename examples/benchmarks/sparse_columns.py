"""
What it saves not to multiply by zeros, where a table has thousands of columns of words.

    python examples/benchmarks/sparse_columns.py [--columns 20000] [--rows 6000]

A made-up table, of which each row has some 80 of the columns; two tasks that share everything, two
epochs. The same trainings are timed side by side, one with and one without the products with zeros,
in seconds of the processor on one thread, all of a trial included.
"""

import argparse
import math
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from automtl.config import for_data, load_config
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Order, Phase, Result
from automtl.data.dataset import TrainingData
from automtl.data.read import read_data
from automtl.plugins import load_plugins
from automtl.train.trial import run_trial
from automtl_plugins.blocks import _opening

HERE = Path(__file__).parent
WORDS = 80  # in a row, on average
SETTINGS = ((64, 8, 64), (128, 16, 256))  # width, members, rows of a batch
CONFIG = "data: {file}\ntargets: {{y: {{kind: binary}}, z: {{kind: binary}}}}\nspace: default\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--columns", type=int, default=20_000)
    parser.add_argument("--rows", type=int, default=6_000)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "words.arff"
        _write(file, arguments.rows, arguments.columns)
        config = file.with_suffix(".yaml")
        config.write_text(CONFIG.format(file=file))
        lines = [*_measured(config)]
    table = [
        f"What `sparse_columns.py` measured, {arguments.rows:,} rows of {arguments.columns:,} "
        "columns, one thread.",
        "",
        "| width × members, batch | seconds | with all products | ratio | log loss of y, both |",
        "|---|---|---|---|---|",
        *lines,
    ]
    (HERE / "results" / "sparse_columns.md").write_text("\n".join(table) + "\n")
    print("\n".join(table))


def _measured(file: Path) -> list[str]:
    config, plugins = load_config(file), load_plugins()
    data = read_data(config.data_request(None), plugins)
    settings = {**for_data(config, data).space.default(), "skip": "none", "epochs": 2}
    lines = []
    for width, members, batch in SETTINGS:
        own = {"block.width": width, "block.members": members, "batch_size": batch}
        candidate = Candidate(TaskGraph.all_shared(("y", "z"), 3), {**settings, **own})
        few, left_out = _timed(candidate, data.for_training())
        many = _opening.MANY
        _opening.MANY = data.preprocessing.layout.size
        all_products, whole = _timed(candidate, data.for_training())
        _opening.MANY = many
        losses = f"{left_out.errors['y']:.5f}, {whole.errors['y']:.5f}"
        ratio = few / all_products
        lines.append(
            f"| {width} × {members}, {batch} | {few:.1f} | {all_products:.1f} | {ratio:.2f} | "
            f"{losses} |"
        )
    return lines


def _timed(candidate: Candidate, data: TrainingData) -> tuple[float, Result]:
    began, order = time.process_time(), Order(candidate, 0, Phase.GRAPHS)
    outcome = run_trial(order, data, load_plugins(), torch.device("cpu"), math.inf)
    return time.process_time() - began, outcome.result


def _write(file: Path, n_rows: int, n_columns: int) -> None:
    """Rows of words, few of which are frequent, with two labels that depend on some of them."""
    rng = np.random.default_rng(0)
    shares = 1 / np.arange(20, n_columns + 20)
    shares /= shares.sum()
    names = [*(f"w{column} numeric" for column in range(n_columns)), "y {0,1}", "z {0,1}"]
    with file.open("w") as out:
        out.write("@relation words\n" + "".join(f"@attribute {name}\n" for name in names))
        out.write("@data\n")
        for _ in range(n_rows):
            words = np.unique(rng.choice(n_columns, rng.poisson(WORDS) + 1, p=shares))
            y = (words % 7 == 0).sum() > (words % 5 == 0).sum()
            z = (words % 3 == 0).sum() > (words % 4 == 1).sum() + rng.normal()
            cells = [*words, *([n_columns] if y else []), *([n_columns + 1] if z else [])]
            out.write("{" + ", ".join(f"{column} 1" for column in cells) + "}\n")


if __name__ == "__main__":
    main()
