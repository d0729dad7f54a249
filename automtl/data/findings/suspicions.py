"""What in the data looks like a mistake, each with what to do about it."""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from automtl.data.dataset import MultiTaskData
from automtl.data.features.infer import IDENTIFIER_ROWS, IDENTIFIER_SHARE, why_identifier
from automtl.data.findings.divided import few_labels, lacking, torn, uneven
from automtl.data.findings.duplicates import fingerprints
from automtl.data.findings.leaks import Clue, Rule, rules
from automtl.data.findings.suspicion import Suspicion, listed, shortened
from automtl.data.labels.label_columns import Floats, LabelColumn
from automtl.data.parts.division import PART_WORDS
from automtl.data.parts.strata import Rows
from automtl.data.request import DataRequest
from automtl.data.table import AnyColumn, Column, ColumnKind, SparseColumn, Table

TOLD = 0.99  # score of one input from which it is suspicious
SAME = 0.999  # score of one label from which another is a function of it
NEAR_CONSTANT = 0.999  # share of the most frequent value, or all rows but one
SURELY_NOT = 0.9  # share of it in a sample, below which it is not near that
SHARED = 0.01  # share of rows with the inputs of a training row from which it matters
FLAG = (0.01, 0.99)  # share of missing values between which their places may tell something
MAX_LABELS = 200  # with more, labels are not compared with each other
ALONE = 0.5  # share of rows whose category no other row has, from which on it is told


def suspicions(
    data: MultiTaskData, labels: Sequence[LabelColumn], request: DataRequest | None = None
) -> list[Suspicion]:
    """
    All suspicions: parts that are not as large as asked for, labels that a part lacks or has few
    of, classes that are written in several ways, inputs that tell a label, labels that tell each
    other, rows that are in two parts, groups that are, inputs that are nearly constant, copies of
    another, seem an identifier, have categories of one row each or name the parts of a split.

    Rules are learned from the training rows alone.

    :param request: What was asked for; without it, nothing is said of how it was divided.
    """
    inputs = {name: _coded(column) for name, column in data.table.items()}
    identifiers = list(_identifiers(data.table, inputs))
    return [
        *uneven(data, request),
        *lacking(data, labels),
        *few_labels(data, labels),
        *_alike(labels),
        *_leaks(data, inputs, labels),
        *_dependent(data, labels),
        *_shared_rows(data, inputs, [name for found in identifiers for name in found.columns]),
        *torn(data, inputs, request),
        *_near_constant(data, inputs),
        *_copies(inputs),
        *identifiers,
        *_many_categories(inputs, identifiers),
        *_divisions(data.table),
    ]


def _coded(column: AnyColumn) -> AnyColumn:
    """The column as numbers, NaN where missing; a string is the number of its category."""
    if not column.kind.is_strings:
        return column
    encoded = pa.array(column.values, pa.string()).dictionary_encode()
    codes = np.asarray(encoded.indices.to_numpy(), np.float64)
    empty = encoded.dictionary.index("").as_py()
    return Column(column.kind, np.where(codes == empty, np.nan, codes))


def _leaks(
    data: MultiTaskData, inputs: Table, labels: Sequence[LabelColumn]
) -> Iterator[Suspicion]:
    """Inputs that tell a label almost perfectly, and inputs whose gaps do."""
    clues, names = [], []
    for name, column in data.table.items():
        coded = column if column.kind is ColumnKind.TEXT else inputs[name]
        for clue, what in _clues(name, coded, data.train.rows):
            clues.append(clue)
            names.append((name, what))
    found: dict[int, list[Rule]] = {}
    for rule in _rules(clues, labels, len(data.train.rows), TOLD):
        found.setdefault(rule.clue, []).append(rule)
    for place, own in found.items():
        name, what = names[place]
        told = [labels[rule.label].name for rule in own]
        yield Suspicion(
            "leak",
            (name, *told),
            f"{what} alone tells {listed(told)} almost perfectly ({own[0].measure} "
            f"{max(rule.score for rule in own):.3f}). If it is known only once the label is, "
            f"add '{name}' to 'ignore'.",
        )


