"""
Multi-label learning: which of 14 functions has a gene of yeast? A gene has several at once.

    pip install 'automtl[examples]'
    python examples/multilabel_yeast.py             # the set of labels is one task
    python examples/multilabel_yeast.py --split     # each label is a task: who should share?

The data come with `river <https://riverml.xyz>`_: 2,417 genes, described by 103 numbers
(Elisseeff and Weston, https://papers.nips.cc/paper/2001/hash/39dcaf7a053dc372fbc391d4e6b5d693).
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from river.datasets import Yeast

from automtl import Run, search

SHOWN = ("macro_f1", "micro_f1", "lrap", "hamming_loss", "roc_auc", "average_precision")
LABELS = [f"Class{number}" for number in range(1, 15)]


def settings(split: bool, trials: int) -> dict[str, Any]:
    """What would stand in a configuration file."""
    target: dict[str, Any] = {"kind": "multilabel", "columns": LABELS}
    if split:
        target |= {"split_labels": True}
    else:  # the search chooses the loss; then thresholds, one a label, are chosen on validation
        target |= {"loss": ["own", "asymmetric"], "options": {"rule": "per_label"}}
        target |= {"metric": "macro_f1"}
    return {
        "name": "yeast",
        "data": str(Yeast().path),
        "targets": {"functions": target},
        "space": {
            "stages": 2,
            "primitives": ["hard"],
            "blocks": {"mlp": {"width": [32, 64]}},
            "balancers": ["sum"],
            "schedules": ["constant"],
            "training": {"batch_size": 256, "epochs": 20, "patience": 4},
        },
        "search": {"trials": trials, "seeds": 2, "workers": 0},
    }


def show(run: Run) -> None:
    """Some metrics on test, and what shares what."""
    for task in run.summary.tasks:
        metrics = [f"{name} {task.test[name]:.3f}" for name in SHOWN if name in task.test]
        print(f"{task.name}, loss '{task.loss}': {', '.join(metrics)}")
    print(run.task_graph)
    print(run.folder / "report.html")


def main(given: Sequence[str] | None = None) -> None:
    """Runs the example with arguments of the command line."""
    told = _arguments(given)
    show(search(settings(told.split, told.trials), folder=told.out))


def _arguments(given: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(description="Multi-label learning on yeast.")
    parser.add_argument("--split", action="store_true", help="make a task of each label")
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--out", type=Path, default=Path("runs/yeast"), help="the run folder")
    return parser.parse_args(given)


if __name__ == "__main__":
    main()
