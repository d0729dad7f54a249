from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pytest import mark

from automtl.deploy.compress import Compression
from automtl.exporting.wanted import TOLERANCE, Exported, Wanted

TRAINED = {"candidate": "ab", "ensemble": 1, "opset": 18, "compression": Compression.FP16}
OF_THE_FILE: dict[str, Any] = {"tasks": ("a",), "tolerance": 0.5}


def test_nothing_is_asked_by_default() -> None:
    assert not Wanted().anew
    assert Wanted().tolerance == TOLERANCE


@mark.parametrize("name", OF_THE_FILE)
def test_a_part_is_cut_out_of_the_file_that_there_is(name: str) -> None:
    assert not replace(Wanted(), **{name: OF_THE_FILE[name]}).anew


@mark.parametrize("compression", Compression)
def test_every_compression_needs_the_networks(compression: Compression) -> None:
    assert Wanted(compression=compression).anew == (compression is not Compression.NONE)


@mark.parametrize("number", [0, 1, 20])
def test_numbers_are_asked_for_even_if_they_are_none_at_all(number: int) -> None:
    assert Wanted(ensemble=number).anew
    assert Wanted(opset=number).anew


@given(st.sets(st.sampled_from([*TRAINED, *OF_THE_FILE])))
def test_the_file_will_not_do_where_anything_of_the_networks_is_asked(names: set[str]) -> None:
    asked = {name: {**TRAINED, **OF_THE_FILE}[name] for name in names}
    assert replace(Wanted(), **asked).anew == bool(names & TRAINED.keys())


def test_exports_do_not_share_what_they_found() -> None:
    one, other = (Exported(Path("x"), (1, 1), (1.0, 1.0), 1, False) for _ in range(2))
    assert one == other
    assert one.differences is not other.differences
    assert one.changes is not other.changes