def _clues(name: str, column: AnyColumn, rows: Rows) -> Iterator[tuple[Clue, str]]:
    what = f"a word of input '{name}'" if column.kind is ColumnKind.TEXT else f"input '{name}'"
    yield Clue(column, rows, named=column.kind.is_strings), what
    if not column.kind.is_strings and FLAG[0] < np.isnan(column.at(rows)).mean() < FLAG[1]:
        missing = Column(ColumnKind.BOOLEAN, np.isnan(column.values).astype(np.float64))
        yield Clue(missing, rows, named=False), f"whether input '{name}' is missing"


def _rules(
    clues: Sequence[Clue], labels: Sequence[LabelColumn], n_train: int, least: float
) -> list[Rule]:
    values = [label.values[:n_train] for label in labels]
    return rules(clues, values, [len(label.classes) for label in labels], least)


def _dependent(data: MultiTaskData, labels: Sequence[LabelColumn]) -> Iterator[Suspicion]:
    """Labels that are the same as another, or a function of it."""
    if len(labels) > MAX_LABELS:
        return
    n_train = len(data.train.rows)
    rows = np.arange(n_train)
    clues = [
        Clue(Column(ColumnKind.NUMERIC, label.values), rows, named=len(label.classes) > 2)
        for label in labels
    ]
    found = {
        (rule.clue, rule.label)
        for rule in _rules(clues, labels, n_train, SAME)
        if rule.clue != rule.label
    }
    for clue, label in sorted(found):
        both = (label, clue) in found
        if both and label < clue:
            continue
        first, second = labels[clue].name, labels[label].name
        yield Suspicion(
            "equal targets" if both else "dependent targets",
            (first, second),
            f"targets '{first}' and '{second}' tell each other almost perfectly. Leave one out: it "
            f"only counts the other twice."
            if both
            else f"target '{second}' is nearly a function of target '{first}'. Leave one out, "
            f"unless both are wanted: what they gain from sharing is no finding.",
        )


def _shared_rows(
    data: MultiTaskData, inputs: Table, identifiers: Sequence[str]
) -> Iterator[Suspicion]:
    """Rows to judge by whose inputs, apart from identifiers, are those of a training row."""
    told = [name for name in inputs if name not in identifiers]
    if not told:
        return
    prints = fingerprints(inputs[name].values for name in told)
    known = prints[data.train.rows]
    apart = f", apart from {listed(identifiers)}," if identifiers else ""
    for name, part in (("validation", data.validation), ("test", data.test)):
        count = int(np.isin(prints[part.rows], known).sum())
        if count >= max(2, SHARED * len(part.rows)):
            yield Suspicion(
                f"rows in training and {name}",
                (),
                f"{count} of {len(part.rows)} {name} rows ({count / len(part.rows):.1%}) have the "
                f"same inputs{apart} as a training row. If they are records of the same things, "
                f"drop the copies or split by a column that keeps them together ('groups').",
            )


def _near_constant(data: MultiTaskData, inputs: Table) -> Iterator[Suspicion]:
    """Inputs that say nearly nothing."""
    rows = data.train.rows
    names = [name for name, column in inputs.items() if _is_near_constant(column.at(rows))]
    if names:
        yield Suspicion(
            "nearly constant",
            tuple(names),
            f"{listed(names, 'input')} {'has' if len(names) == 1 else 'have'} one value in all "
            f"but very few training rows. There is little to learn from that; add what is not "
            f"needed to 'ignore'.",
        )


