"""Columns that become tasks: their labels and kinds."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from automtl.core.task import Floats, Task, TaskKind
from automtl.data.check import check_form, check_metric
from automtl.data.features.infer import infer_task_kind, to_column
from automtl.data.features.lookalikes import odd_one_out, seeming
from automtl.data.features.text import NULLS, parse_category
from automtl.data.files.source import Source
from automtl.data.labels.labelsets import flags, read_set
from automtl.data.labels.separators import guess_separator
from automtl.data.labels.spelling import as_text
from automtl.data.parts.split import PARTS
from automtl.data.parts.strata import Rows
from automtl.data.request import TargetRequest
from automtl.data.table import ColumnKind
from automtl.errors import DataError, LabelError
from automtl.plugins import Plugins
from automtl.suggest import did_you_mean

NO_LABELS = "a target must have labels, but all are missing. Leave it out of the targets."
MIN_LABELS = len(PARTS)  # of each class: one in each part of the split


@dataclass(frozen=True)
class Target:
    """
    A task with its labels.

    :param labels: ``[n_rows]``: floats with NaN where missing if the kind is numeric, else strings
        with None where missing. Floats ``[n_rows, n_columns]`` if the kind takes several columns.
    :param notes: What was inferred or repaired.
    :param options: What its kind is told, beside the labels.
    :param optional: Whether it may be left out where nothing can be learned from it.
    """

    task: Task
    kind: type[TaskKind]
    labels: NDArray[Any]
    notes: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    optional: bool = False

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows have a label, ``[n_rows]``."""
        if self.kind.several:
            return np.asarray(~np.isnan(self.labels).all(1))
        if self.kind.numeric:
            return np.asarray(~np.isnan(self.labels))
        return np.array([label is not None for label in self.labels.tolist()])


def read_target(request: TargetRequest, raw: pa.Table, source: Source, plugins: Plugins) -> Target:
    """
    Reads the labels of one target.

    :raises DataError: If there are not two distinct labels and the target is not optional, a label
        is not what the kind or its options want, or the kind that was inferred does not fit what
        is asked of it.
    """
    column, notes = request.label_columns[0], []
    name = request.kind
    if name is None:
        name, reason = _infer(request, raw, source)
        notes.append(f"{request.name}: {name} ({reason})")
        if name == "multiclass" and (mark := guess_separator(raw[column])):
            notes.append(
                f"{request.name}: its labels look like sets, separated by '{mark}'. If they are, "
                f'write `{request.name}: {{separator: "{mark}"}}`'
            )
    if name not in plugins.task_kinds:
        mend = did_you_mean(name, plugins.task_kinds)
        raise source.error(f"looks like {name}, but no plugin offers it; {mend}", column)
    kind = plugins.task_kinds[name]
    if not request.split_labels:
        check_metric(request, kind, source)
    check_form(request, kind, source)
    task = Task(request.name, name, request.label_columns, request.metric, request.weight)
    if kind.several:
        target = _several(request, task, kind, raw, source)
    else:
        labels = _labels(raw[column], kind, source, column)
        target = Target(task, kind, labels, (), request.options)
    if kind.numeric and not kind.several:
        notes += _infinite(target, raw[column])
    target = replace(target, notes=(*notes, *target.notes), optional=request.optional)
    if not target.optional:
        _check_variety(target, source)
    if target.options:  # before the split: what they say may be why a class seems rare
        fit_kind(target, np.arange(len(target.labels)), source)
    return target


def check_rare_classes(target: Target, source: Source) -> None:
    """
    Checks that every class can be in every part of the split.

    :raises DataError: If a class has too few labels, or is one too many for the kind; the message
        says where they are.
    """
    if target.kind.numeric or target.kind.several:
        return
    counts = Counter(target.labels[target.known].tolist())
    for label, count in counts.items():
        if count < MIN_LABELS:
            fit_kind(target, np.arange(len(target.labels)), source)
            places = " and ".join(source.place(int(row)) for row in _rows_of(target, label))
            seems = seeming(pa.chunked_array([[str(word) for word in counts]]))
            raise source.error(
                f"every class must have at least {MIN_LABELS} rows, one for each part of the "
                f"split, but '{label}' has {count}, on {places}. Merge it with another class, "
                f"leave these labels empty, name a split column, or say that the kind is "
                f"regression if the labels are quantities."
                f"{f' (They seem to be {seems}.)' if seems else ''}",
                target.task.columns[0],
            )


