"""What is told of the trials in a run folder."""

from automtl.config import load_config
from automtl.core.callback import Ended, LossCurve
from automtl.core.trial import Phase, Trial
from automtl.errors import RunError
from automtl.run import RunFolder
from automtl.search.standing import Standing


def ended_trial(number: int, trial: Trial, standing: Standing, run: RunFolder) -> Ended:
    """
    All that is told of a trial.

    :param number: Which it is, in the order in which trials ended, counted from 1.
    :param standing: How the trials compare, this one or at least those before it.
    """
    comparable = trial.done and trial.order.fidelity == 1 and trial.phase is not Phase.BAGS
    gains = standing.gains(trial) if comparable else None
    return Ended(number, trial, gains or {}, _curves(trial, run))


def ended_trials(run: RunFolder) -> list[Ended]:
    """
    All trials of a search, compared with the best single-task anchor so far. Needs neither its data
    nor its end.

    :raises RunError: If the folder does not say how gains are computed.
    """
    constants = run.about.constants()
    if constants is None:
        raise RunError(
            f"{run.path / 'data.json'}: it does not say how gains are computed: this search was "
            f"begun by an earlier version of automtl. Do it again."
        )
    trials = run.trials(mend=False)
    standing = Standing(trials, constants, load_config(run.config).search.aim)
    return [ended_trial(number, t, standing, run) for number, t in enumerate(trials, start=1)]


def _curves(trial: Trial, run: RunFolder) -> dict[str, LossCurve]:
    """Of each task; none of a trial whose files are missing or broken."""
    try:
        parts = run.parts.curves(trial)
    except RunError:
        return {}
    return {
        task: LossCurve(
            tuple(losses[at] for losses in part["train"]),
            tuple(losses[at] for losses in part["validation"]),
        )
        for part in parts
        for at, task in enumerate(part["tasks"])
    }
