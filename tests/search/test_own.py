"""Settings of each task's own, shrunk to the common ones."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from pytest import fixture

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Phase, Trial
from automtl.search.own import own_settings
from automtl.search.standing import Standing

TASKS = [f"t{number}" for number in range(12)]
CONSTANTS = dict.fromkeys(TASKS, 1.0)
N_SETTINGS, N_ROWS = 5, 60


@fixture
def make(
    candidate: Callable[..., Candidate], ended: Callable[..., Trial]
) -> Callable[[int, float, float], tuple[list[Trial], np.ndarray]]:
    def make(seed: int, signal: float, noise: float) -> tuple[list[Trial], np.ndarray]:
        """Trials whose errors are true ones plus the noise of some rows, and the true ones."""
        rng = np.random.default_rng(seed)
        true = 0.5 + rng.normal(0, 0.01, (1, N_SETTINGS)) + rng.normal(
            0, signal, (len(TASKS), N_SETTINGS)
        )  # fmt: skip
        rows = true[..., None] + rng.normal(0, noise, (*true.shape, N_ROWS))
        draws = rng.integers(N_ROWS, size=(20, N_ROWS))
        graph, trials = TaskGraph.single_task(TASKS, 1), []
        for k in range(N_SETTINGS):
            errors = {task: float(rows[i, k].mean()) for i, task in enumerate(TASKS)}
            resampled = {
                task: [float(rows[i, k, draw].mean()) for draw in draws]
                for i, task in enumerate(TASKS)
            }
            trial = ended(candidate(graph, **{"block.width": k + 1}), errors, phase=Phase.ANCHORS)
            trials.append(replace(trial, result=replace(trial.result, resampled=resampled)))
        return trials, true

    return make


def _regret(trials: list[Trial], true: np.ndarray, chosen: dict[str, Trial]) -> float:
    """The mean true error of what was chosen, beyond the least."""
    own = [true[i, trials.index(chosen[task])] for i, task in enumerate(TASKS)]
    return float(np.mean(own - true.min(1)))


def _common(trials: list[Trial]) -> Trial:
    return min(trials, key=Standing(trials, CONSTANTS).relative)


def test_without_noise_each_task_has_its_best(make: Callable[..., tuple]) -> None:
    trials, true = make(0, 0.1, 1e-6)
    assert _regret(trials, true, own_settings(_common(trials), trials, CONSTANTS)) == 0


def test_without_a_signal_most_tasks_have_the_common_settings(make: Callable[..., tuple]) -> None:
    shares = []
    for seed in range(10):
        trials, _ = make(seed, 0.0, 0.5)
        common = _common(trials)
        chosen = own_settings(common, trials, CONSTANTS)
        shares.append(np.mean([chosen[task] is common for task in TASKS]))
    assert np.mean(shares) > 0.7


def test_it_is_no_worse_than_both_extremes_on_average(make: Callable[..., tuple]) -> None:
    for signal in (0.0, 0.03, 0.1):
        regrets = []
        for seed in range(30):
            trials, true = make(seed, signal, 0.4)
            common = _common(trials)
            least = {
                task: min(trials, key=lambda trial, task=task: trial.result.errors[task])
                for task in TASKS
            }
            choices = [
                own_settings(common, trials, CONSTANTS), dict.fromkeys(TASKS, common), least
            ]  # fmt: skip
            regrets.append([_regret(trials, true, choice) for choice in choices])
        shrunk, of_common, of_least = np.mean(regrets, axis=0)
        assert shrunk <= min(of_common, of_least) * 1.15 + 1e-9


def test_where_nothing_was_resampled_all_have_the_common_settings(
    make: Callable[..., tuple],
) -> None:
    trials, _ = make(0, 0.1, 0.1)
    bare = [replace(trial, result=replace(trial.result, resampled={})) for trial in trials]
    common = _common(bare)
    assert own_settings(common, bare, CONSTANTS) == dict.fromkeys(TASKS, common)
