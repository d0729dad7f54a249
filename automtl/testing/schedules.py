"""The contract of schedules."""

import math
from collections.abc import Callable

from automtl.core.schedule import Schedule
from automtl.testing.common import check_named


def assert_schedule_contract(make: Callable[[int], Schedule]) -> None:
    """Asserts of a schedule: its factors are finite, not negative, not all zero, and fixed."""
    for n_epochs in (1, 2, 30):
        schedule = make(n_epochs)
        check_named(type(schedule))
        factors = [schedule.factor(epoch) for epoch in range(n_epochs)]
        proper = all(0 <= factor < math.inf for factor in factors)
        assert proper, f"`0 <= factor < inf` must hold, but `{schedule.name}` gives {factors}."
        assert any(factors), f"`{schedule.name}` is zero in each of {n_epochs} epochs."
        again = [schedule.factor(epoch) for epoch in reversed(range(n_epochs))]
        assert factors == again[::-1], f"`{schedule.name}` depends on the order of the epochs."
