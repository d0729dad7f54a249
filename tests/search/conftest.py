"""A simulated search: tasks a and b do well together, c does not."""

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any, TypeAlias

from pytest import fixture

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.seed import derive_seed
from automtl.core.space import SearchSpace
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.plugins import Plugins
from automtl.search.budget import Budget
from automtl.search.director import Answer, Director
from automtl.search.plan import Plan

Train: TypeAlias = Callable[[Order], Result]


class Simulation:
    """Makes directors, and carries out what they order without any training."""

    tasks = ("a", "b", "c")
    constants: Mapping[str, float] = {"a": 1.0, "b": 20.0, "c": 0.5}
    seed = 7
    single = TaskGraph.single_task(tasks, 2)
    shared = TaskGraph.all_shared(tasks, 2)

    def __init__(self, space: SearchSpace, plugins: Plugins) -> None:
        self.space, self.plugins = space, plugins

    def direct(
        self, budget: Budget, constants: Mapping[str, float] | None = None, **more: Any
    ) -> Director:
        """A director of the small space, with whatever differs from the usual plan."""
        plan = {
            "space": self.space,
            "constants": constants or self.constants,
            "searcher": self.plugins.searchers["evolution"],
            "budget": budget,
            "seed": self.seed,
            "affinity": self.measure,
        }
        return Director(Plan(**{**plan, **more}))  # type: ignore[arg-type]

    def train(self, order: Order) -> Result:
        """A little luck of each part and seed, so that a part gives the same wherever it stands."""
        errors = {}
        for part in order.parts:
            for task in part.candidate.graph.tasks:
                luck = Random(derive_seed(part.key, task)).gauss(0.0, 0.02)
                errors[task] = self.constants[task] * (
                    0.5 + self._cost(part.candidate, task) + luck
                )
        resampled = {task: [error - 1e-6, error, error + 1e-6] for task, error in errors.items()}
        return Result(Status.DONE, errors=errors, resampled=resampled, epochs=1, seconds=1.0)

    def measure(self, trial: Trial) -> Affinity:
        """An affinity whose name tells where it was measured."""
        row = tuple(tuple(float((i + j) % 3 - 1) for j in range(3)) for i in range(3))
        return Affinity(self.tasks, (row, row), (row, row), trial.order.key)

    def walk(
        self,
        director: Director,
        train: Train | None = None,
        workers: int = 1,
        luck: Random | None = None,
        seconds: float = 1.0,
    ) -> list[Trial]:
        """Carries out what the director orders, in random order of ending if there are workers."""
        begun: dict[str, Order] = {}
        ended: list[Trial] = []
        elapsed = seconds * len(director.trials)
        while True:
            answer: Order | Answer = Answer.WAIT
            while len(begun) < workers and isinstance(answer := director.ask(elapsed), Order):
                assert answer.key not in begun
                begun[answer.key] = answer
            if answer is Answer.FINISHED:
                assert not begun
                assert director.ask(elapsed) is Answer.FINISHED  # and so it stays
                return ended
            assert begun  # WAIT is for something
            order = begun.pop((luck or Random(0)).choice(sorted(begun)))
            elapsed += seconds / workers
            ended.append(Trial(order, (train or self.train)(order), elapsed))
            director.tell(ended[-1])

    def _cost(self, part: Candidate, task: str) -> float:
        path = part.graph.path(task)
        friends = sum(len({"a", "b"} & set(node.tasks)) == 2 and task != "c" for node in path)
        foes = sum("c" in node.tasks and len(node.tasks) > 1 for node in path)
        return 0.08 * foes - 0.05 * friends


@fixture(scope="session")
def sim(space: SearchSpace, plugins: Plugins) -> Simulation:
    return Simulation(space, plugins)


@fixture(scope="session")
def of() -> Callable[[Phase, Iterable[Trial]], list[Trial]]:
    """The trials of a phase."""

    def of(phase: Phase, trials: Iterable[Trial]) -> list[Trial]:
        return [trial for trial in trials if trial.phase is phase]

    return of
