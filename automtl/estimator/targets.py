"""What a caller says of the tasks, by name."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

# The name of a kind, or a mapping as under ``targets`` in a configuration file.
Asked: TypeAlias = Mapping[str, str | Mapping[str, Any]]


def targets_of(asked: Asked, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The targets as in a configuration: what is asked, and each other column of y."""
    told = {t: {"kind": s} if isinstance(s, str) else dict(s) for t, s in asked.items()}
    taken = {column for task, own in told.items() for column in own.get("columns") or [task]}
    return told | {name: {} for name in names if name not in taken}


def separators_of(asked: Asked) -> dict[str, str]:
    """What stands between the labels of a set, by the column that it is written in."""
    told = {task: own for task, own in asked.items() if not isinstance(own, str)}
    return {
        next(iter(own.get("columns") or [task])): own["separator"]
        for task, own in told.items()
        if "separator" in own
    }
