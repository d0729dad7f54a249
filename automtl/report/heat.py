"""A heat map of how columns go together, as SVG."""

from collections.abc import Sequence

from automtl.report.svg import element, label, n_columns, picture, shorten, words

SIDE = 18  # of a cell, in pixels
LETTERS = 22  # of a name
LETTER = 8.5  # pixels of a letter
STRENGTHS = 5  # steps of colour to each side of zero


def heat_map(
    names: Sequence[str], values: Sequence[Sequence[float | None]], title: str, description: str
) -> str:
    """
    The lower half of a symmetric matrix of numbers from -1 to 1: blue above zero and orange below,
    the stronger the farther; a dash where it is not known. Each cell says its pair and its number
    where the mouse rests.
    """
    short = [shorten(name, LETTERS) for name in names]
    left, side = 12 + LETTER * max(map(n_columns, short)), SIDE * (len(names) - 1)
    body = []
    for row in range(1, len(names)):
        y = SIDE * (row - 1)
        body.append(label(short[row], left - 6, y + 13, "name", "end"))
        for column in range(row):
            said = f"{names[row]}, {names[column]}"
            body.append(_cell(values[row][column], said, left + SIDE * column, y))
    body += [_foot(name, left + SIDE * at + 5, side + 6) for at, name in enumerate(short[:-1])]
    return picture(left + side + 12, left + side, title, description, "".join(body))


def strength(value: float) -> str:
    """
    The CSS class of a number: its sign and, from 1 to 5, how far it is from zero.

    >>> strength(0.9), strength(-0.25), strength(0.01)
    ('heat up5', 'heat down2', 'heat')
    """
    step = min(STRENGTHS, int(abs(value) * STRENGTHS) + 1)
    if abs(value) < 0.05:
        return "heat"
    return f"heat {'up' if value > 0 else 'down'}{step}"


def _cell(value: float | None, pair: str, x: float, y: float) -> str:
    told = element("title", words(f"{pair}: {'not known' if value is None else f'{value:.2f}'}"))
    if value is None:
        middle = {"x": x + SIDE / 2, "y": y + 13}
        return element("text", f"{told}–", class_="tick", text_anchor="middle", **middle)
    return element("rect", told, x=x, y=y, width=SIDE - 1, height=SIDE - 1, class_=strength(value))


def _foot(name: str, x: float, y: float) -> str:
    """The name of a column, written downwards."""
    turned = f"rotate(90 {x:.1f} {y:.1f})"
    return element("text", words(name), x=x, y=y, class_="name", transform=turned)
