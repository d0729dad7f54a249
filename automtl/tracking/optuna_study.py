"""A search as a study of Optuna, in a storage that optuna-dashboard shows."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from importlib import import_module
from statistics import fmean
from typing import Any

from automtl.config import load_config
from automtl.core.callback import Ended
from automtl.core.candidate import Scalar
from automtl.core.space import Choice, Distribution, SearchSpace, Uniform
from automtl.core.trial import Status
from automtl.errors import MissingLibrary, RunError
from automtl.run import RunFolder
from automtl.tracking.ended import ended_trials

SEARCH = "automtl.search"  # the attribute of a study that says which search it is of


def export_study(run: RunFolder, url: str, name: str) -> int:
    """
    Writes a search to a storage as one study, in place of what was written of it there before.

    The value of a trial is its mean gain over a model per task, on validation, to be maximised;
    costs that the search traded it against are further values. Its intermediate values are minus
    the mean validation loss over tasks, by epoch. What cannot be compared counts as pruned: trials
    that the budget cut, those of low fidelity, and bags.

    :param url: Of the storage, as SQLAlchemy has it, such as ``sqlite:///study.db``.
    :param name: Of the study.
    :returns: How many trials were written.
    :raises MissingLibrary: If Optuna is not installed.
    :raises RunError: If the storage cannot be opened, or a study of this name is of another search.
    """
    optuna, config = _optuna(), load_config(run.config)
    against = config.search.aim.against
    trials = ended_trials(run)
    distributions = _distributions(optuna, config.space, trials)
    began = datetime.fromtimestamp((run.path / "data.json").stat().st_mtime)
    frozen = [_frozen(optuna, ended, distributions, against, began) for ended in trials]
    study = _new_study(optuna, url, name, run, against)
    study.add_trials(frozen)
    return len(frozen)


def _new_study(optuna: Any, url: str, name: str, run: RunFolder, against: Sequence[str]) -> Any:
    """An empty study; an earlier one of the same search makes way for it."""
    directions = ["maximize", *("minimize" for _ in against)]
    try:
        storage = optuna.storages.get_storage(url)
        known = name in optuna.get_all_study_names(storage)
    except Exception as error:  # of SQLAlchemy, or of any driver of a database
        line = str(error).splitlines()[0]
        raise RunError(f"--optuna {url}: this storage cannot be opened: {line}") from None
    if known:
        of = optuna.load_study(study_name=name, storage=storage).user_attrs.get(SEARCH)
        if of != run.id():
            raise RunError(
                f"{url}: the study '{name}' is of another search. Choose another name with --study."
            )
        optuna.delete_study(study_name=name, storage=storage)
    study = optuna.create_study(study_name=name, storage=storage, directions=directions)
    study.set_user_attr(SEARCH, run.id())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names(["mean gain", *against])  # the dashboard shows them
    return study


def _frozen(
    optuna: Any,
    ended: Ended,
    distributions: Mapping[str, Any],
    against: Sequence[str],
    began: datetime,
) -> Any:
    """A trial as Optuna has it."""
    states, result = optuna.trial.TrialState, ended.trial.result
    state = states.FAIL if result.status is Status.FAILED else states.PRUNED
    values = None
    if "mean_gain" in ended.metrics:
        state, values = states.COMPLETE, [ended.metrics[n] for n in ("mean_gain", *against)]
    params = {name: value for name, value in ended.settings.items() if name in distributions}
    others = {name: value for name, value in ended.settings.items() if name not in params}
    made = optuna.trial.create_trial(
        state=state,
        values=values,
        params=params,
        distributions={name: distributions[name] for name in params},
        user_attrs={"trial": ended.name, **others, **ended.metrics, "reason": result.reason},
        # Optuna has intermediate values for one objective only.
        intermediate_values={} if against else dict(enumerate(_progress(ended))),
    )
    made.datetime_complete = began + timedelta(seconds=ended.trial.elapsed)
    made.datetime_start = made.datetime_complete - timedelta(seconds=result.seconds)
    return made


def _progress(ended: Ended) -> list[float]:
    """Minus the mean validation loss, by epoch; tasks that were trained shorter keep their last."""
    curves = [curve.validation for curve in ended.curves.values() if curve.validation]
    n_epochs = max(map(len, curves), default=0)
    return [-fmean(curve[min(at, len(curve) - 1)] for curve in curves) for at in range(n_epochs)]


def _distributions(optuna: Any, space: SearchSpace, trials: Iterable[Ended]) -> dict[str, Any]:
    """
    Where each hyperparameter comes from. Optuna wants one distribution for a name in all of
    a study, but blocks may have options of the same name with other values each: it is what
    holds them all, and whatever a trial had besides.
    """
    offered: dict[str, list[Distribution]] = {}
    seen: dict[str, list[Scalar]] = {}
    for ended in trials:
        values = dict(ended.trial.candidate.hyperparameters)
        for name, distribution in space.walk(values):
            offered.setdefault(name, []).append(distribution)
        for name, value in values.items():
            seen.setdefault(name, []).append(value)
    return {name: _merged(optuna, offered.get(name, []), found) for name, found in seen.items()}


def _merged(optuna: Any, offered: Sequence[Distribution], seen: Sequence[Scalar]) -> Any:
    """The distribution of Optuna that holds all that was offered and all that was seen."""
    ranges = [one for one in offered if isinstance(one, Uniform)]
    numbers = [value for value in seen if isinstance(value, int | float)]
    if not ranges or len(ranges) < len(offered) or len(numbers) < len(seen):
        choices = [value for one in offered if isinstance(one, Choice) for value in one.values]
        return optuna.distributions.CategoricalDistribution(tuple(dict.fromkeys([*choices, *seen])))
    low = min(*numbers, *(one.low for one in ranges))
    high = max(*numbers, *(one.high for one in ranges))
    log = low > 0 and all(one.log for one in ranges)
    if all(one.integer for one in ranges):
        return optuna.distributions.IntDistribution(round(low), round(high), log=log)
    return optuna.distributions.FloatDistribution(low, high, log=log)


def _optuna() -> Any:
    try:
        optuna = import_module("optuna")
    except ImportError:
        raise MissingLibrary("An export to Optuna", "optuna", "optuna") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna
