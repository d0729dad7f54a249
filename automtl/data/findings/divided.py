"""What looks like a mistake in how rows and labels are divided into parts."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from automtl.data.dataset import MultiTaskData
from automtl.data.findings.suspicion import Suspicion, listed, shortened
from automtl.data.labels.label_columns import FLAGS, LabelColumn
from automtl.data.parts.strata import Mask
from automtl.data.request import DataRequest
from automtl.data.table import AnyColumn, ColumnKind, SparseColumn, Table

NAMES = ("training", "validation", "test")
FEW = 10  # labels to judge a task by: with fewer, a gain is luck
FEW_RARE = 5  # of the rarer of two classes
FAR = 1.5  # times as many rows as asked for, or as many times fewer
N_GROUPS = 30  # values of a column that may name groups, at least
GROUP_ROWS = 5  # rows of each value on average, at most
LARGEST = 5  # times as many rows as on average, at most
ID = re.compile(r"(?i:(^|[\W_]|user|patient|subject|customer|person|group)id$)|[a-z]I[dD]$")


def uneven(data: MultiTaskData, request: DataRequest | None) -> Iterator[Suspicion]:
    """Parts with far more or fewer rows than asked for."""
    if request is None or _is_given(request):
        return
    sizes = np.array([len(part.rows) for part in (data.train, data.validation, data.test)])
    wanted = _shares(request) * sizes.sum()
    far = (sizes * FAR < np.floor(wanted)) | (sizes > FAR * np.ceil(wanted))
    if far.any():
        found, asked = ("/".join(f"{size:.0f}" for size in some) for some in (sizes, wanted))
        yield Suspicion(
            "uneven parts",
            (),
            f"training, validation and test have {found} rows, though {asked} were asked for: "
            f"{_why_uneven(data, request)}",
        )


def _is_given(request: DataRequest) -> bool:
    """Whether the data say which rows are for what."""
    return bool(request.split.column or request.parts)


def _shares(request: DataRequest) -> NDArray[np.float64]:
    """Of training, validation and test; in a cross-validation the last is that of one fold."""
    split = request.split
    shares = np.array([split.train, split.validation, split.test])
    if request.fold is not None:
        shares[2] = 1 / request.fold[1]
        shares[:2] *= (1 - shares[2]) / shares[:2].sum()
    return shares


def _why_uneven(data: MultiTaskData, request: DataRequest) -> str:
    """What keeps rows together, and what to do."""
    parts = (data.train, data.validation, data.test)
    if groups := [part.groups for part in parts if part.groups is not None]:
        largest = np.unique(np.concatenate(groups), return_counts=True)[1].max()
        return (
            f"groups are kept whole, and the largest has {largest} rows. Divide large groups, or "
            f"split by a column with more and smaller ones."
        )
    if request.split.time is not None:
        return (
            f"rows of one moment are kept together, and many have the same '{request.split.time}'. "
            f"Split by a column that tells moments apart, or set other shares."
        )
    return (
        "each part is given rows of every class, and many classes are rare. Leave rare classes "
        "out or put them together, or get more rows of them."
    )


def lacking(data: MultiTaskData, labels: Sequence[LabelColumn]) -> Iterator[Suspicion]:
    """Labels that cannot be learned from or judged by a part."""
    for name, part in zip(NAMES, _masks(data), strict=True):
        lacks: dict[str, list[str]] = {}
        for label in labels:
            if what := _lack(label, part):
                lacks.setdefault(what, []).append(label.name)
        for what, names in lacks.items():
            it, them = ("it", "it") if len(names) == 1 else ("they", "them")
            yield Suspicion(
                f"one-sided in {name}",
                tuple(names),
                f"the {name} part {what} of {listed(names)}, so that {it} cannot be "
                f"{'learned' if name == 'training' else 'judged'} there. Get more labels, or leave "
                f"{them} out.",
            )


def _masks(data: MultiTaskData) -> list[Mask]:
    """Which rows of a column of labels are of each part."""
    sizes = [len(part.rows) for part in (data.train, data.validation, data.test)]
    owner = np.repeat(np.arange(3), sizes)
    return [owner == part for part in range(3)]


def _lack(label: LabelColumn, part: Mask) -> str:
    """What a part lacks of a label, if anything."""
    if not label.known[part].any():
        return "has no label"
    if len(label.classes) != 2 or len(np.unique(label.values[part & label.known])) == 2:
        return ""
    return f"does not have both {' and '.join(_quoted(name) for name in label.classes)}"


def _quoted(name: str) -> str:
    return name if name in FLAGS else f"'{name}'"


def few_labels(data: MultiTaskData, labels: Sequence[LabelColumn]) -> Iterator[Suspicion]:
    """Tasks that so few labels judge in validation that their gain is luck."""
    _, part, _ = _masks(data)
    found = {}
    for task in data.tasks:
        own = [label for label in labels if label.task == task.name]
        if few := _few(own, part):
            found[task.name] = few
    if found:
        told = shortened([f"'{name}' ({few})" for name, few in found.items()])
        it, them = ("its gain is", "it") if len(found) == 1 else ("their gains are", "them")
        yield Suspicion(
            "few labels in validation",
            tuple(found),
            f"validation has few labels of {told}: {it} judged on these few rows, and may be luck, "
            f"which intervals over seeds do not tell. Get more labels, judge on more rows with "
            f"`search: {{bags: 5}}`, or leave {them} out.",
        )


def _few(labels: Sequence[LabelColumn], part: Mask) -> str:
    """How few labels a part has of a task, if they are few; that it has none is told elsewhere."""
    if not labels:
        return ""
    known = int(np.any([label.known[part] for label in labels], axis=0).sum())
    if known < FEW:
        return f"{known}" if known else ""
    if len(labels) > 1 or len(labels[0].classes) != 2:
        return ""
    (label,) = labels
    counts = [int((label.values[part] == value).sum()) for value in (0, 1)]
    rare = int(np.argmin(counts))
    return f"{counts[rare]} of class '{label.classes[rare]}'" if 0 < counts[rare] < FEW_RARE else ""


def torn(data: MultiTaskData, inputs: Table, request: DataRequest | None) -> Iterator[Suspicion]:
    """
    Groups with rows in several parts: of those to be ranked, and of what an input names.

    :param inputs: The columns as numbers, NaN where missing.
    """
    yield from _torn_queries(data)
    if request is None or _is_given(request) or request.split.time or data.train.groups is not None:
        return
    for name, column in inputs.items():
        if found := _torn_names(name, column, data):
            n_groups, n_torn, n_test = found
            yield Suspicion(
                "groups",
                (name,),
                f"input '{name}' has {n_groups} values in {column.n_rows} rows, and {n_torn} of "
                f"the {n_test} in test are in training, too. If each names one thing, such as a "
                f"patient, and the model is for new ones, write `split: {{groups: {name}}}`.",
            )


def _torn_names(name: str, column: AnyColumn, data: MultiTaskData) -> tuple[int, int, int] | None:
    """
    How many values an input has, how many are both in training and test, and how many in test, if
    it seems to name groups of a few rows: many words, or numbers of a column that is called so,
    each in two rows or more, none in very many, and most of those in test torn. Other numbers, such
    as ages, years and counts, are there to be learned from.
    """
    if isinstance(column, SparseColumn) or not (
        column.kind is ColumnKind.CATEGORICAL
        or (column.kind is ColumnKind.NUMERIC and ID.search(name))
    ):
        return None
    values = column.values
    known = ~np.isnan(values)
    _, codes, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    if len(counts) < N_GROUPS or counts.min() < 2:
        return None
    if counts.mean() > GROUP_ROWS or counts.max() > LARGEST * counts.mean():
        return None
    place = np.full(len(values), -1)
    place[known] = codes
    train, test = (np.unique(place[part.rows]) for part in (data.train, data.test))
    test = test[test >= 0]
    n_torn = int(np.isin(test, train).sum())
    return (len(counts), n_torn, len(test)) if 2 * n_torn > len(test) else None


def _torn_queries(data: MultiTaskData) -> Iterator[Suspicion]:
    """Groups of rows to be ranked that have rows in several parts."""
    ends = np.cumsum([kind.n_targets for kind in data.kinds])
    for task, kind, end in zip(data.tasks, data.kinds, ends.tolist(), strict=True):
        if not kind.grouped:
            continue
        parts = [part.targets[:, end - 1] for part in (data.train, data.validation, data.test)]
        there = [np.unique(groups[~np.isnan(groups)]) for groups in parts]
        n_parts = np.unique(np.concatenate(there), return_counts=True)[1]
        if n_torn := int((n_parts > 1).sum()):
            column = task.columns[-1]
            yield Suspicion(
                "torn groups",
                (column,),
                f"{n_torn} of {len(n_parts)} groups of '{column}', whose rows '{task.name}' ranks, "
                f"are torn: they have rows in several parts, and are ranked in each without the "
                f"others. To keep them whole, write `split: {{groups: {column}}}`.",
            )
