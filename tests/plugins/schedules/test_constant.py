from automtl.testing import assert_schedule_contract
from automtl_plugins.schedules.constant import Constant


def test_contract() -> None:
    assert_schedule_contract(Constant)


def test_never_changes() -> None:
    assert {Constant(7).factor(epoch) for epoch in range(7)} == {1.0}
