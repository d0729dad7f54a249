import csv
from pathlib import Path

from pytest import importorskip, raises

from automtl.errors import RunError
from automtl.run import RunFolder
from automtl.tracking.show import show_trials


def test_trials_are_printed_unless_they_are_written(copied: RunFolder, tmp_path: Path) -> None:
    printed = show_trials(copied.path, None, None, None)
    assert len(printed) == 1 + len(copied.trials())
    out = tmp_path / "trials.csv"
    assert show_trials(copied.path, out, None, None) == [str(out)]
    with out.open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(copied.trials())


def test_the_study_is_called_like_the_run(copied: RunFolder, url: str) -> None:
    optuna = importorskip("optuna")
    (said,) = show_trials(copied.path, None, url, None)
    assert said.startswith("12 trials in the study 'penguins'")
    assert said.endswith(f"optuna-dashboard {url}")
    assert "penguins" in optuna.get_all_study_names(url)


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with raises(RunError, match="not a run folder"):
        show_trials(tmp_path, None, None, None)
