import re
from xml.etree import ElementTree

import numpy as np
from pytest import mark

from automtl.core.affinity import Affinity, freeze
from automtl.report.pictures.helping import MOST, affinity_pictures

SVG = "{http://www.w3.org/2000/svg}"


def affinity(n: int, stages: int = 2, std: float = 0.1) -> Affinity:
    """Tasks of two groups, which help within and hurt between."""
    group = np.arange(n) % 2
    mean = np.where(group[:, None] == group, 0.5, -0.3) * (1 - np.eye(n))
    tasks = tuple(f"<{at}>" for at in range(n))
    both = freeze([mean.tolist()] * stages), freeze([np.full((n, n), std).tolist()] * stages)
    return Affinity(tasks, *both, "some")


@mark.parametrize("n", [2, 7, 16, 17, 60, 100])
def test_a_map_a_stage_of_bounded_size(n: int) -> None:
    pictures = affinity_pictures(affinity(n), shares=False)
    assert [picture.title[:7] for picture in pictures] == ["Stage 1", "Stage 2"]
    for picture in pictures:
        ElementTree.fromstring(picture.svg)
        assert len(picture.svg) < 100_000
    assert ("Shown are the 60" in pictures[0].sentence) == (n > MOST)


def test_a_sign_that_is_not_credible_is_small() -> None:
    sides = []
    for std in (0.1, 1.0):
        (picture,) = affinity_pictures(affinity(3, stages=1, std=std), shares=True)
        rects = list(ElementTree.fromstring(picture.svg).iter(f"{SVG}rect"))
        assert len(rects) == 6
        sides.append(float(rects[0].get("width", "nan")))
    assert sides[1] < sides[0] / 2
    assert picture.sentence.startswith("At stage 1 no pair of tasks is two standard errors")


def test_it_says_who_helps_most_in_the_unit_of_the_affinity() -> None:
    (picture,) = affinity_pictures(affinity(3, stages=1), shares=True)
    assert "of 6 pairs 2 help and 4 hurt" in picture.sentence
    assert "+50.0 ± 10.0" in picture.sentence
    (measured,) = affinity_pictures(affinity(3, stages=1), shares=False)
    assert "+0.5 ± 0.1" in measured.sentence


def test_tasks_that_go_together_stand_together() -> None:
    (picture,) = affinity_pictures(affinity(10, stages=1), shares=False)
    names = re.findall(r'text-anchor="end">&lt;(\d)&gt;<', picture.svg)
    parities = [int(name) % 2 for name in names]
    assert parities in ([0] * 5 + [1] * 5, [1] * 5 + [0] * 5)


def test_what_was_not_measured_is_left_empty() -> None:
    mean = [[[0.0, float("nan")], [0.2, 0.0]]]
    found = Affinity(("a", "b"), freeze(mean), freeze([[[0.0, 0.1], [0.1, 0.0]]]), "some")
    (picture,) = affinity_pictures(found, shares=False)
    assert picture.svg.count("<rect") == 1
    assert affinity_pictures(Affinity(("a",), (((0.0,),),), (((0.0,),),), "some"), False) == []
