"""Who is taken for whom."""

from collections.abc import Mapping, Sequence
from typing import Any

from automtl.report.findings import counted
from automtl.report.pictures.cells import Cells, level
from automtl.report.pictures.picture import Picture
from automtl.report.pictures.said import share
from automtl.report.svg import element, label, picture

TITLE = "Who is taken for whom"


def confusion_picture(found: Mapping[str, Any]) -> Picture:
    """
    The confusion matrix, a row for each class that is there, coloured by the share of the row:
    blue on the diagonal and orange beside it.

    :param found: ``confusion`` of the evidence.
    """
    names, counts = found["classes"], found["counts"]
    cells = Cells(names)
    body = [label("rows true, columns predicted", 4, 14, "axis"), cells.names()]
    for row, line in enumerate(counts):
        for column, count in enumerate(line):
            if count:
                part = count / sum(line)
                right = row == column and row < _unfolded(found)
                told = f"{names[row]} predicted as {names[column]}: {count:,}, {share(part)}"
                style = f"{'plus' if right else 'minus'}{level(part)}"
                body.append(cells.cell(row, column, style, told, f"{count:,}"))
    body.append(element("path", d=cells.outline(), class_="outline"))
    spoken = "; ".join(_spoken(names[row], names, line) for row, line in enumerate(counts))
    svg = picture(cells.width, cells.height, TITLE, spoken, "".join(body))
    return Picture(TITLE, svg, conclusion(found), spoken)


def conclusion(found: Mapping[str, Any]) -> str:
    """How many are right, and what most of the mistakes are."""
    rows, right = sum(map(sum, found["counts"])), found["right"]
    if right == rows:
        return f"All {rows:,} rows have the right class."
    blind = max(map(sum, found["counts"][: _unfolded(found)])) / rows
    sentence = (
        f"{right:,} of {rows:,} rows have the right class ({share(right / rows)}; always the most "
        f"frequent one would be {share(blind)})"
    )
    if found["ordered"] and not found["folded"]:
        sentence += f"; {_beside(found):,} of {counted(rows - right, 'mistake')} off by one level"
    else:
        sentence += f"; {_commonest(found, rows - right)}"
    return f"{sentence}.{_never(found)}"


def _unfolded(found: Mapping[str, Any]) -> int:
    """How many classes have a row of their own; they come first."""
    return len(found["classes"]) - int(found["folded"] > 0)


def _commonest(found: Mapping[str, Any], mistakes: int) -> str:
    """The commonest mistake, whose classes are none that were folded."""
    size = range(_unfolded(found))
    pairs = [(found["counts"][a][b], a, b) for a in size for b in size if a != b]
    count, there, chosen = max(pairs, key=lambda pair: pair[0])
    taken = f"{found['classes'][there]} for {found['classes'][chosen]}"
    if count == mistakes:
        return f"{'every' if count > 1 else 'the one'} mistake takes {taken}"
    most = f"{count:,} of {mistakes:,} mistakes {'take' if count > 1 else 'takes'} {taken}"
    return most if 5 * count >= mistakes else f"mistakes are spread, at most {most}"


def _beside(found: Mapping[str, Any]) -> int:
    """How many mistakes are one level off."""
    size = range(len(found["classes"]))
    return sum(found["counts"][a][b] for a in size for b in size if abs(a - b) == 1)


def _never(found: Mapping[str, Any]) -> str:
    """The classes that are there, but never recognised."""
    missed = [
        found["classes"][at]
        for at in range(_unfolded(found))
        if sum(found["counts"][at]) > 2 and not found["counts"][at][at]
    ]
    if not missed:
        return ""
    more = f" and {len(missed) - 1} more" if len(missed) > 1 else ""
    return f" {missed[0]}{more} {'are' if more else 'is'} never recognised."


def _spoken(name: str, names: Sequence[str], line: Sequence[int]) -> str:
    taken = [f"{count:,} as {other}" for other, count in zip(names, line, strict=True) if count]
    return f"{name}: {', '.join(taken) or 'no rows'}"
