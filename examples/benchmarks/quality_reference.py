"""
The sets of ``quality.py``: their protocol, what they are compared with, and the table of both.

The references come with the data: forests, logistic regression, gradient boosting on the official
splits, and for cross-validated sets the better one of ridge regression and forests on other folds,
as many as here.
"""

from collections.abc import Mapping
from statistics import fmean
from typing import Any

MTR = {"rf1": 8, "enb": 2, "jura": 3, "atp1d": 6, "slump": 3, "sf2": 3, "edm": 2, "scpf": 3}
FOLDS = dict.fromkeys(MTR, 10) | {"rf1": 3, "enb": 5, "sf2": 5, "scpf": 5, "atp1d": 5}

MULTILABEL = {  # Hamming loss, micro-F1, macro-F1, subset accuracy
    "yeast": (0.197, 0.619, 0.327, 0.160),
    "scene": (0.090, 0.683, 0.675, 0.528),
    "emotions": (0.185, 0.680, 0.664, 0.287),
    "enron": (0.050, 0.546, 0.202, 0.135),
}
ARRMSE = {
    "rf1": 0.168,
    "enb": 0.110,
    "jura": 0.585,
    "atp1d": 0.370,
    "slump": 0.656,
    "sf2": 0.972,
    "edm": 0.619,
    "scpf": 0.873,
}
AUC = {"tox21": (0.832, "forest"), "landmine": (0.753, "a model per task")}
# Gradient boosting, which reaches that of income with the hours as an input alone, and those are a
# target here: `quality_baselines.py`.
ADULT = {"income": 0.896, "never_married": 0.887, "r2": 0.264}

SETS = (*MULTILABEL, *AUC, *MTR, "adult")


def quality_report(
    found: Mapping[str, Mapping[str, Any]], baselines: Mapping[str, Mapping[str, float]]
) -> str:
    """The table, as Markdown; ``baselines`` are those of ``quality_baselines.py``."""
    lines = ["What `quality.py` measured, on 2 cores without a GPU.", ""]
    lines += _table(
        "set | Hamming loss | micro-F1 | macro-F1 | subset accuracy | minutes | trainings",
        [_multilabel(name, found[name]) for name in MULTILABEL if name in found],
    )
    lines += _table(
        "set | measure | ours | reference | on the same inputs | minutes | trainings",
        [*_aucs(found), *_adult(found, baselines)],
    )
    head = "set | aRRMSE | best of ridge and forests | ridge, forest on the same folds | folds"
    lines += _table(f"{head} | minutes | trainings", [*_mtr(found, baselines)])
    return "\n".join(lines) + "\n"


def _table(head: str, rows: list[str]) -> list[str]:
    if not rows:
        return []
    rule = "|".join(["---"] * (head.count("|") + 1))
    return [f"| {head} |", f"|{rule}|", *(f"| {row} |" for row in rows), ""]


def _multilabel(name: str, own: Mapping[str, Any]) -> str:
    keys = ("hamming_loss", "micro_f1", "macro_f1", "subset_accuracy")
    pairs = [f"{own[key]:.3f} ({MULTILABEL[name][at]:.3f})" for at, key in enumerate(keys)]
    return " | ".join([name, *pairs, *_spent(own)])


def _aucs(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [
        " | ".join(
            [
                name,
                "mean AUC",
                f"{found[name]['auc']:.3f}",
                f"{value:.3f} ({who})",
                "",
                *_spent(found[name]),
            ]
        )
        for name, (value, who) in AUC.items()
        if name in found
    ]


def _adult(
    found: Mapping[str, Mapping[str, Any]], baselines: Mapping[str, Mapping[str, float]]
) -> list[str]:
    if (own := found.get("adult")) is None:
        return []
    named = {"income": "AUC, income", "never_married": "AUC, never married", "r2": "R², hours"}
    same = {key: f"{value:.3f}" for key, value in baselines.get("adult", {}).items()}
    return [
        " | ".join(
            [
                "adult",
                named[key],
                f"{own[key]:.3f}",
                f"{value:.3f} (boosting)",
                same.get(key, ""),
                *_spent(own),
            ]
        )
        for key, value in ADULT.items()
    ]


def _mtr(
    found: Mapping[str, Mapping[str, Any]], baselines: Mapping[str, Mapping[str, float]]
) -> list[str]:
    names = [name for name in MTR if name in found]
    same = {
        name: ", ".join(f"{value:.3f}" for value in baselines[name].values()) for name in baselines
    }
    rows = [
        " | ".join(
            [
                name,
                f"{found[name]['arrmse']:.3f}",
                f"{ARRMSE[name]:.3f}",
                same.get(name, ""),
                str(FOLDS[name]),
                *_spent(found[name]),
            ]
        )
        for name in names
    ]
    if names:
        ours = fmean(found[name]["arrmse"] for name in names)
        theirs = fmean(ARRMSE[name] for name in names)
        rows.append(f"mean of {len(names)} | {ours:.3f} | {theirs:.3f} | | | | ")
    return rows


def _spent(own: Mapping[str, Any]) -> list[str]:
    core = " on one core" if own.get("workers", 2) < 2 else ""
    return [f"{own['minutes']:.1f}{core}", str(own["trainings"])]
