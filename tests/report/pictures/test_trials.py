from collections.abc import Callable, Sequence
from dataclasses import replace
from xml.etree import ElementTree

from pytest import mark

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Phase, Trial
from automtl.report.pictures.trials import trials_picture
from automtl.search.standing import Standing

SVG = "{http://www.w3.org/2000/svg}"
TASKS = ("a", "b")
CONSTANTS = dict.fromkeys(TASKS, 1.0)


@mark.parametrize("n", [0, 5, 1000])
def test_each_training_is_a_point_of_its_phase(
    n: int, candidate: Callable[..., Candidate], ended: Callable[..., Trial]
) -> None:
    trials = [
        *anchors(candidate, ended),
        *graphs(candidate, ended, [0.5 - 0.0001 * at for at in range(n)]),
    ]
    picture = trials_picture(trials, Standing(trials, CONSTANTS))
    assert picture is not None
    svg = ElementTree.fromstring(picture.svg)
    assert len(picture.svg) < 60_000
    if n == 5:
        told = [dot.findtext(f"{SVG}title") for dot in svg.iter(f"{SVG}circle")]
        assert len([text for text in told if text]) == 2 + n
        assert "graphs: 5" in picture.spoken
        assert "of 7 J, in the phase of the graphs" in picture.sentence
    if n == 0:
        assert picture.sentence.startswith("No single training has a higher mean gain")


def test_the_best_so_far_never_falls_and_short_trainings_do_not_count(
    candidate: Callable[..., Candidate], ended: Callable[..., Trial]
) -> None:
    some = graphs(candidate, ended, [0.6, 0.4, 0.7, 0.3])
    short = replace(some[3], order=replace(some[3].order, fidelity=0.3, warm="w"))
    trials = [*anchors(candidate, ended), *some[:3], short]
    picture = trials_picture(trials, Standing(trials, CONSTANTS))
    assert picture is not None
    svg = ElementTree.fromstring(picture.svg)
    (best,) = (line for line in svg.iter(f"{SVG}polyline") if line.get("class") == "best")
    heights = [float(spot.split(",")[1]) for spot in best.get("points", "").split()]
    assert heights == sorted(heights, reverse=True)
    assert "+33.3 % on validation" in picture.sentence
    assert picture.svg.count("short") == 1


def test_what_failed_and_what_is_of_other_rows_is_no_point(
    candidate: Callable[..., Candidate], ended: Callable[..., Trial]
) -> None:
    (graph,) = graphs(candidate, ended, [0.5])
    failed = ended(graph.candidate, {}, reason="broken")
    bag = replace(graph, order=replace(graph.order, phase=Phase.BAGS, bag=(0, 2)))
    trials = [*anchors(candidate, ended), failed, bag]
    picture = trials_picture(trials, Standing(trials, CONSTANTS))
    assert picture is not None
    assert picture.svg.count("<title>") == 1 + 2 + 1  # the picture, the anchors, the line


def test_before_the_first_anchor_there_is_none(
    candidate: Callable[..., Candidate], ended: Callable[..., Trial]
) -> None:
    trials = graphs(candidate, ended, [0.5])
    assert trials_picture(trials, Standing(trials, CONSTANTS)) is None
    assert trials_picture([], Standing([], CONSTANTS)) is None


def anchors(candidate: Callable[..., Candidate], ended: Callable[..., Trial]) -> list[Trial]:
    made = [
        ended(candidate(graph(TASKS, 2)), dict.fromkeys(TASKS, 0.6), phase=Phase.ANCHORS)
        for graph in (TaskGraph.single_task, TaskGraph.all_shared)
    ]
    return [_paid(trial) for trial in made]


def graphs(
    candidate: Callable[..., Candidate], ended: Callable[..., Trial], errors: Sequence[float]
) -> list[Trial]:
    graph = TaskGraph.all_shared(TASKS, 2)
    made = [
        ended(candidate(graph, **{"block.width": 20 + at}), dict.fromkeys(TASKS, error))
        for at, error in enumerate(errors)
    ]
    return [_paid(trial) for trial in made]


def _paid(trial: Trial) -> Trial:
    return replace(trial, result=replace(trial.result, seconds=2.0, epochs=3))
