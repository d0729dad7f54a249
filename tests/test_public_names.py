from pytest import mark, raises

import automtl


@mark.parametrize("name", automtl.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(automtl, name) is not None
    assert sorted(automtl._HOMES) == sorted(automtl.__all__)


def test_another_name_is_not() -> None:
    with raises(AttributeError, match="has no attribute 'nothing'"):
        automtl.nothing  # noqa: B018
