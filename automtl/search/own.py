"""Which settings are best for each task alone, as far as some validation rows can tell."""

from collections.abc import Mapping, Sequence
from statistics import fmean, variance

from automtl.core.trial import Trial


def own_settings(
    common: Trial, trials: Sequence[Trial], constants: Mapping[str, float]
) -> dict[str, Trial]:
    r"""
    The training whose settings each task has when it is alone.

    Of several settings, one always looks best for a task by luck, and the more so the fewer rows
    it has. So a task's difference from the common settings, :math:`d_{ik} = m_k + r_{ik}` for task
    :math:`i` and settings :math:`k`, is shrunk to the mean over tasks :math:`m_k` before the least
    is taken: :math:`m_k + r_{ik} \tau^2 / (\tau^2 + s_{ik}^2)`, with the noise :math:`s^2` from
    resamples of the rows, and :math:`\tau^2` what the residuals vary by beyond it (empirical Bayes,
    Efron and Morris, 1973, https://doi.org/10.1080/01621459.1973.10481350).

    :param common: The training that is best over all tasks, one of ``trials``.
    :param trials: Trainings in which all tasks were alone with the same settings.
    :param constants: Each task's error of a constant prediction: the unit of its differences.
    """
    tasks = [task for task in constants if all(t.result.resampled.get(task) for t in trials)]
    others = [trial for trial in trials if trial is not common]
    best = dict.fromkeys(constants, common)
    if not tasks or not others:
        return best
    shrunk = _shrunk(
        {
            task: [difference(trial, common, task, constants[task] or 1.0) for trial in others]
            for task in tasks
        }
    )
    for task, differences in shrunk.items():
        if min(differences) < 0:
            best[task] = others[differences.index(min(differences))]
    return best


def _shrunk(found: Mapping[str, Sequence[tuple[float, float]]]) -> dict[str, list[float]]:
    """Of each task the differences of all settings, each with its noise, drawn to their means."""
    means = [
        fmean(difference for difference, _ in column)
        for column in zip(*found.values(), strict=True)
    ]
    residuals = [
        (difference - mean, noise)
        for row in found.values()
        for mean, (difference, noise) in zip(means, row, strict=True)
    ]
    signal = max(0.0, fmean(r**2 for r, _ in residuals) - fmean(noise for _, noise in residuals))
    return {
        task: [
            mean + (difference - mean) * (signal / (signal + noise) if signal else 0.0)
            for mean, (difference, noise) in zip(means, row, strict=True)
        ]
        for task, row in found.items()
    }


def difference(trial: Trial, common: Trial, task: str, unit: float) -> tuple[float, float]:
    """How much more a task errs than with the common settings, and its variance by chance."""
    pairs = zip(trial.result.resampled[task], common.result.resampled[task], strict=True)
    error = trial.result.errors[task] - common.result.errors[task]
    return error / unit, variance([(mine - theirs) / unit for mine, theirs in pairs])
