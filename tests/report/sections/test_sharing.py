from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

from automtl.core.graph import Node, TaskGraph
from automtl.report.found import Found
from automtl.report.parts import Folded, Items, Pictures
from automtl.report.sections.sharing import section

Maker = Callable[..., Found]
SVG = "{http://www.w3.org/2000/svg}"


def tooltips(found: Found) -> list[str]:
    (pictures,) = [part for part in section(found).parts if isinstance(part, Pictures)]
    titles = ElementTree.fromstring(pictures.pictures[0].svg).iter(f"{SVG}title")
    return [title.text or "" for title in titles][1:]


def test_each_box_says_its_size_and_gains(found: Maker) -> None:
    graph = TaskGraph(((Node(("a", "b"), "soft_l2"),), (Node(("a",)), Node(("b",)))))
    sizes = {(0, ("a", "b")): 1234, (1, ("a",)): 56, (1, ("b",)): 78}
    told = tooltips(found(but={"graph": graph.to_json()}, sizes=sizes))
    assert told == [
        "stage 1: a and b share (soft_l2)\n1,234 weights\nmean gain on test +3.1 %\n"
        "a: +3.1 ± 1.0 %\nb: +3.1 ± 1.0 %",
        "stage 2: a\n56 weights\ngain on test +3.1 ± 1.0 %",
        "stage 2: b\n78 weights\ngain on test +3.1 ± 1.0 %",
        "head: a\ngain on test +3.1 ± 1.0 %",
        "head: b\ngain on test +3.1 ± 1.0 %",
    ]


def test_many_tasks_fold_their_list_and_shorten_what_a_box_says(found: Maker) -> None:
    many = found([f"t{n:02}" for n in range(40)])
    assert [type(part) for part in section(many).parts][-1] is Folded
    assert type(section(found()).parts[-1]) is Items
    assert all(len(told) < 600 for told in tooltips(many))


def test_without_any_candidate_there_is_no_graph(found: Maker) -> None:
    assert section(replace(found(), summary=None)).parts == ()
