"""What many tests need: the built-in plugins, the bundled data, a small space, a finished run."""

import math
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from pytest import Item, MonkeyPatch, TempPathFactory, fixture, mark, skip

from automtl.config import bundled_config, override
from automtl.core.candidate import Candidate, Scalar
from automtl.core.graph import TaskGraph
from automtl.core.space import Choice, SearchSpace, Uniform
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.data.dataset import MultiTaskData
from automtl.data.read import read_data
from automtl.plugins import Plugins, load_plugins
from automtl.report.summary import Summary
from automtl.search.director import Director
from automtl.search.here import run_trials_here
from automtl.search.progress import Progress
from automtl.search.tune import Job, Workers

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SETTINGS: Mapping[str, Scalar] = {
    "block": "mlp",
    "block.width": 16,
    "balancer": "sum",
    "schedule": "constant",
    "learning_rate": 0.01,
    "weight_decay": 0.001,
    "batch_size": 64,
    "epochs": 8,
    "patience": 8,
}
CHROMIUM = [
    "--no-sandbox",  # which root has not
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[Item]) -> None:
    """Tests that look at the finished search run in the process that made it."""
    for item in items:
        if "finished" in getattr(item, "fixturenames", ()):
            item.add_marker(mark.xdist_group("finished"))


@fixture(scope="session")
def plugins() -> Plugins:
    return load_plugins()


@fixture(scope="session")
def penguins(plugins: Plugins) -> MultiTaskData:
    return read_data(bundled_config().data_request(), plugins)


@fixture(scope="session")
def space() -> SearchSpace:
    return SearchSpace(
        stages=2,
        primitives={"hard": {}, "cross_stitch": {}},
        blocks={"mlp": {"width": Choice((16, 32))}},
        balancers={"sum": {}},
        schedules={"constant": {}},
        training={
            "learning_rate": Uniform(0.001, 0.1, log=True),
            "weight_decay": Choice((0.001,)),
            "batch_size": Choice((64,)),
            "epochs": Choice((5,)),
            "patience": Choice((5,)),
        },
    )


@fixture(scope="session")
def candidate() -> Callable[..., Candidate]:
    """Makes a candidate of a graph, with small settings that may be changed."""

    def make(graph: TaskGraph, **changes: Scalar) -> Candidate:
        return Candidate(graph, {**SETTINGS, **changes})

    return make


@fixture(scope="session")
def ended() -> Callable[..., Trial]:
    """Makes a trial that ended with these errors."""

    def make(
        candidate: Candidate,
        errors: Mapping[str, float],
        seed: int = 0,
        phase: Phase = Phase.GRAPHS,
        reason: str = "",
    ) -> Trial:
        status = Status.FAILED if reason else Status.DONE
        return Trial(Order(candidate, seed, phase), Result(status, reason, errors), 1.0)

    return make


@fixture(scope="session")
def finished(tmp_path_factory: TempPathFactory) -> Summary:
    """A whole search on the bundled data, small but complete, by Ray."""
    from automtl.pipeline import search

    class Locked(Progress):
        """Cannot be pickled, as a display on a terminal cannot."""

        def __init__(self) -> None:
            self.own = threading.RLock()

    folder = tmp_path_factory.mktemp("runs") / "penguins"
    return search(override(bundled_config(), trials=12, workers=1), Path(folder), Locked())


@fixture
def inline(monkeypatch: MonkeyPatch) -> None:
    """Trials run in this process, one after another: where Ray, which takes long, is no matter."""

    def run_trials(
        director: Director,
        job: Job,
        workers: Workers,
        elapsed: float,
        record: Callable[[Trial], None],
        progress: Progress,
    ) -> bool:
        return run_trials_here(director, job, elapsed, record, progress)

    monkeypatch.setattr("automtl.pipeline.run_trials", run_trials)


@fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """
    Chromium without a window; ``browser.new_page()`` gives a page. It lives as long as a module,
    because no other event loop can run in this thread as long as it does.
    """
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        skip("There is no Chromium on the PATH: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield opened
        opened.close()


@fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


FOREVER = math.inf
