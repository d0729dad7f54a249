"""What each input and output of an exported file means, in words that travel inside the file."""

from automtl.core.task import TaskKind
from automtl.data.table import ColumnKind
from automtl.deploy.schema import Output

INPUTS = {
    ColumnKind.NUMERIC: "a number in the units of the column; NaN where it is missing",
    ColumnKind.BOOLEAN: "1 for true, 0 for false; NaN where it is missing",
    ColumnKind.DATETIME: "seconds since 1970 in UTC; NaN where it is missing",
    ColumnKind.CATEGORICAL: "a category; empty where it is missing",
    ColumnKind.TEXT: "free text; empty where it is missing",
}


def output_docs(output: Output, kind: TaskKind) -> list[str]:
    """What the outputs of a task are, a line each; what their columns are is in the schema."""
    task, classes, members = f"task {output.task}", len(output.classes), len(output.members)
    if classes:
        which = "median of {} levels" if kind.ordered else "most probable of {} classes"
        return [f"{task}: the {which.format(classes)}", f"{task}: their probabilities"]
    if output.probability is not None:
        chosen = f"{task}: which of {members} labels are predicted, 1 or 0"
        return [chosen, f"{task}: their probabilities"]
    if kind.grouped:
        return [f"{task}: a score, by which rows of one group are ranked"]
    return [f"{task}: {f'{members} values' if members else 'the value'}, in the labels' own units"]
