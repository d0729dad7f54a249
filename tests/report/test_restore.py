import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from pathlib import Path
from typing import Any

from pytest import mark, raises

from automtl.report.restore import restore


@dataclass(frozen=True)
class Inner:
    mean: float
    width: float | None


@dataclass(frozen=True)
class Outer:
    one: Inner
    several: tuple[Inner, ...]
    pair: tuple[int, str]
    named: Mapping[str, Sequence[float]]
    free: Mapping[str, Any]
    choice: str | int | float
    none: Inner | None = None


def test_what_was_written_is_read_back() -> None:
    inner = Inner(0.5, None)
    made = Outer(inner, (inner, inner), (1, "a"), {"x": (1.0, 2.0)}, {"y": [1, {}]}, 3, inner)
    assert restore(Outer, json.loads(json.dumps(asdict(made)))) == made


def test_none_is_nan_only_where_a_number_must_be() -> None:
    found = restore(Inner, {"mean": None, "width": None})
    assert isnan(found.mean)
    assert found.width is None


def test_paths_come_back() -> None:
    assert restore(Path, "/a/b") == Path("/a/b")


@mark.parametrize("data", [{}, {"mean": 1.0, "width": 1.0, "more": 1}, None, {"mean": "x"}])
def test_other_data_are_refused(data: Any) -> None:
    with raises((KeyError, TypeError, ValueError, AttributeError)):
        restore(Inner, data)
