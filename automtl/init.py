"""The configuration to start from."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from automtl.config.marks import inline

WIDTH = 100  # letters of a line, from which on a target takes several
MANY = 60  # inputs, from which on only those of an unusual kind are named


def starter_config(
    data: str | Mapping[str, str],
    targets: Mapping[str, Mapping[str, object]],
    inputs: Mapping[str, str],
    notes: Iterable[str] = (),
    space: str = "default",
) -> str:
    """
    A commented configuration, written out so that what was inferred can be corrected in place.

    :param data: The path of the data file, relative to where the configuration will lie; or those
        of the parts of the split, by part.
    :param targets: What is to be said of each target: its kind and, if they are not the column of
        its name, its columns or separator.
    :param inputs: The column kind of each input.
    :param notes: One sentence each on what was inferred or set aside.
    :param space: The name of the search space.

    >>> text = starter_config("a.csv", {"sex": {"kind": "binary"}}, {"age": "numeric"})
    >>> print(text.splitlines()[2])
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
        *(line for name, target in targets.items() for line in _target(name, target)),
        *_remarks(targets),
        *_columns(inputs),
        *_REST.format(
            space=inline(space), split=_SPLIT if isinstance(data, str) else _CUT
        ).splitlines(),
    ]
    return "\n".join(lines) + "\n"


def _target(name: str, target: Mapping[str, object]) -> Iterator[str]:
    """A target on one line, or on several if that is long."""
    line = f"  {inline(name)}: {inline(dict(target))}"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"  {inline(name)}:"
    for key, value in target.items():
        if isinstance(value, list):
            yield f"    {key}:"
            yield from (f"      - {inline(one)}" for one in value)
        else:
            yield f"    {key}: {inline(value)}"


def _remarks(targets: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """What else could be done with labels of 0 and 1."""
    if any(target["kind"] == "multilabel" for target in targets.values()):
        yield "  # The labels of a multilabel target are learned by one head. With"
        yield "  # `split_labels: true` each is a task of its own, and the search may part them."
    binary = [name for name, target in targets.items() if target["kind"] == "binary"]
    if len(binary) > 1 and len(binary) == len(targets):
        whole = inline({"kind": "multilabel", "columns": binary})
        yield "  # The search may part these tasks. If they are labels of which a row may have"
        yield "  # several, they can be one target in their place, with thresholds for each:"
        yield f"  #   labels: {whole}"


def _notes(notes: Iterable[str]) -> Iterator[str]:
    for note in notes:
        yield f"# {''.join(letter if letter.isprintable() else ' ' for letter in note)}"


def _columns(inputs: Mapping[str, str]) -> Iterator[str]:
    if not inputs:
        return
    shown = inputs
    yield ""
    yield "# What to predict from is every other column. What each was taken for: numeric,"
    yield "# categorical, boolean, datetime or text. Correct it where it is wrong."
    if len(inputs) > MANY:
        usual, count = Counter(inputs.values()).most_common(1)[0]
        shown = {name: kind for name, kind in inputs.items() if kind != usual}
        yield f"# {count} columns that are not named here were taken for {usual}."
    yield "columns:" if shown else "columns: {}"
    yield from (f"  {inline(name)}: {inline(kind)}" for name, kind in shown.items())


_REST = """
# Columns to leave out, such as identifiers and whatever is known only after the targets are.
ignore: []

{split}

# Which networks to look through: tiny (some hundred rows), default, or a YAML file of your own.
space: {space}

search:
  trials: 24       # at most so many trainings
  # minutes: 10    # at most so long
  seeds: 5         # how often each finalist is trained
  seed: 0          # what all random choices follow from
"""

_SPLIT = """\
# How rows are divided. If rows belong together (several of one person, say) name the column that
# tells, with `groups`; if the future is to be predicted, the column of the time, with `time`.
split: {train: 0.6, validation: 0.2, test: 0.2}"""

_CUT = """\
# The files of `data` divide the rows; the part to validate on is cut out of that for training, by
# the shares of these two.
split: {train: 0.6, validation: 0.2, test: 0.2}"""
