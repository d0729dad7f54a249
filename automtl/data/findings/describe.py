"""A report of data before training: as JSON data, and in plain words."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.data.dataset import MultiTaskData
from automtl.data.findings.relations import WEAK, associations
from automtl.data.findings.suspicion import Suspicion
from automtl.data.findings.suspicions import suspicions
from automtl.data.labels.label_columns import FLAGS, LabelColumn, label_columns
from automtl.data.parts.split import PARTS
from automtl.data.request import DataRequest
from automtl.data.table import AnyColumn, SparseColumn

Json: TypeAlias = dict[str, Any]

MAX_INPUTS = 30  # that get a line each
MAX_TASKS = 30  # that get a line each
N_TASKS = 8  # of more, that get one: those with the fewest labels
MAX_CLASSES = 12  # that are all named, in their order
N_CLASSES = 10  # of more, that are named, the most frequent ones
MAX_LABELS = 6  # of a set of labels that are named, the rarest ones
MAX_RELATED = 200  # columns of labels in the matrix
N_PAIRS = 5  # of targets that go together most, in words
MAX_ALIKE = 8  # suspicions of a kind, or notes with one reason, that are told one by one
ASIDE = "set aside, "  # begins what notes on inputs say


def describe(data: MultiTaskData, request: DataRequest | None = None) -> list[str]:
    """The report in plain words; see `in_words`."""
    return in_words(data_report(data, request))


def data_report(data: MultiTaskData, request: DataRequest | None = None) -> Json:
    """
    The data in numbers, as JSON data: rows of each part; inputs with kinds and missing values;
    tasks with their labels, how many of them each part has, positives or counts of classes, or
    the range of numbers, and the digest of what they are tested on; how labels go together in
    training; what is suspicious; and the notes.

    :param request: What was asked for; without it, nothing is said of how it was divided.
    """
    labels = label_columns(data)
    sizes = [len(part.rows) for part in (data.train, data.validation, data.test)]
    return {
        "rows": dict(zip(PARTS, sizes, strict=True)),
        "inputs": [
            {"name": name, "kind": str(column.kind), "missing": _n_missing(column)}
            for name, column in data.table.items()
        ],
        "tasks": [
            {
                "name": task.name,
                "kind": task.kind,
                "labels": [_label(label, sizes) for label in labels if label.task == task.name],
                "test": _test_digest(
                    [label for label in labels if label.task == task.name], data.test.rows
                ),
            }
            for task in data.tasks
        ],
        "relations": _relations(labels, sizes[0]),
        "suspicions": [_suspicion(found) for found in suspicions(data, labels, request)],
        "notes": list(data.notes),
    }


def in_words(report: Json) -> list[str]:
    """
    The lines of a report that `data_report` made: on the rows, each input and each task (or on all,
    if they are many), targets that go together, suspicions and notes.
    """
    return list(_lines(report))


def _n_missing(column: AnyColumn) -> int:
    if isinstance(column, SparseColumn):
        return int(np.isnan(column.numbers).sum())
    if column.kind.is_strings:
        return int((column.values == "").sum())
    return int(np.isnan(column.values).sum())


def _label(label: LabelColumn, sizes: Sequence[int]) -> Json:
    parts = np.split(label.known, np.cumsum(sizes)[:-1])
    known = label.values[label.known]
    result: Json = {
        "name": label.name,
        "known": {name: int(part.sum()) for name, part in zip(PARTS, parts, strict=True)},
        "missing": int((~label.known).sum()),
    }
    if label.classes:
        counts = np.bincount(known.astype(np.int64), minlength=len(label.classes))
        result["counts"] = dict(zip(label.classes, counts.tolist(), strict=True))
    elif len(known):
        summary = (known.min(), known.mean(), known.max(), known.std())
        result |= zip(("least", "mean", "greatest", "std"), map(float, summary), strict=True)
    return result


def _test_digest(labels: Sequence[LabelColumn], rows: NDArray[np.int64]) -> str:
    """
    Names the test rows of a task and their labels; of labels that are numbers, only which are
    known: they went through a standardisation that depends on the training rows.
    """
    digest = hashlib.sha256(rows.astype("<i8").tobytes())
    for label in labels:
        values = label.values[-len(rows) :]
        told = np.nan_to_num(values, nan=-1.0) if label.classes else ~np.isnan(values)
        digest.update(repr(label.classes).encode() + told.astype("<f8").tobytes())
    return digest.hexdigest()[:12]


def _suspicion(found: Suspicion) -> Json:
    return {"kind": found.kind, "columns": list(found.columns), "text": found.text}


def _relations(labels: Sequence[LabelColumn], n_train: int) -> Json:
    """The whole matrix; of very many columns, that of those with the most labels."""
    order = np.argsort([-label.known[:n_train].sum() for label in labels], kind="stable")
    chosen = [labels[place] for place in np.sort(order[:MAX_RELATED])]
    columns = np.column_stack([label.values[:n_train] for label in chosen])
    matrix, n_rows = associations(columns, [len(label.classes) for label in chosen])
    numbers = [[None if np.isnan(r) else round(float(r), 4) for r in row] for row in matrix]
    names = [label.name for label in chosen]
    return {"labels": names, "association": numbers, "rows": n_rows.astype(int).tolist()}


def _lines(report: Json) -> Iterator[str]:
    rows = report["rows"]
    yield (
        f"{sum(rows.values())} rows: {rows['train']} to train, {rows['validation']} to validate, "
        f"{rows['test']} to test"
    )
    yield from _inputs(report["inputs"])
    yield from _tasks(report["tasks"])
    yield from _pairs(report["relations"])
    yield from _suspicions(report["suspicions"])
    yield from (f"note: {note}" for note in _notes(report["notes"]))


def _inputs(inputs: Sequence[Json]) -> Iterator[str]:
    if len(inputs) <= MAX_INPUTS:
        for column in inputs:
            yield f"input {column['name']}: {column['kind']}, {_missing(column['missing'])}"
        return
    kinds = Counter(column["kind"] for column in inputs)
    yield f"{len(inputs)} inputs: {', '.join(f'{n} {kind}' for kind, n in kinds.items())}"
    gaps = sorted(inputs, key=lambda column: -column["missing"])
    if gaps[0]["missing"]:
        count = sum(column["missing"] > 0 for column in inputs)
        yield (
            f"{count} inputs miss values, {gaps[0]['name']} the most of all: "
            f"{gaps[0]['missing']} missing"
        )


def _tasks(tasks: Sequence[Json]) -> Iterator[str]:
    """A line on each task; of many, on those with the fewest labels."""
    if len(tasks) <= MAX_TASKS:
        yield from (_task(task) for task in tasks)
        return
    kinds = Counter(task["kind"] for task in tasks)
    counts = ", ".join(f"{n} {kind}" for kind, n in kinds.items())
    yield f"{len(tasks)} tasks: {counts}; those with the fewest labels:"
    yield from (_task(task) for task in sorted(tasks, key=_rarest)[:N_TASKS])


def _rarest(task: Json) -> tuple[int, int]:
    """How many labels a task has, and how many of its rarest class."""
    known = sum(sum(label["known"].values()) for label in task["labels"])
    rare = [min(label["counts"].values()) for label in task["labels"] if label.get("counts")]
    return known, min(rare, default=0)


def _task(task: Json) -> str:
    """One line on a task; labels that are several are counted by label."""
    labels = task["labels"]
    head = f"task {task['name']}: {task['kind']}"
    if len(labels) > 1:
        head += f" of {len(labels)} columns"
    parts = {part: sum(label["known"][part] for label in labels) for part in PARTS}
    missing = sum(label["missing"] for label in labels)
    line = f"{head}, {sum(parts.values())} labels, {_missing(missing)}"
    if missing:  # else each part has as many as rows
        line += f" ({', '.join(f'{part} {count}' for part, count in parts.items())})"
    details = _positives(labels) or _ranges(labels)
    details = _counts(labels[0]) if len(labels) == 1 and not details else details
    return f"{line}; {details}" if details else line


def _counts(label: Json) -> str:
    """How often each class is there; of many, the most frequent ones."""
    counts = label.get("counts", {})
    words = [f"{name} {count}" for name, count in counts.items()]
    if len(words) <= MAX_CLASSES:
        return ", ".join(words)
    frequent = Counter[str](counts).most_common(N_CLASSES)
    named = ", ".join(f"{name} {count}" for name, count in frequent)
    return f"{len(words)} classes: {named} and {len(words) - N_CLASSES} more"


def _positives(labels: Sequence[Json]) -> str:
    if not all(tuple(label.get("counts", ())) == FLAGS for label in labels):
        return ""
    counts = sorted((label["counts"]["1"], label["name"]) for label in labels)
    named = ", ".join(f"{name} {count}" for count, name in counts[:MAX_LABELS])
    more = f" to {counts[-1][1]} {counts[-1][0]}" if len(counts) > MAX_LABELS else ""
    return f"positives: {named}{more}"


def _ranges(labels: Sequence[Json]) -> str:
    """The range of numbers, their mean and their standard deviation, of the first few columns."""
    if not all("mean" in label for label in labels):
        return ""
    words = (
        f"{label['least']:.4g} to {label['greatest']:.4g}, mean {label['mean']:.4g}, "
        f"std {label['std']:.4g}"
        for label in labels[:MAX_LABELS]
    )
    if len(labels) == 1:
        return next(words)
    named = "; ".join(f"{label['name']} {word}" for label, word in zip(labels, words, strict=False))
    return named + (f" and {len(labels) - MAX_LABELS} more" if len(labels) > MAX_LABELS else "")


def _pairs(relations: Json) -> Iterator[str]:
    """The pairs of targets that go together most, more than the first of so many may by chance."""
    names, matrix, rows = (relations[key] for key in ("labels", "association", "rows"))
    known = [
        (abs(matrix[i][j]), i, j)
        for i in range(len(names))
        for j in range(i)
        if matrix[i][j] is not None
    ]
    chance = 2 * math.log(max(1, len(known)))  # the largest of so many squares, times the rows
    pairs = [
        (found, i, j)
        for found, i, j in known
        if found >= max(WEAK, math.sqrt(chance / max(1, rows[i][j])))
    ]
    for _, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[2], pair[1]))[:N_PAIRS]:
        found = f"association {matrix[i][j]:.2f} in {rows[i][j]} training rows"
        yield f"targets {names[j]} and {names[i]}: {found}"


def _suspicions(found: Sequence[Json]) -> Iterator[str]:
    """The first few of each kind."""
    counts = Counter[str]()
    for suspicion in found:
        counts[suspicion["kind"]] += 1
        if counts[suspicion["kind"]] <= MAX_ALIKE:
            yield f"suspicious: {suspicion['text']}"
    for kind, count in counts.items():
        if count > MAX_ALIKE:
            yield f"suspicious: {count - MAX_ALIKE} more of the same kind ({kind})"


def _notes(notes: Sequence[str]) -> Iterator[str]:
    """The notes; of many that say the same of a column or a task, one line."""
    reasons: dict[str, list[str]] = {}
    for note in notes:
        name, colon, reason = note.partition(": ")
        reasons.setdefault(reason if colon else note, []).append(name if colon else "")
    for reason, names in reasons.items():
        if len(names) > MAX_ALIKE:
            shown = f"{', '.join(names[:MAX_ALIKE])} and {len(names) - MAX_ALIKE} more"
            what = f"{len(names)} inputs " if reason.startswith(ASIDE) else ""
            yield f"{what}{reason}: {shown}"
        else:
            yield from (f"{name}: {reason}" if name else reason for name in names)


def _missing(count: int) -> str:
    return f"{count} missing" if count else "none missing"
