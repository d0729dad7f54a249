from collections.abc import Callable, Iterator
from dataclasses import replace

from automtl.core.graph import TaskGraph
from automtl.data.dataset import MultiTaskData
from automtl.data.findings.describe import data_report
from automtl.report.found import Found
from automtl.report.parts import Code, Folded, Items, Part, Section
from automtl.report.sections.inputs import section
from automtl.report.tables import Table

Maker = Callable[..., Found]


def shown(found: Section) -> Iterator[Part]:
    for part in found.parts:
        yield from part.parts if isinstance(part, Folded) else [part]


def tables(found: Section) -> dict[str, Table]:
    return {part.caption: part for part in shown(found) if isinstance(part, Table)}


def test_the_data_are_reported(found: Maker, penguins: MultiTaskData) -> None:
    report = data_report(penguins)
    report["suspicions"] = [{"kind": "leak", "columns": [], "text": "year tells all"}]
    said = section(found(data=report))
    lists = [part.lines for part in shown(said) if isinstance(part, Items)]
    assert ["year tells all"] in lists
    assert list(penguins.notes) in lists
    captions = list(tables(said))
    assert {"What is to be predicted", "5 inputs in 344 rows"} <= set(captions)
    assert not {"What is to be predicted"} & set(tables(section(found())))


def test_settings_of_tasks_alone_have_a_column_of_their_own(found: Maker) -> None:
    made = found()
    assert made.summary is not None
    values = {"block": "mlp", "balancer": "sum", "schedule": "cosine"}
    graph = TaskGraph.single_task("ab", 2).to_json()
    alone = {"a": {**values, "block": "tabm"}, "b": values}
    own = section(found(but={"graph": graph, "alone": alone}))
    table = tables(own)["Hyperparameters of the exported candidate"]
    assert list(table.head) == ["name", "a", "b"]
    assert ["block", "tabm", "mlp"] in [[cell.text for cell in row] for row in table.rows]


def test_a_citation_that_is_no_address_is_no_link(found: Maker) -> None:
    stands_on = (("a", "https://x.org"), ("b", "javascript:alert(1)"))
    table = tables(section(found(but={"stands_on": stands_on})))[
        "Plugins and methods of the exported model"
    ]
    assert [row[1].link for row in table.rows] == ["https://x.org", ""]
    assert [row[1].text for row in table.rows] == ["https://x.org", "javascript:alert(1)"]


def test_the_command_can_be_pasted(found: Maker) -> None:
    for made in (found(), replace(found(), summary=None)):
        codes = [part.text for part in shown(section(made)) if isinstance(part, Code)]
        assert codes == ["automtl search '/runs/two words/config.yaml' --name again"]
