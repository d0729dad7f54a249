"""What an exported file says of itself: its inputs and outputs, as JSON in its metadata."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from automtl.data.table import ColumnKind

SCHEMA_KEY = "automtl.schema"  # in the metadata of the file
VERSION_KEY = "automtl.version"


@dataclass(frozen=True)
class Input:
    """
    A column to predict from. Strings ``[batch, 1]`` if it is categorical or free text, doubles
    ``[batch, 1]`` otherwise; what the values mean is said in `automtl.data.table.Column`.

    :param categories: The categories that the network tells apart, if it is categorical.
    :param range: The lowest and the highest value in training, if it is numbers or date-times.
    """

    name: str
    kind: ColumnKind
    categories: tuple[str, ...] = ()
    range: tuple[float, float] | None = None


@dataclass(frozen=True)
class Output:
    """
    What is predicted for one task.

    :param kind: The name of the task's kind.
    :param name: The output with the label, text ``[batch]``; or, without classes, with the value
        in the target's own units, floats ``[batch]``; or, with ``members``, with the values, floats
        ``[batch, n_members]``, or which labels are predicted, integers 0 and 1 of that shape.
    :param probability: The output with the probabilities of ``classes`` or of labels, floats
        ``[batch, n_classes]``; None where there are none.
    :param members: What the columns stand for, if several values or labels are predicted.
    :param thresholds: Of labels, the probability from which on each is predicted.
    :param top_k: Of labels, how many of a row's most probable ones are predicted whatever their
        threshold; None for none.
    """

    task: str
    kind: str
    name: str
    probability: str | None = None
    classes: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    thresholds: tuple[float, ...] = ()
    top_k: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its one or two outputs."""
        return (self.name,) if self.probability is None else (self.name, self.probability)

    @property
    def columns(self) -> list[str]:
        """The columns it has in a file of predictions."""
        if not self.members:
            return [self.name, *(f"{self.probability}_{label}" for label in self.classes)]
        likely = self.members if self.probability else ()
        return [*self.members, *(f"{member}_probability" for member in likely)]


@dataclass(frozen=True)
class Schema:
    """The inputs and outputs of an exported file."""

    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]

    def to_json(self) -> str:
        """The schema as text; `from_json` reads it back. What does not apply is left out."""
        lists = asdict(self)
        used = {
            key: [{k: v for k, v in item.items() if v not in (None, ())} for item in items]
            for key, items in lists.items()
        }
        return json.dumps(used, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Schema":
        """
        Reads what `to_json` wrote.

        :raises ValueError: If it is not JSON.
        :raises KeyError, TypeError: If it is other JSON.
        """
        data = json.loads(text)
        return cls(
            tuple(Input(**_tuples(i, kind=ColumnKind(i["kind"]))) for i in data["inputs"]),
            tuple(Output(**_tuples(o)) for o in data["outputs"]),
        )


def _tuples(fields: Mapping[str, Any], **others: Any) -> dict[str, Any]:
    """``fields`` with tuples for lists, and with ``others``."""
    made = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
    return made | others
