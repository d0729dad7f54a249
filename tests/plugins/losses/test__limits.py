"""No loss takes an option that is not finite."""

from typing import Any

from pytest import FixtureRequest, mark, raises

from automtl.plugins import load_plugins, options
from automtl_plugins.losses._limits import check_above, check_from

LOSSES = load_plugins().losses
FLOATS = [
    (name, option)
    for name, loss in LOSSES.items()
    for option, parameter in options(loss).items()
    if parameter.annotation is float
]


@mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@mark.parametrize(("name", "option"), FLOATS)
def test_an_option_that_is_not_finite_is_named(
    name: str, option: str, value: float, request: FixtureRequest
) -> None:
    kind = request.getfixturevalue(LOSSES[name].kinds[0])
    with raises(ValueError, match=rf"`.*\b{option}\b.*` must hold, but got {option}={value}"):
        LOSSES[name](kind, **{option: value})


def test_all_options_of_losses_are_looked_at() -> None:
    others = {
        (name, option): parameter.annotation
        for name, loss in LOSSES.items()
        for option, parameter in options(loss).items()
        if (name, option) not in FLOATS
    }
    assert others == {("splc", "start"): int, ("lambda_rank", "exponential"): bool}
    assert ("distribution_balanced", "mu") in FLOATS


@mark.parametrize("check", [check_above, check_from])
def test_the_option_at_fault_is_named(check: Any) -> None:
    check(0, fine=0.5)
    with raises(ValueError, match=r"`0 <=? wrong < inf` must hold, but got wrong=-1\."):
        check(0, fine=0.5, wrong=-1)


def test_the_bound_itself_is_in_or_out() -> None:
    check_from(0, option=0.0)
    with raises(ValueError, match="`0 < option < inf`"):
        check_above(0, option=0.0)
