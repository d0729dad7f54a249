from automtl.data.bundled import PENGUINS


def test_penguins_are_there() -> None:
    lines = PENGUINS.read_text().splitlines()
    assert lines[0].startswith("species,island,")
    assert len(lines) == 1 + 344
