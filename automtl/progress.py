"""What a search shows while it works: a live display on a terminal or in a notebook, or lines."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html import escape
from importlib import import_module
from statistics import fmean
from typing import Any

from rich.console import Console, Group
from rich.live import Live as RichLive
from rich.text import Text

from automtl.core.trial import Order, Phase, Trial
from automtl.report.leaderboard import percent
from automtl.search.budget import Budget
from automtl.search.entry import Estimate
from automtl.search.progress import Progress
from automtl.search.standing import Standing

MAX_TASKS = 6  # with more, only the mean and the worst task are shown
MAX_GRAPH = 100  # letters of a graph that are shown


class Lines(Progress):
    """One line a trial."""

    def say(self, line: str) -> None:
        print(line, flush=True)

    def ended(self, trial: Trial, budget: Budget, standing: Standing, n_trials: int) -> None:
        best = best_so_far(standing)
        print(
            f"{trial.phase.value:9}  {_count(n_trials, budget)}  {_trial(trial, standing)}"
            f"{'  best: ' + best if best else ''}  {_left(budget, n_trials, trial.elapsed)}",
            flush=True,
        )


class _Drawn(Progress):
    """What is in training, and what the last trial brought, drawn again with each change."""

    def __init__(self) -> None:
        self.running: dict[str, Order] = {}
        self.ended_lines: list[str] = []

    def started(self, order: Order, budget: Budget, n_trials: int, elapsed: float) -> None:
        self.running[order.key] = order
        self._draw()

    def ended(self, trial: Trial, budget: Budget, standing: Standing, n_trials: int) -> None:
        self.running.pop(trial.order.key, None)
        self.ended_lines = _picture(trial, budget, standing, n_trials)
        self._draw()

    def _draw(self) -> None:
        raise NotImplementedError

    def _lines(self) -> list[str]:
        now = (f"now:  {order.candidate.graph}" for order in self.running.values())
        return [*self.ended_lines, *now]


class Live(_Drawn):
    """A few lines that are drawn again as the search goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.console = Console()
        self.live = RichLive(console=self.console, refresh_per_second=4, transient=True)
        self.live.start()

    def say(self, line: str) -> None:
        self.console.print(Text(line))

    def close(self) -> None:
        self.live.stop()

    def _draw(self) -> None:
        # as `Text`, so that brackets in the names of tasks are no markup
        texts = (Text(line, overflow="ellipsis", no_wrap=True) for line in self._lines())
        self.live.update(Group(*texts))


class Notebook(_Drawn):
    """The same lines as `Live` in the output of a notebook's cell, which are replaced."""

    def __init__(self) -> None:
        super().__init__()
        self.own = import_module("IPython.display")
        self.news: list[str] = []
        self.shown = self.own.display(self._picture(), display_id=True)

    def say(self, line: str) -> None:
        self.news.append(line)
        self._draw()

    def close(self) -> None:
        self.running.clear()
        self._draw()

    def _draw(self) -> None:
        self.shown.update(self._picture())

    def _picture(self) -> Any:
        lines = [*self.news, *self._lines()]
        return self.own.HTML(f"<pre>{escape(chr(10).join(lines))}</pre>")


def in_notebook() -> bool:
    """Whether the code runs in a cell, whose output can be replaced."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell is not None and hasattr(shell, "kernel")


def fitting_display() -> Progress:
    """The display that fits where the search was called from."""
    if in_notebook():
        return Notebook()
    return Live() if sys.stdout.isatty() else Lines()


@contextmanager
def displayed(progress: Progress | bool) -> Iterator[Progress]:
    """
    A display that is closed at the end.

    :param progress: True for one that fits, False for none.
    """
    if isinstance(progress, bool):
        progress = fitting_display() if progress else Progress()
    with closing(progress):
        yield progress


def best_so_far(standing: Standing) -> str:
    """The gains of the best candidate so far, in a few words; empty if there is none."""
    if not standing.ranking:
        return ""
    best = standing.ranking[0]
    shown = list(best.gains.items())
    if len(shown) > MAX_TASKS:
        shown = [min(shown, key=lambda item: item[1].mean)]
    gains = ", ".join(f"{task} {percent(Estimate(gain.mean, None))}" for task, gain in shown)
    return f"{percent(Estimate(best.mean.mean, None))} ({gains})"


def _picture(trial: Trial, budget: Budget, standing: Standing, n_trials: int) -> list[str]:
    """How far the search is, its last trial and its best."""
    width = 30
    done = round(width * min(1.0, budget.spent(n_trials, trial.elapsed)))
    bar = "━" * done + "─" * (width - done)
    lines = [
        f"{trial.phase.value}  {bar}  {_count(n_trials, budget)}  "
        f"{_left(budget, n_trials, trial.elapsed)}",
        f"last: {_trial(trial, standing)}",
    ]
    if best := best_so_far(standing):
        lines += [f"best: {best}", f"      {standing.ranking[0].candidate.graph}"]
    return lines


def _trial(trial: Trial, standing: Standing) -> str:
    graph = str(trial.candidate.graph)
    if len(graph) > MAX_GRAPH:
        graph = f"{graph[:MAX_GRAPH]}…"
    if not trial.done:
        return f"{trial.result.status.value}: {trial.result.reason}  {graph}"
    # what bags gain is not known: they are judged on other rows than the anchor
    gains = None if trial.phase is Phase.BAGS else standing.gains(trial)
    gain = "" if gains is None else f"{percent(Estimate(fmean(gains.values()), None))}  "
    return f"{gain}{graph}  {trial.result.seconds:.1f} s"


def _count(n_trials: int, budget: Budget) -> str:
    return f"trial {n_trials}" + (f"/{budget.at_most}" if budget.at_most else "")


def _left(budget: Budget, n_trials: int, elapsed: float) -> str:
    """How much longer at most, from what the trials so far took and from the limit."""
    guesses = []
    if budget.at_most:
        guesses.append(elapsed / n_trials * (budget.at_most - n_trials))
    if budget.seconds:
        guesses.append(budget.seconds - elapsed)
    left = max(0.0, min(guesses))
    return f"{left / 60:.0f} min left" if left >= 100 else f"{left:.0f} s left"
