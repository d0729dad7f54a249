"""One suspicion, and how names are listed in its sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

SHOWN = 8  # names in one sentence


@dataclass(frozen=True)
class Suspicion:
    """
    :param kind: What is suspected, in a word or two.
    :param columns: The columns it is about.
    :param text: What was found and what to do, as a sentence or two.
    """

    kind: str
    columns: tuple[str, ...]
    text: str


def listed(names: Sequence[str], what: str = "label", several: str = "") -> str:
    """Names for a sentence, as many as one can read."""
    quoted = [f"'{name}'" for name in names]
    if len(names) > SHOWN:
        return f"{len(names)} {several or what + 's'} ({shortened(quoted)})"
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def shortened(words: Sequence[str], between: str = ", ") -> str:
    """
    The first few of several words, and how many more there are.

    >>> shortened(["a"] * 9)
    'a, a, a, a, a, a, a, a and 1 more'
    """
    more = len(words) - SHOWN
    return between.join(words[:SHOWN]) + (f" and {more} more" if more > 0 else "")
