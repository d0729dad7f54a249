"""A run folder that tests may write to."""

import shutil
from pathlib import Path

from pytest import TempPathFactory, fixture

from automtl.report.summary import Summary
from automtl.run import RunFolder


@fixture(scope="session")
def url(tmp_path_factory: TempPathFactory) -> str:
    """A storage for Optuna; making one takes a second, and the tests share it."""
    return f"sqlite:///{tmp_path_factory.mktemp('optuna') / 'study.db'}"


@fixture
def copied(finished: Summary, tmp_path: Path) -> RunFolder:
    """The finished run, without its weights."""
    ignore = shutil.ignore_patterns("models")
    return RunFolder.open(shutil.copytree(finished.folder, tmp_path / "penguins", ignore=ignore))
