"""The callback: another tool is told what happens in a search."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, ClassVar

from automtl.core.candidate import Scalar
from automtl.core.objective import mean_gain
from automtl.core.trial import Trial


@dataclass(frozen=True)
class Begun:
    """
    A search that begins, or goes on.

    :param folder: The run folder.
    :param name: What people call it.
    :param id: Letters and digits that name it among all searches: the same when it goes on, another
        when it is done again under the same name.
    :param config: The configuration, every default spelled out, as JSON data.
    """

    folder: Path
    name: str
    id: str
    config: Mapping[str, Any]


@dataclass(frozen=True)
class LossCurve:
    """
    The mean losses of a task, one an epoch; those of tasks that share nothing may differ in length.

    :param train: On the training rows.
    :param validation: On the validation rows.
    """

    train: tuple[float, ...]
    validation: tuple[float, ...]


@dataclass(frozen=True)
class Ended:
    """
    A trial that has ended.

    :param number: Which it is, in the order in which trials ended, counted from 1.
    :param gains: Each task's gain over the single-task anchor that was the best by then; empty if
        there was none, and for trials that cannot be compared with it.
    :param curves: By task; empty if nothing was trained.
    """

    number: int
    trial: Trial
    gains: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, LossCurve] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Names the trial among those of its search, in the order in which they ended."""
        return f"{self.number:04}-{self.trial.order.key}"

    @property
    def settings(self) -> dict[str, Scalar]:
        """
        What the trial was, flat: its graph, its hyperparameters, and those of tasks that share
        nothing, as ``alone.TASK.NAME``.
        """
        order, candidate = self.trial.order, self.trial.candidate
        alone = {
            f"alone.{task}.{name}": value
            for task, values in sorted(candidate.alone.items())
            for name, value in values.items()
        }
        about: dict[str, Scalar] = {
            "graph": str(candidate.graph),
            "phase": order.phase.value,
            "seed": order.seed,
            "fidelity": order.fidelity,
        }
        return about | dict(candidate.hyperparameters) | alone

    @property
    def metrics(self) -> dict[str, float]:
        """
        What the trial gave, flat, without what is not defined: ``validation/TASK/METRIC``,
        ``gain/TASK``, ``mean_gain``, ``parameters``, ``flops``, ``latency_ms``, ``seconds`` of
        training, ``epochs_trained`` and ``elapsed``, the seconds of search.
        """
        result = self.trial.result
        found = {f"gain/{task}": gain for task, gain in self.gains.items()}
        if self.gains:
            found["mean_gain"] = mean_gain(self.gains)
        for name in ("parameters", "flops", "latency_ms", "seconds"):
            found[name] = float(getattr(result, name))
        spent = {"epochs_trained": float(result.epochs), "elapsed": self.trial.elapsed}
        return _finite(_flat("validation", result.metrics) | found | spent)


class Callback(ABC):
    """
    Abstract base class of the callbacks, which a configuration asks for under
    ``search.callbacks``. They live in the process that drives the search, which waits for them. The
    options of the constructor are texts, numbers or booleans, and have defaults.

    When a search goes on, everything is told again from the beginning, to a new callback: what it
    wrote before it must not write twice. It finds out by `Begun.id` and `Ended.name`.

    Whatever a callback raises, the search goes on without it, and says so.

    :raises MissingLibrary: By the constructor, if the tool is not installed.
    """

    name: ClassVar[str]  # how configurations refer to it
    citation: ClassVar[str]  # URL of the tool

    @abstractmethod
    def begin(self, search: Begun, /) -> None:
        """Is told once before anything else."""

    @abstractmethod
    def trial_end(self, ended: Ended, /) -> None:
        """Is told of each trial, in the order in which they ended."""

    @abstractmethod
    def search_end(self, summary: Mapping[str, Any], /) -> None:
        """
        Is told at the end, when the run folder is complete, unless the search failed.

        :param summary: What ``best.json`` holds.
        """


def metrics_on_test(summary: Mapping[str, Any]) -> dict[str, float]:
    """
    How the exported model did on the test part, flat, without what is not defined:
    ``test/TASK/METRIC``, and ``test_gain/TASK``, the winner's gain over a model per task.

    :param summary: What ``best.json`` holds.
    """
    tasks = summary["tasks"]
    found = {f"test_gain/{task['name']}": task["test_gain"]["mean"] for task in tasks}
    return _finite(_flat("test", {task["name"]: task["test"] for task in tasks}) | found)


def _flat(part: str, metrics: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {
        f"{part}/{task}/{name}": value
        for task, values in metrics.items()
        for name, value in values.items()
    }


def _finite(metrics: Mapping[str, float | None]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in metrics.items()
        if value is not None and isfinite(value)
    }
