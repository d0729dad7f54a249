import subprocess
import sys

from hypothesis import assume, given
from hypothesis import strategies as st

from automtl.core.seed import derive_seed

parts = st.lists(st.integers() | st.text() | st.floats(allow_nan=False))


@given(parts=parts)
def test_a_seed_is_one_that_every_generator_takes(parts: list[object]) -> None:
    assert 0 <= derive_seed(*parts) < 2**63
    assert derive_seed(*parts) == derive_seed(*parts)


@given(one=parts, other=parts)
def test_each_name_has_its_own_seed(one: list[object], other: list[object]) -> None:
    assume(repr(one) != repr(other))
    assert derive_seed(*one) != derive_seed(*other)


def test_a_seed_is_the_same_in_every_process() -> None:
    code = "from automtl.core.seed import derive_seed; print(derive_seed(3, 'split', 0.5))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert int(printed.stdout) == derive_seed(3, "split", 0.5)
