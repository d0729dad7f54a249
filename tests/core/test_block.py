from pytest import mark

from automtl.core.block import InputSpec


@mark.parametrize(
    ("layout", "size"),
    [
        (InputSpec((), 0, ()), 0),
        (InputSpec(((0.0, 1.0), (0.0, 0.5, 1.0)), 0, ()), 2),
        (InputSpec((), 3, ()), 3),
        (InputSpec((), 0, (4, 2)), 6),
        (InputSpec(((0.0, 1.0),), 3, (4, 2)), 10),
    ],
)
def test_every_column_counts(layout: InputSpec, size: int) -> None:
    assert layout.size == size
