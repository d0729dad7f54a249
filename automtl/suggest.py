"""Did you mean: the name nearest to a misspelt one."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """
    A half-sentence to append to an error; it names everything where nothing is near. Upper and
    lower case are alike, and of two letters one may be wrong.

    >>> did_you_mean("spieces", ["species", "sex"])
    "did you mean 'species'?"
    >>> did_you_mean("SEX", ["species", "sex"])
    "did you mean 'sex'?"
    >>> did_you_mean("age", ["species", "sex"])
    "there are 'sex' and 'species'"
    >>> did_you_mean("age", [])
    'there are none'
    """
    known = sorted(set(names))
    alike = {other.casefold(): other for other in known}
    cutoff = 0.5 if len(name) == 2 else 0.6
    if near := get_close_matches(name.casefold(), alike, n=1, cutoff=cutoff):
        return f"did you mean '{alike[near[0]]}'?"
    if not known:
        return "there are none"
    *others, last = (f"'{other}'" for other in known[:12])
    if len(known) > 12:
        return f"there are {', '.join([*others, last])} and {len(known) - 12} more"
    return f"there are {', '.join(others)} and {last}" if others else f"there is only {last}"
