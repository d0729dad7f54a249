import csv
from dataclasses import replace
from pathlib import Path

from pytest import raises

from automtl.core.callback import Ended
from automtl.errors import RunError
from automtl.run import RunFolder
from automtl.tracking.ended import ended_trials
from automtl.tracking.table import lines, write_csv


def test_a_line_a_trial(copied: RunFolder) -> None:
    trials = ended_trials(copied)
    head, *body = lines(trials)
    assert head.split()[:3] == ["trial", "phase", "seed"]
    assert {"body_mass_g", "sex", "species"} < set(head.split())
    assert len(body) == len(trials)
    assert all(
        str(ended.trial.candidate.graph) in line for ended, line in zip(trials, body, strict=True)
    )


def test_without_trials_or_gains(copied: RunFolder) -> None:
    assert len(lines([])) == 1
    bare = [replace(ended, gains={}) for ended in ended_trials(copied)]
    assert "%" not in "".join(lines(bare))


def test_the_csv_reads_back(copied: RunFolder, tmp_path: Path) -> None:
    trials, file = ended_trials(copied), tmp_path / "trials.csv"
    write_csv(trials, file)
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert len(rows) == len(trials)
    for row, ended in zip(rows, trials, strict=True):
        _same(row, ended)


def _same(row: dict[str, str], ended: Ended) -> None:
    assert row["trial"] == ended.name
    given = {**ended.settings, **ended.metrics}
    assert {name: row[name] for name in given} == {name: str(v) for name, v in given.items()}
    others = row.keys() - given.keys() - {"trial", "candidate", "status", "reason"}
    assert not any(row[name] for name in others)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with raises(RunError, match="cannot be written"):
        write_csv([], tmp_path / "missing" / "trials.csv")