def check_parts(target: Target, parts: Sequence[Rows], source: Source) -> None:
    """
    Checks that the split leaves something to learn from and to judge by.

    :raises DataError: If a part has no label, or a class has no training row.
    """
    for name, rows in zip(PARTS, parts, strict=True):
        if not target.known[rows].any():
            raise refusal(
                target,
                source,
                f"every part of the split must have labels, but the {name} part has none among "
                f"its {len(rows)} rows. Split in another way, or leave the target out.",
            )
    if target.kind.numeric or target.kind.several:
        return
    learnt = set(target.labels[parts[0]].tolist())
    for label in sorted(set(target.labels[target.known].tolist()) - learnt):
        place = source.place(int(_rows_of(target, label)[0]))
        raise source.error(
            f"every class must be in the train part of the split, but '{label}', on {place}, is "
            f"not. Split in another way, or leave these labels empty.",
            target.task.columns[0],
        )


def fit_kind(target: Target, train: Rows, source: Source) -> TaskKind:
    """
    The target's kind, fitted to its labels.

    :raises DataError: If the kind refuses the labels.
    """
    try:
        return _fitted(target, train, target.options)
    except LabelError as error:
        raise source.error(str(error), target.task.columns[error.column], error.row) from None
    except DataError as error:
        refused, option = refusal(target, source, str(error)), _culprit(target, train, str(error))
        if option is not None:
            refused.at("targets", target.task.target or target.task.name, "options", option)
        raise refused from None


def _fitted(target: Target, train: Rows, options: Mapping[str, Any]) -> TaskKind:
    mask = np.zeros(len(target.labels), dtype=bool)
    mask[train] = True
    columns = {"columns": target.task.columns} if target.kind.several else {}
    return target.kind.fit(target.labels, mask, **options, **columns)


def _culprit(target: Target, train: Rows, message: str) -> str | None:
    """The option without which the kind would not refuse the labels with this message."""
    for option in target.options:
        others = {name: value for name, value in target.options.items() if name != option}
        try:
            _fitted(target, train, others)
        except DataError as error:
            if str(error) == message:
                continue
        return option
    return None


def refusal(target: Target, source: Source, message: str) -> DataError:
    """An error that begins with the file and the target's column, or its name if it has several."""
    if len(target.task.columns) == 1:
        return source.error(message, target.task.columns[0])
    return source.error(f"target '{target.task.name}': {message}")


def _infer(request: TargetRequest, raw: pa.Table, source: Source) -> tuple[str, str]:
    """
    The name of the kind that fits, and why.

    :raises DataError: If nearly all labels are numbers, and a few are not.
    """
    if request.query is not None:
        return "ranking", f"of the rows with one '{request.query}'"
    if request.separator is not None:
        return "multilabel", f"labels separated by '{request.separator}'"
    columns = request.label_columns
    if len(columns) == 1:
        labels = as_text(raw[columns[0]])
        if odd := odd_one_out(labels):
            what, word, _ = odd
            raise source.error(
                f"nearly all labels are {what}, but '{word}' is not. Mend it, leave it empty, or "
                f"say what the target is: `{request.name}: {{kind: multiclass}}`.",
                columns[0],
                pc.index(labels, word).as_py(),
            )
        return infer_task_kind(labels)
    others = [column for column in columns if flags(raw[column]) is None]
    if request.split_labels or not others:
        return "multilabel", f"{len(columns)} columns of 0 and 1"
    not_all = f"; others than 0 and 1 are in '{others[0]}'" if len(others) < len(columns) else ""
    return "multi_output", f"{len(columns)} columns of numbers{not_all}"


def _several(
    request: TargetRequest, task: Task, kind: type[TaskKind], raw: pa.Table, source: Source
) -> Target:
    """A target whose labels are ``[n_rows, n_columns]``."""
    columns = request.label_columns
    if request.separator is not None:
        names, labels = read_set(raw[columns[0]], request.separator)
        _check_set(names, raw[columns[0]], request.separator, source, columns[0])
        return Target(replace(task, columns=names), kind, labels, (), request.options)
    if kind.flags:
        _check_separated(request, raw, source)
        found = [_flags(raw[column], source, column) for column in columns]
    else:
        found = [_numbers(raw[column], kind, source, column) for column in columns]
    notes = []
    if request.query is not None:
        groups, sizes, n_alone = _groups(raw[request.query])
        if n_alone:
            notes.append(
                f"{request.name}: {n_alone} of {len(groups)} rows have no '{request.query}': in no "
                f"group to be ranked, they are not counted"
            )
        if single := int((sizes == 1).sum()) - n_alone:
            notes.append(
                f"{request.name}: {single} of {len(sizes) - n_alone} groups of '{request.query}' "
                f"have one row; nothing is to be ranked there, so they are not counted"
            )
        found.append(groups)
        columns = (*columns, request.query)
    labels = np.column_stack(found)
    return Target(replace(task, columns=columns), kind, labels, tuple(notes), request.options)


