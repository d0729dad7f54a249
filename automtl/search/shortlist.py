"""The all-shared settings that are judged on other rows too, before those who share have them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from operator import itemgetter

from automtl.core.candidate import Scalar
from automtl.core.objective import relative_error
from automtl.core.trial import Trial
from automtl.search.own import difference

MOST = 3
CHANCE = 2.0  # standard errors: who is that near to the best may be better


def shortlist(trials: Sequence[Trial], constants: Mapping[str, float]) -> list[Trial]:
    """
    The best of several trainings on the same rows, and who may be as good as far as these rows can
    tell, those with another skip first: at most three, and at most half of them.

    All graphs have the settings that were best for all tasks together. On few rows the best of many
    is partly lucky, and whoever is second there may be far better on others. Skips differ most: a
    task fits its own to its own rows, so that they decide what is left to share.

    :param trials: Trainings of the same graph with different settings.
    :param constants: Each task's error of a constant prediction: the unit of its errors.
    """
    known = [task for task in constants if all(t.result.resampled.get(task) for t in trials)]

    def relative(trial: Trial) -> float:
        return relative_error(trial.result.errors, constants)

    def level(trial: Trial) -> bool:
        noise = [difference(trial, best, task, constants[task] or 1.0)[1] for task in known]
        chance: float = sum(noise) ** 0.5 / len(constants)  # of the mean over tasks
        return relative(trial) - relative(best) <= CHANCE * chance

    alike: Counter[Scalar | None] = Counter()
    turns = []
    for trial in sorted(trials, key=relative):
        skip = trial.candidate.hyperparameters.get("skip")
        turns.append((alike[skip], trial))
        alike[skip] += 1
    best, *others = (trial for _, trial in sorted(turns, key=itemgetter(0)))
    return [best, *filter(level, others)][: max(1, min(MOST, len(trials) // 2))]
