"""How did it train?"""

from collections.abc import Iterator

from automtl.report import decisions, findings
from automtl.report.found import Found
from automtl.report.parts import Folded, Items, Part, Pictures, Section, Text
from automtl.report.pictures import curve_pictures

TITLE = "How did it train?"
MANY = 12  # curves, from which on they are folded
HOW_TO_READ = (
    "Solid: validation loss. Dashed: training loss, the mean over an epoch while the weights still "
    "move. Dotted upright: the epoch whose weights were kept."
)


def section(found: Found) -> Section:
    """The losses of the exported network, or of the best one so far."""
    return Section("training", TITLE, findings.on_training(found.curves), list(_parts(found)))


def _parts(found: Found) -> Iterator[Part]:
    members = [] if found.summary is None else decisions.on_members(found.summary)
    if members:
        yield Text(members[0])
        yield Items(members[1:])
    if not found.curves:
        return
    pictures = curve_pictures(found.curves)
    yield Text(f"{HOW_TO_READ} {_whose(found)}", "note")
    if len(pictures) > MANY:
        yield Folded(f"The curves of {len(pictures)} tasks", [Pictures(pictures)])
    else:
        yield Pictures(pictures)


def _whose(found: Found) -> str:
    if found.summary is None:
        return f"The network shown is the best so far, candidate {found.rows[0].digest}."
    n, winner = len(found.summary.members), found.summary.winner
    of = f", the first of {n} in the file" if n > 1 else ""
    return f"The network shown is candidate {winner.digest}, seed {found.summary.seed}{of}."
