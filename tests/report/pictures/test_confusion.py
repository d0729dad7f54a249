from typing import Any
from xml.etree import ElementTree

from automtl.report.pictures.confusion import confusion_picture

SVG = "{http://www.w3.org/2000/svg}"


def found(counts: list[list[int]], **changes: Any) -> dict[str, Any]:
    classes = ["Adelie", "Chinstrap", "Gentoo"][: len(counts)]
    right = sum(counts[at][at] for at in range(len(counts)))
    told = {"classes": classes, "counts": counts, "folded": 0, "ordered": False, "right": right}
    return {**told, **changes}


def said(counts: list[list[int]], **changes: Any) -> str:
    return confusion_picture(found(counts, **changes)).sentence.replace("\N{NO-BREAK SPACE}", " ")


def test_it_says_what_most_mistakes_are() -> None:
    assert said([[7, 3, 0], [1, 9, 0], [0, 0, 5]]) == (
        "21 of 25 rows have the right class (84 %; always the most frequent one would be 40 %); "
        "3 of 4 mistakes take Adelie for Chinstrap."
    )
    assert said([[7, 0, 0], [0, 9, 0], [0, 0, 5]]) == "All 21 rows have the right class."
    assert "the one mistake takes Adelie for Chinstrap" in said([[7, 1], [0, 9]])
    assert "every mistake takes Chinstrap for Adelie" in said([[7, 0], [2, 9]])


def test_of_levels_it_says_how_many_are_one_off() -> None:
    assert "; 5 of 7 mistakes off by one level." in said(
        [[7, 3, 2], [1, 9, 1], [0, 0, 5]], ordered=True
    )


def test_it_names_what_is_never_recognised() -> None:
    assert said([[7, 0, 0], [9, 0, 0], [0, 0, 5]]).endswith(" Chinstrap is never recognised.")
    assert said([[0, 3, 0], [9, 0, 0], [0, 0, 5]]).endswith(
        "Adelie and 1 more are never recognised."
    )


def test_right_and_wrong_differ_and_a_fold_is_never_right() -> None:
    told = found([[7, 3, 0], [1, 9, 0], [2, 0, 5]], folded=8, right=17)
    svg = ElementTree.fromstring(confusion_picture(told).svg)
    cells = [
        (rect.get("class", ""), rect.findtext(f"{SVG}title")) for rect in svg.iter(f"{SVG}rect")
    ]
    assert len(cells) == 6  # an empty cell is not drawn
    assert [style[:4] for style, _ in cells] == ["plus", "minu", "minu", "plus", "minu", "minu"]
    assert cells[0][1] == "Adelie predicted as Adelie: 7, 70\N{NO-BREAK SPACE}%"
