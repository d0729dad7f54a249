from pytest import MonkeyPatch, mark, raises

import automtl


@mark.parametrize("name", automtl.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(automtl, name) is not None
    assert sorted(automtl._HOMES) == sorted(automtl.__all__)


def test_another_name_is_not() -> None:
    with raises(AttributeError, match="has no attribute 'nothing'"):
        automtl.nothing  # noqa: B018


def test_a_search_is_called_as_the_room_is_that_has_its_name(monkeypatch: MonkeyPatch) -> None:
    import automtl.search.tune  # which makes ``automtl.search`` the room

    heard = {}
    monkeypatch.setattr("automtl.results.search", lambda *given, **more: heard.update(more))
    automtl.search("automtl.yaml", progress=False)
    assert heard == {"progress": False}
    assert automtl.search.tune.__name__ == "automtl.search.tune"
