import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from types import SimpleNamespace

from pytest import CaptureFixture, MonkeyPatch, fixture, mark
from rich.console import Console

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Order, Phase, Trial
from automtl.progress import Lines, Live, Notebook, best_so_far, displayed
from automtl.search.budget import Budget
from automtl.search.progress import Progress
from automtl.search.standing import Standing

Make = Callable[..., Candidate]
End = Callable[..., Trial]

BRACKETS = ("[/nothing]", "[bold]", "[red]a[/red]")


@fixture
def terminal(monkeypatch: MonkeyPatch) -> StringIO:
    """What a terminal of 200 columns was sent."""
    sent = StringIO()
    console = Console(file=sent, force_terminal=True, width=200, height=50)
    monkeypatch.setattr("automtl.progress.Console", lambda: console)
    return sent


@fixture
def live(terminal: StringIO) -> Iterator[Live]:
    shown = Live()
    yield shown
    shown.close()


def _trials(candidate: Make, ended: End, tasks: tuple[str, ...]) -> list[Trial]:
    single, shared = TaskGraph.single_task(tasks, 2), TaskGraph.all_shared(tasks, 2)
    fork = TaskGraph.from_groups([[tasks], [tasks[:1], tasks[1:]]])
    return [
        ended(candidate(single), dict.fromkeys(tasks, 0.5), 0, Phase.ANCHORS),
        ended(candidate(shared), dict.fromkeys(tasks, 0.4), 0, Phase.ANCHORS),
        ended(candidate(fork), {}, reason="ValueError: too [wide]"),
    ]


def _play(progress: Progress, trials: list[Trial], budget: Budget, tasks: tuple[str, ...]) -> None:
    """The trials begin and end, one after the other."""
    constants = dict.fromkeys(tasks, 1.0)
    for number, trial in enumerate(trials, start=1):
        progress.started(trial.order, budget, number - 1, trial.elapsed)
        progress.ended(trial, budget, Standing(trials[:number], constants), number)


@mark.parametrize("budget", [Budget(24, None, 3), Budget(None, 60.0, 3), Budget(2, 1.0, 3)])
def test_a_line_a_trial(
    candidate: Make, ended: End, capsys: CaptureFixture[str], budget: Budget
) -> None:
    _play(Lines(), _trials(candidate, ended, ("a", "b")), budget, ("a", "b"))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    for number, line in enumerate(lines, start=1):
        assert f"trial {number}" in line
        assert line.endswith(" left")
    assert "best: +0.0 % (a +0.0 %, b +0.0 %)" in lines[0]
    assert "best: +20.0 %" in lines[1]
    assert "failed: ValueError: too [wide]" in lines[2]


def test_news_is_a_line(capsys: CaptureFixture[str]) -> None:
    Lines().say("2 rows [left] out")
    assert capsys.readouterr().out == "2 rows [left] out\n"


def test_without_an_anchor_there_is_no_best(
    candidate: Make, ended: End, capsys: CaptureFixture[str]
) -> None:
    failed = _trials(candidate, ended, ("a", "b"))[2:]
    _play(Lines(), failed, Budget(24, None, 3), ("a", "b"))
    assert "best" not in capsys.readouterr().out
    assert best_so_far(Standing([], {"a": 1.0})) == ""


def test_of_many_tasks_the_worst_is_shown(candidate: Make, ended: End) -> None:
    tasks = tuple(f"task {number}" for number in range(10))
    single, shared = _trials(candidate, ended, tasks)[:2]
    worse = ended(shared.candidate, {**shared.result.errors, "task 7": 0.6}, 0, Phase.ANCHORS)
    standing = Standing([single, worse], dict.fromkeys(tasks, 1.0))
    assert best_so_far(standing) == "+16.0 % (task 7 -20.0 %)"


def test_names_are_no_markup(live: Live, terminal: StringIO, candidate: Make, ended: End) -> None:
    _play(live, _trials(candidate, ended, BRACKETS), Budget(24, None, 3), BRACKETS)
    live.say("a note on [bold]")
    live.live.refresh()
    shown = terminal.getvalue()
    for name in BRACKETS:
        assert name in shown
    assert "too [wide]" in shown
    assert "a note on [bold]" in shown
    assert "best: +20.0 %" in shown


def test_what_is_in_training_is_shown_before_anything_has_ended(
    live: Live, terminal: StringIO, candidate: Make
) -> None:
    order = Order(candidate(TaskGraph.all_shared(("a", "b"), 1)), 0, Phase.ANCHORS)
    live.started(order, Budget(24, None, 3), 0, 0.0)
    live.live.refresh()
    assert "now:  a+b" in terminal.getvalue()


def test_what_has_ended_is_no_longer_in_training(
    live: Live, terminal: StringIO, candidate: Make, ended: End
) -> None:
    _play(live, _trials(candidate, ended, ("a", "b")), Budget(24, None, 3), ("a", "b"))
    terminal.truncate(0)
    live.live.refresh()
    assert "last: failed" in terminal.getvalue()
    assert "now:" not in terminal.getvalue()


def test_a_display_can_be_closed_twice(live: Live) -> None:
    live.close()
    live.close()
    assert not live.live.is_started


def test_bags_come_on_top_and_have_no_gain(
    candidate: Make, ended: End, capsys: CaptureFixture[str]
) -> None:
    trials = _trials(candidate, ended, ("a", "b"))[:2]
    bag = replace(trials[0].order, phase=Phase.BAGS, bag=(0, 2))
    trials.append(replace(trials[0], order=bag))
    _play(Lines(), trials, Budget(2, None, 3, bags=2), ("a", "b"))
    *_, last = capsys.readouterr().out.splitlines()
    assert last.startswith("bags")
    assert "trial 3/4" in last
    assert "%" not in last.partition("best:")[0]


def test_a_cell_shows_the_search_and_names_stay_text(
    monkeypatch: MonkeyPatch, candidate: Make, ended: End
) -> None:
    pictures: list[str] = []
    handle = SimpleNamespace(update=pictures.append)
    cell = SimpleNamespace(HTML=str, display=lambda first, display_id: handle)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=_shell, display=cell))
    monkeypatch.setitem(sys.modules, "IPython.display", cell)
    tasks = ("<b>a</b>", "b")
    with displayed(progress=True) as progress:
        assert type(progress) is Notebook
        progress.say("2 rows & more")
        _play(progress, _trials(candidate, ended, tasks), Budget(24, None, 3), tasks)
        assert "now: " not in pictures[-1]
    assert "2 rows &amp; more" in pictures[-1]
    assert "&lt;b&gt;a&lt;/b&gt;" in pictures[-1]
    assert "<b>" not in "".join(pictures)


@mark.parametrize(("shell", "display"), [(None, Lines), (SimpleNamespace(), Lines)])
def test_elsewhere_there_are_lines(
    monkeypatch: MonkeyPatch, shell: object, display: type[Progress]
) -> None:
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    with displayed(progress=True) as progress:
        assert type(progress) is display


def test_no_display_is_silent_and_another_is_kept() -> None:
    with displayed(progress=False) as progress:
        assert type(progress) is Progress
    own = Progress()
    with displayed(own) as progress:
        assert progress is own


def _shell() -> SimpleNamespace:
    return SimpleNamespace(kernel=object())
