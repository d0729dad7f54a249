"""Did you mean: the name nearest to a misspelt one."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """
    A half-sentence to append to an error; it names everything where nothing is near.

    >>> did_you_mean("spieces", ["species", "sex"])
    "did you mean 'species'?"
    >>> did_you_mean("age", ["species", "sex"])
    "there are 'sex' and 'species'"
    >>> did_you_mean("age", [])
    'there are none'
    """
    known = sorted(set(names))
    if near := get_close_matches(name, known, n=1, cutoff=0.6):
        return f"did you mean '{near[0]}'?"
    if not known:
        return "there are none"
    *others, last = (f"'{other}'" for other in known[:12])
    if len(known) > 12:
        return f"there are {', '.join([*others, last])} and {len(known) - 12} more"
    return f"there are {', '.join(others)} and {last}" if others else f"there is only {last}"
