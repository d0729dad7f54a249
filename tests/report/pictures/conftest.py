"""Evidence to draw pictures of."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from pytest import fixture

from automtl.report.evidence import Detail, task_evidence

HOSTILE = "<script>alert('\"&')</script>"


@fixture(scope="session")
def evidence() -> Callable[..., dict[str, Any]]:
    """Makes the evidence of a task of some form, from random predictions and targets."""
    return _evidence


def _evidence(form: str, n_rows: int = 60, seed: int = 0, size: int = 4) -> dict[str, Any]:
    """
    :param form: ``classes``, ``levels``, ``labels``, ``values``, ``columns``, ``counts`` or
        ``queries``.
    :param size: How many classes, labels or columns; the second has a hostile name.
    """
    rng = np.random.default_rng(seed)
    names = tuple(HOSTILE if at == 1 else f"name {at}" for at in range(size))
    told: dict[str, Any] = {}
    predictions, targets = rng.random((n_rows, 1)), rng.random(n_rows)
    if form in ("classes", "levels"):
        told = {"classes": names, "ordered": form == "levels"}
        predictions = rng.dirichlet(np.ones(size), n_rows)
        targets = rng.integers(0, size, n_rows).astype(float)
    elif form == "labels":
        told = {"columns": names, "flags": True}
        predictions = rng.random((n_rows, size))
        targets = (rng.random((n_rows, size)) < 0.4).astype(float)
    elif form == "columns":
        told = {"columns": names}
        predictions, targets = rng.normal(size=(2, n_rows, size))
    elif form == "counts":
        told = {"whole": True}
        targets = rng.poisson(3, n_rows).astype(float)
    elif form == "queries":
        told = {"grouped": True}
        targets = np.column_stack([rng.integers(0, 3, n_rows), np.arange(n_rows) // 5])
    return task_evidence(_kind(told), predictions, targets.astype(float), Detail())


def _kind(told: Mapping[str, Any]) -> Any:
    known = {"classes": (), "columns": (), "decision": None, "flags": False, "grouped": False}
    return SimpleNamespace(name="some", **{"ordered": False, "whole": False, **known, **told})