def _is_near_constant(values: Floats) -> bool:
    some = values[:: max(1, len(values) // 500)]  # a look at these spares most columns the sorting
    return _is_mostly_one(some, SURELY_NOT) and _is_mostly_one(values, NEAR_CONSTANT)


def _is_mostly_one(values: Floats, share: float) -> bool:
    values = np.sort(values)  # missing ones are at the end
    span = max(1, min(int(np.ceil(share * len(values))), len(values) - 1))
    first, last = values[: len(values) - span + 1], values[span - 1 :]
    return bool(((first == last) | np.isnan(first)).any())


def _identifiers(table: Table, inputs: Table) -> Iterator[Suspicion]:
    """Inputs that name the rows, and are kept because they were asked for or seem numbers."""
    for name, column in table.items():
        if reason := _why_names(column, inputs[name]):
            yield Suspicion(
                "identifier",
                (name,),
                f"input '{name}': {reason}. If it names the rows, add it to 'ignore': new rows "
                f"have names that were never seen.",
            )


def _why_names(column: AnyColumn, coded: AnyColumn) -> str | None:
    if isinstance(column, SparseColumn):
        return None  # most of its values are the same
    if column.kind == ColumnKind.CATEGORICAL:  # a look at the codes saves a long one at the strings
        known = coded.values[~np.isnan(coded.values)]
        many = len(np.unique(known)) >= IDENTIFIER_SHARE * len(known)
        return why_identifier(column) if many else None
    return why_identifier(column) or _why_distinct(column)


def _why_distinct(column: Column) -> str | None:
    """Why a column of whole numbers, nearly all of them there, seems to name the rows, if so."""
    if column.kind != ColumnKind.NUMERIC:
        return None
    values = column.values[~np.isnan(column.values)]
    if len(values) < max(IDENTIFIER_ROWS, IDENTIFIER_SHARE * column.n_rows):
        return None
    for some in (values[:IDENTIFIER_ROWS], values):  # most columns fail at the first few rows
        if (some != np.floor(some)).any() or len(np.unique(some)) < len(some):
            return None
    return f"its {len(values)} values are whole numbers and all distinct"


def _many_categories(inputs: Table, identifiers: Sequence[Suspicion]) -> Iterator[Suspicion]:
    """Inputs most of whose rows have a category of their own, that are no identifier."""
    told = {name for found in identifiers for name in found.columns}
    for name, column in inputs.items():
        if column.kind is not ColumnKind.CATEGORICAL or name in told:
            continue
        known = column.values[~np.isnan(column.values)]
        counts = np.unique(known, return_counts=True)[1]
        alone = int((counts == 1).sum())
        if len(known) >= IDENTIFIER_ROWS and alone >= ALONE * len(known):
            yield Suspicion(
                "many categories",
                (name,),
                f"input '{name}' has {len(counts)} categories in {len(known)} rows, {alone} of "
                f"them in one row only: nothing can be learned of these. Put categories together, "
                f"or add '{name}' to 'ignore'.",
            )


def _copies(inputs: Table) -> Iterator[Suspicion]:
    """Inputs that are equal to one before them; of strings, but for other words."""
    firsts: dict[tuple[ColumnKind, bytes], str] = {}
    copies: dict[str, str] = {}
    for name, column in inputs.items():
        digest = hashlib.sha256((column.values + 0.0).tobytes()).digest()  # -0 becomes 0
        first = firsts.setdefault((column.kind, digest), name)
        if first != name:
            copies[name] = first
    if copies:
        told = [f"'{name}' as '{first}'" for name, first in copies.items()]
        inputs_are = "input is" if len(copies) == 1 else "inputs are"
        yield Suspicion(
            "copies",
            tuple(copies),
            f"{len(copies)} {inputs_are} the same as another in all rows: {shortened(told)}. One "
            f"is enough: add what is not needed to 'ignore'.",
        )


def _alike(labels: Sequence[LabelColumn]) -> Iterator[Suspicion]:
    """Classes of a label that are the same word but for case and spaces."""
    for label in labels:
        ways: dict[str, list[str]] = {}
        for name in label.classes:
            ways.setdefault(" ".join(name.split()).casefold(), []).append(name)
        found = [listed(names, "class", "classes") for names in ways.values() if len(names) > 1]
        if found:
            yield Suspicion(
                "classes alike",
                (label.name,),
                f"target '{label.name}' has classes that differ by upper and lower case or spaces "
                f"alone: {shortened(found, '; ')}. They are taken for different classes; if they "
                f"are not, write them in one way in the file.",
            )


def _divisions(table: Table) -> Iterator[Suspicion]:
    """Inputs that say which part of a split a row belongs to."""
    for name, column in table.items():
        if column.kind is not ColumnKind.CATEGORICAL:
            continue
        words = sorted(set(column.values.tolist()) - {""})
        if len(words) > 1 and {word.lower() for word in words} <= PART_WORDS.keys():
            yield Suspicion(
                "division",
                (name,),
                f"input '{name}' has the values {listed(words, 'value')}. If it says which rows "
                f"are for what, write `split: {{column: {name}}}`; if not, or if another split is "
                f"wanted, add '{name}' to 'ignore'.",
            )
