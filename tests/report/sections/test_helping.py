from collections.abc import Callable
from dataclasses import replace

from automtl.core.affinity import Affinity
from automtl.report.found import Found
from automtl.report.parts import Folded, Heading, Items, Section
from automtl.report.sections.helping import MAX_MATRIX, MAX_PAIRS, section
from automtl.report.tables import Cell, Table

Maker = Callable[..., Found]


def affinity(n: int = 2, std: float = 0.1) -> Affinity:
    mean = tuple(tuple(0.0 if i == j else (i - j) / n for j in range(n)) for i in range(n))
    tasks = tuple(f"t{number}" for number in range(n))
    return Affinity(tasks, (mean, mean), (((std,) * n,) * n,) * 2, "cosine")


def cells(found: Section) -> list[Cell]:
    tables = [one for part in found.parts if isinstance(part, Folded) for one in part.parts]
    return [c for table in tables if isinstance(table, Table) for row in table.rows for c in row]


def headings(found: Section) -> list[str]:
    return [part.text for part in found.parts if isinstance(part, Heading)]


def test_only_credible_affinities_are_coloured(found: Maker) -> None:
    styles = [cell.style for cell in cells(section(found(affinity=affinity())))]
    assert sum("helps" in style for style in styles) == 2
    assert sum("hurts" in style for style in styles) == 2
    styles = [cell.style for cell in cells(section(found(affinity=affinity(std=1.0))))]
    assert not [style for style in styles if "helps" in style or "hurts" in style]


def test_what_was_inferred_stands_beside_what_was_measured(found: Maker) -> None:
    inferred = replace(affinity(), estimator="posterior")
    said = section(found(affinity=affinity(), posterior=inferred))
    assert headings(said) == ["Measured before the search", "Inferred from gains",
                              "Negative transfer"]  # fmt: skip
    texts = [cell.text for cell in cells(said)]
    assert "+0.50 ± 0.10" in texts  # measured
    assert "+50.0 ± 10.0 %" in texts  # inferred, in gain
    (losses,) = [part.lines for part in said.parts if isinstance(part, Items)]
    assert "t0 loses by sharing stage 1 with t1: -50.0 ± 10.0 %" in losses
    assert "Inferred from gains" not in headings(section(found(affinity=affinity())))


def test_of_many_tasks_the_strongest_pairs_are_listed(found: Maker) -> None:
    said = section(found(affinity=affinity(MAX_MATRIX + 1)))
    (folded,) = [part for part in said.parts if isinstance(part, Folded)]
    assert all(isinstance(table, Table) and len(table.rows) == MAX_PAIRS for table in folded.parts)


def test_what_is_not_measured_yet_is_no_failure(found: Maker) -> None:
    running = replace(found(), summary=None, running=True)
    assert section(running).finding.startswith("Not known yet")
    assert section(found()).finding == "No affinity was measured in this run."
    assert "nobody can help" in section(found(["a"], affinity=affinity(1))).finding
