"""Tasks of which nothing can be learned: those that the user did not name are left out."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from automtl.data.labels.targets import MIN_LABELS, Target
from automtl.data.parts.split import PARTS
from automtl.data.parts.strata import Rows


def without_unlearnable(
    targets: Sequence[Target], parts: Sequence[Rows] | None = None, at_random: bool = True
) -> tuple[list[Target], list[str]]:
    """
    The targets without the optional ones of which nothing can be learned, and a note on each of
    these.

    :param parts: The rows for training, validation and testing, if they are divided already.
    :param at_random: Whether they are to be divided so that all classes are in all parts.
    """
    kept: list[Target] = []
    notes = []
    for target in targets:
        why = why_unlearnable(target, parts, at_random) if target.optional else None
        if why is None:
            kept.append(target)
        else:
            notes.append(f"{target.task.name}: left out, {why}")
    return kept, notes


def why_unlearnable(
    target: Target, parts: Sequence[Rows] | None = None, at_random: bool = True
) -> str | None:
    """
    Why nothing can be learned of the target, or judged, if so. A class beyond two that is rare is
    no reason: it may be a mistake, which is better refused than left out.
    """
    known = target.labels[target.known]
    counts = Counter(known.ravel().tolist())
    if not counts:
        return "it has no label"
    if len(counts) == 1:
        return f"all of its {len(known)} labels are '{_text(next(iter(counts)))}'"
    if parts is not None:
        return _why_not_in_parts(target, parts)
    label, count = min(counts.items(), key=lambda item: item[1])
    if at_random and not target.kind.numeric and len(counts) == 2 and count < MIN_LABELS:
        return f"'{label}' has {count} rows, fewer than the split has parts"
    return None


def notes_on_labels(target: Target, parts: Sequence[Rows]) -> Iterator[str]:
    """A note on each of several columns that cannot be learned, or not be judged."""
    if not target.kind.several:
        return
    labels = [target.labels[rows] for rows in parts]
    for column, name in enumerate(target.task.columns[: target.labels.shape[1]]):
        known = [part[:, column][~np.isnan(part[:, column])] for part in labels]
        if target.kind.flags and len(set(known[0].tolist())) < 2:
            found = f"is always {known[0][0]:g}" if len(known[0]) else "has no label"
            yield f"{target.task.name}: '{name}' {found} in the train part, so it is not learned"
        for part, there in list(zip(PARTS, known, strict=True))[1:]:
            if not len(there):
                yield f"{target.task.name}: '{name}' has no label in the {part} part"


def _why_not_in_parts(target: Target, parts: Sequence[Rows]) -> str | None:
    for name, rows in zip(PARTS, parts, strict=True):
        if not target.known[rows].any():
            return f"it has no label in the {name} part"
    learnt = {label for label in target.labels[parts[0]].ravel().tolist() if label is not None}
    if not target.kind.numeric and len(learnt) < 2:
        return f"all of its labels in the train part are '{next(iter(learnt))}'"
    return None


def _text(label: object) -> str:
    return f"{label:g}" if isinstance(label, float) else str(label)
