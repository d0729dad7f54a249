from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
from pytest import MonkeyPatch, fixture

from automtl.data.dataset import MultiTaskData

BENCHMARKS = Path(__file__).resolve().parents[2] / "examples/benchmarks"


@fixture
def benchmark(monkeypatch: MonkeyPatch) -> Callable[[str], ModuleType]:
    """Imports a module of the benchmarks, as their commands do."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return import_module


def test_ratios_are_of_what_was_measured(
    benchmark: Callable[[str], ModuleType], monkeypatch: MonkeyPatch
) -> None:
    clock, module = [0.0], benchmark("inference")

    def wait(seconds: float) -> Callable[[], None]:
        def call() -> None:
            clock[0] += seconds

        return call

    monkeypatch.setattr(module.time, "perf_counter", lambda: clock[0])
    found = module.compare({module.WHOLE: wait(0.01), module.EAGER: wait(0.05)}, 4)
    assert found[module.WHOLE]["ratio"] == 1
    for key in ("ratio", "lowest", "highest"):
        np.testing.assert_allclose(found[module.EAGER][key], 5)
    np.testing.assert_allclose([found[module.EAGER][key] for key in ("p50", "p99")], 0.05)
    assert (found[module.WHOLE]["calls"], found[module.EAGER]["calls"]) == (40, 12)


def test_one_task_has_its_own_column_of_targets(
    benchmark: Callable[[str], ModuleType], penguins: MultiTaskData
) -> None:
    for index, task in enumerate(penguins.tasks):
        one = benchmark("contenders").only(penguins, index)
        assert one.tasks == (task,)
        assert one.kinds == (penguins.kinds[index],)
        np.testing.assert_array_equal(one.test.targets[:, 0], penguins.test.targets[:, index])
        assert one.test.inputs is penguins.test.inputs
