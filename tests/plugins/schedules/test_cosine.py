import torch
from pytest import approx, mark, raises

from automtl.testing import assert_schedule_contract
from automtl_plugins.schedules.cosine import Cosine


def factors(schedule: Cosine) -> list[float]:
    return [schedule.factor(epoch) for epoch in range(schedule.n_epochs)]


def test_contract() -> None:
    assert_schedule_contract(Cosine)


def test_agrees_with_torch() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    annealing = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    expected = []
    for _ in range(10):
        expected += annealing.get_last_lr()
        optimizer.step()
        annealing.step()
    assert factors(Cosine(10)) == approx(expected)


def test_falls_from_one_and_stays_above_zero() -> None:
    found = factors(Cosine(9))
    assert found == sorted(found, reverse=True)
    assert found[0] == 1.0
    assert found[-1] > 0


def test_warms_up_and_then_falls_in_what_is_left() -> None:
    found = factors(Cosine(10, warmup=3))
    assert found[:3] == [0.25, 0.5, 0.75]
    assert found[3:] == approx(factors(Cosine(7)))


@mark.parametrize("warmup", [-1, 5, 6])
def test_rejects_a_warm_up_that_does_not_fit(warmup: int) -> None:
    with raises(ValueError, match=f"`0 <= warmup < n_epochs` must hold, but got warmup={warmup}"):
        Cosine(5, warmup)
