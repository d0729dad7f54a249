"""What the options of losses may be."""

import math


def check_above(bound: float, **options: float) -> None:
    """
    Checks that options are finite and larger than ``bound``.

    :raises ValueError: If one is not; the message names it.
    """
    for name, value in options.items():
        if not bound < value < math.inf:
            raise ValueError(f"`{bound:g} < {name} < inf` must hold, but got {name}={value!r}.")


def check_from(bound: float, **options: float) -> None:
    """
    Checks that options are finite and not smaller than ``bound``.

    :raises ValueError: If one is; the message names it.
    """
    for name, value in options.items():
        if not bound <= value < math.inf:
            raise ValueError(f"`{bound:g} <= {name} < inf` must hold, but got {name}={value!r}.")