def _check_set(
    names: Sequence[str], values: pa.ChunkedArray, separator: str, source: Source, column: str
) -> None:
    if not names:
        raise source.error(NO_LABELS, column)
    if not pc.any(pc.match_substring(values.cast(pa.string()), separator)).as_py():
        mark = guess_separator(values)
        mend = f'Write `separator: "{mark}"`' if mark else "Name the right separator"
        raise source.error(
            f"labels are separated by '{separator}', but no row has it: none would have more than "
            f"one label. {mend}, or none for one label a row.",
            column,
        )
    if len(names) < 2:
        raise source.error(
            f"a set has at least two different labels, but there is '{names[0]}' alone. Leave it "
            f"out of the targets.",
            column,
        )


def _check_separated(request: TargetRequest, raw: pa.Table, source: Source) -> None:
    column = request.label_columns[0]
    if len(request.label_columns) == 1 and (mark := guess_separator(raw[column])):
        raise source.error(
            f"labels of a set are 0 or 1 in a column each, or together in one, but here a cell "
            f"holds several and nothing says how. Name what separates them: "
            f'`{request.name}: {{separator: "{mark}"}}`.',
            column,
        )


def _flags(values: pa.ChunkedArray, source: Source, name: str) -> Floats:
    """Labels of 0 and 1, NaN where missing."""
    found = flags(values)
    if found is None:
        numbers = to_column(values, ColumnKind.BOOLEAN, source, name).values
        wrong = ~np.isnan(numbers) & (numbers != 0) & (numbers != 1)
        row = int(wrong.argmax())
        raise source.error(
            f"labels of a set are 0 or 1, but here is {numbers[row]:g}. Correct it, or choose "
            f"another kind, such as multi_output.",
            name,
            row,
        )
    return found


def _numbers(values: pa.ChunkedArray, kind: type[TaskKind], source: Source, name: str) -> Floats:
    return np.asarray(_labels(values, kind, source, name), dtype=np.float64)


def _groups(values: pa.ChunkedArray) -> tuple[Floats, NDArray[np.int64], int]:
    """
    The number of each row's group, from 1; the groups' sizes; and how many rows have none, each of
    which is a group of its own.
    """
    words = [parse_category(str(word or "")) for word in values.to_pylist()]
    known = {word: code for code, word in enumerate(sorted(set(words) - {""}), start=1)}
    alone = len(known) + 1
    codes = [known[word] if word else alone + row for row, word in enumerate(words)]
    _, place, sizes = np.unique(codes, return_inverse=True, return_counts=True)
    numbers, sizes = place.astype(np.float64) + 1, sizes.astype(np.int64)
    return numbers, sizes, words.count("")


def _labels(
    texts: pa.ChunkedArray, kind: type[TaskKind], source: Source, name: str
) -> NDArray[Any]:
    wanted = ColumnKind.NUMERIC if kind.numeric else ColumnKind.CATEGORICAL
    texts = texts if kind.numeric else as_text(texts)
    try:
        values = to_column(texts, wanted, source, name).values
    except DataError as error:
        raise DataError(f"{error} (It is the target of a {kind.name} task.)") from None
    if not kind.numeric:
        values[values == ""] = None
    return values


def _infinite(target: Target, texts: pa.ChunkedArray) -> list[str]:
    written = texts.cast(pa.string()).fill_null("")
    missing = int(pc.sum(pc.is_in(written, pa.array(NULLS))).as_py())
    if infinite := int(np.isnan(target.labels).sum()) - missing:
        return [f"{target.task.name}: {infinite} infinite labels count as missing"]
    return []


def _check_variety(target: Target, source: Source) -> None:
    labels = target.labels[target.known]
    if target.kind.grouped:
        labels = labels[:, :-1]
    known = [label for label in labels.ravel().tolist() if label == label]  # NaN is not itself
    if not known:
        raise refusal(target, source, NO_LABELS)
    if len(set(known)) < 2:
        raise refusal(
            target,
            source,
            f"a target must have at least two distinct labels, but all {len(known)} are "
            f"'{known[0]}'. Leave it out of the targets.",
        )


def _rows_of(target: Target, label: str) -> Rows:
    return np.flatnonzero(target.labels == label)
