"""The configuration to start from."""

from collections.abc import Iterable, Iterator, Mapping

from automtl.config.marks import inline


def starter_config(
    data: str,
    targets: Mapping[str, str],
    inputs: Mapping[str, str],
    notes: Iterable[str] = (),
    space: str = "default",
) -> str:
    """
    A commented configuration, written out so that what was inferred can be corrected in place.

    :param data: The path of the data file, relative to where the configuration will lie.
    :param targets: The task kind of each column to predict.
    :param inputs: The column kind of each input.
    :param notes: One sentence each on what was inferred or set aside.
    :param space: The name of the search space.

    >>> print(starter_config("a.csv", {"sex": "binary"}, {"age": "numeric"}).splitlines()[2])
    data: a.csv
    """
    lines = [
        "# Only `data` and `targets` are required. Start with `automtl search` and this file.",
        "",
        f"data: {inline(data)}",
        *_notes(notes),
        "",
        "# What to predict. The kinds were inferred; correct them where they are wrong.",
        "targets:",
        *(f"  {inline(name)}: {{kind: {inline(kind)}}}" for name, kind in targets.items()),
        *_columns(inputs),
        *_REST.format(space=inline(space)).splitlines(),
    ]
    return "\n".join(lines) + "\n"


def _notes(notes: Iterable[str]) -> Iterator[str]:
    for note in notes:
        yield f"# {''.join(letter if letter.isprintable() else ' ' for letter in note)}"


def _columns(inputs: Mapping[str, str]) -> Iterator[str]:
    if inputs:
        yield ""
        yield "# What to predict from is every other column. What each was taken for: numeric,"
        yield "# categorical, boolean, datetime or text. Correct it where it is wrong."
        yield "columns:"
        yield from (f"  {inline(name)}: {inline(kind)}" for name, kind in inputs.items())


_REST = """
# Columns to leave out, such as identifiers and whatever is known only after the targets are.
ignore: []

# How rows are divided. If rows belong together (several of one person, say) name the column that
# tells, with `groups`; if the future is to be predicted, the column of the time, with `time`.
split: {{train: 0.6, validation: 0.2, test: 0.2}}

# Which networks to look through: tiny (some hundred rows), default, or a YAML file of your own.
space: {space}

search:
  trials: 24       # at most so many trainings
  # minutes: 10    # at most so long
  seeds: 5         # how often each finalist is trained
  seed: 0          # what all random choices follow from
"""
