"""The report of the data, as tables and charts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from automtl.report.findings import counted, listing
from automtl.report.heat import heat_map
from automtl.report.leaderboard import shown
from automtl.report.pictures.picture import Picture
from automtl.report.tables import Cell, Table, number

Json: TypeAlias = Mapping[str, Any]
Pairs: TypeAlias = list[tuple[float, int, int]]  # association, and two places among the labels

MAX_HEAT = 40  # columns in a heat map
MAX_INPUTS = 60  # inputs with a row of their own
MAX_CLASSES = 12  # of one target, with their counts
N_PAIRS = 10  # of targets that go together most
MAX_ALIKE = 8  # suspicions of a kind
PARTS = ("train", "validation", "test")


def on_data(report: Json) -> str:
    """How much is suspicious."""
    kinds = Counter(found["kind"] for found in report["suspicions"])
    if not kinds:
        return "Nothing in the data looks like a mistake."
    what = listing(f"{kind} ({n})" if n > 1 else kind for kind, n in kinds.items())
    return f"{counted(sum(kinds.values()), 'thing')} in the data may be mistakes: {what}."


def suspicions(report: Json) -> list[str]:
    """What was found and what to do about it; of many of a kind the first few."""
    lines, counts = [], Counter[str]()
    for found in report["suspicions"]:
        counts[found["kind"]] += 1
        if counts[found["kind"]] <= MAX_ALIKE:
            lines.append(found["text"])
    hidden = {kind: n - MAX_ALIKE for kind, n in counts.items() if n > MAX_ALIKE}
    return lines + [f"{n} more of the same kind ({kind})." for kind, n in hidden.items()]


def target_table(report: Json) -> Table:
    """A row for each column of labels."""
    head = ["task", "column", "kind", "labels to train", "to validate", "to test", "missing",
            "values"]  # fmt: skip
    rows = [
        [
            Cell(task["name"]),
            Cell("" if label["name"] == task["name"] else label["name"]),
            Cell(task["kind"]),
            *(number(f"{label['known'][part]:,}") for part in PARTS),
            number(f"{label['missing']:,}"),
            Cell(_values(label)),
        ]
        for task in report["tasks"]
        for label in task["labels"]
    ]
    return Table("What is to be predicted", head, rows)


def input_table(report: Json) -> Table:
    """A row for each input; of many, a row for each kind of column."""
    inputs = report["inputs"]
    total = sum(report["rows"].values())
    if len(inputs) <= MAX_INPUTS:
        rows = [
            [Cell(one["name"]), Cell(one["kind"]), number(f"{one['missing']:,}")] for one in inputs
        ]
        return Table(f"{len(inputs)} inputs in {total:,} rows", ["input", "kind", "missing"], rows)
    kinds: dict[str, list[Json]] = {}
    for one in inputs:
        kinds.setdefault(one["kind"], []).append(one)
    rows = [
        [
            Cell(kind),
            number(f"{len(found):,}"),
            number(f"{sum(one['missing'] > 0 for one in found):,}"),
            number(f"{sum(one['missing'] for one in found) / (total * len(found)):.1%}"),
        ]
        for kind, found in kinds.items()
    ]
    head = ["kind", "inputs", "of them with gaps", "cells missing"]
    return Table(f"{len(inputs)} inputs in {total:,} rows", head, rows)


def pair_table(report: Json) -> Table:
    """The pairs of targets that go together most."""
    names, rows = report["relations"]["labels"], report["relations"]["rows"]
    found = sorted(_pairs(report["relations"]), key=lambda pair: -abs(pair[0]))[:N_PAIRS]
    return Table(
        "The targets that go together most",
        ["target", "target ", "association", "training rows with both"],
        [
            [Cell(names[j]), Cell(names[i]), number(f"{value:.2f}"), number(f"{rows[i][j]:,}")]
            for value, i, j in found
        ],
    )


def apart(report: Json) -> str:
    """Why it is not known how targets go together, if it is not."""
    if len(report["relations"]["labels"]) < 2 or _pairs(report["relations"]):
        return ""
    return (
        "No two targets have labels that vary in enough of the same rows: how they go together is "
        "unknown."
    )


def heat_pictures(report: Json) -> list[Picture]:
    """How targets go together, if any two are known in the same rows."""
    relations = report["relations"]
    pairs = _pairs(relations)
    if not pairs:
        return []
    chosen = _strongest(pairs, len(relations["labels"]))
    names = [relations["labels"][at] for at in chosen]
    matrix = [[relations["association"][i][j] for j in chosen] for i in chosen]
    title = "How the targets go together in training"
    spoken = f"{len(names)} columns. {_most(pairs, relations)}"
    few = f", the {len(names)} of {len(relations['labels'])} that do most"
    caption = title + (few if len(names) < len(relations["labels"]) else "")
    return [
        Picture(caption, heat_map(names, matrix, title, spoken), _most(pairs, relations), spoken)
    ]


def _most(pairs: Pairs, relations: Json) -> str:
    """Which two columns go together most."""
    value, i, j = max(pairs, key=lambda pair: abs(pair[0]))
    labels = relations["labels"]
    return f"What goes together most is {labels[i]} and {labels[j]}: {value:.2f}."


def _strongest(pairs: Pairs, size: int) -> list[int]:
    """The places of the columns to be shown: of too many, those of the strongest pairs."""
    if size <= MAX_HEAT:
        return [*range(size)]
    chosen: list[int] = []
    for _, i, j in sorted(pairs, key=lambda pair: -abs(pair[0])):
        chosen += [at for at in (i, j) if at not in chosen]
        if len(chosen) >= MAX_HEAT:
            break
    return sorted(chosen[:MAX_HEAT])


def _pairs(relations: Json) -> Pairs:
    """All pairs that are known."""
    matrix: Sequence[Sequence[float | None]] = relations["association"]
    return [
        (value, i, j)
        for i, row in enumerate(matrix)
        for j, value in enumerate(row[:i])
        if value is not None
    ]


def _values(label: Json) -> str:
    """The classes with their counts, the most frequent of many, or the range of the numbers."""
    if "counts" in label:
        counts = list(label["counts"].items())
        if len(counts) > MAX_CLASSES:
            counts = Counter(label["counts"]).most_common()
        named = [f"{name}: {count:,}" for name, count in counts[:MAX_CLASSES]]
        more = len(counts) - MAX_CLASSES
        return ", ".join(named) + (f" and {more} more classes" if more > 0 else "")
    if "least" not in label:
        return ""
    least, mean, greatest, std = (shown(label[k]) for k in ("least", "mean", "greatest", "std"))
    return f"{least} to {greatest}, mean {mean}, deviation {std}"
