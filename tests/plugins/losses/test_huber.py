from typing import Any

from pytest import mark, raises
from torch.testing import assert_close

from automtl.core.task import Floats, TaskKind
from automtl.testing import assert_loss_contract
from automtl_plugins.losses.absolute import Absolute
from automtl_plugins.losses.huber import Huber


def test_contract(
    regression: TaskKind, numbers: Floats, multi_output: TaskKind, pairs_of_numbers: Floats
) -> None:
    assert_loss_contract(Huber, regression, numbers)
    assert_loss_contract(Huber, multi_output, pairs_of_numbers)


def test_with_a_large_delta_it_is_half_the_squared_error(regression: TaskKind, draw: Any) -> None:
    outputs, targets, _ = draw(width=1)
    expected = 0.5 * regression.loss(outputs, targets).mean()
    assert_close(Huber(regression, delta=1e3)(outputs, targets, None), expected)


def test_with_a_small_delta_it_is_delta_times_absolute(multi_output: TaskKind, draw: Any) -> None:
    given = draw(width=2)
    expected = 1e-6 * Absolute(multi_output)(*given)
    assert_close(Huber(multi_output, delta=1e-6)(*given), expected, rtol=1e-4, atol=0)


@mark.parametrize("delta", [0.0, -1.0, float("inf"), float("nan")])
def test_rejects(delta: float, regression: TaskKind) -> None:
    with raises(ValueError, match="`0 < delta < inf` must hold, but got delta="):
        Huber(regression, delta=delta)
