"""The trials of a run folder, shown or exported."""

from pathlib import Path

from automtl.run import RunFolder
from automtl.tracking.ended import ended_trials
from automtl.tracking.optuna_study import export_study
from automtl.tracking.table import lines, write_csv


def show_trials(folder: Path, out: Path | None, optuna: str | None, study: str | None) -> list[str]:
    """
    The trials as a table; or, if they are written elsewhere, where that is.

    :param out: A CSV file.
    :param optuna: The URL of a storage of Optuna.
    :param study: The name of the study there; None for that of the run folder.
    :raises RunError: If it is no run folder, or something cannot be written.
    """
    run = RunFolder.open(folder)
    said = []
    if out is not None:
        write_csv(ended_trials(run), out)
        said.append(str(out))
    if optuna is not None:
        name = study or run.path.name
        n_trials = export_study(run, optuna, name)
        said.append(f"{n_trials} trials in the study '{name}'. See: optuna-dashboard {optuna}")
    return said or lines(ended_trials(run))
