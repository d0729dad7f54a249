"""The examples of use from Python run, on small budgets, and print what they promise."""

import json
import re
import runpy
from pathlib import Path

from pytest import CaptureFixture, MonkeyPatch, fixture

from automtl import MultiTaskSearch, Run

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_quickstart(capsys: CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "quickstart.py"), run_name="__main__")
    *_, predicted, report = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"(Adelie|Chinstrap|Gentoo), (fe)?male, \d{4} g", predicted)
    assert Path(report).is_file()


def test_own_csv(capsys: CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "own_csv.py"), run_name="__main__")
    *_, predicted = capsys.readouterr().out.splitlines()
    assert re.search(r"female with probability [01]\.\d\d$", predicted)
    tasks = {task.name: task.kind for task in Run.load("runs/own_csv").summary.tasks}
    assert tasks == {"species": "multiclass", "sex": "binary"}


def test_quickstart_notebook() -> None:
    notebook = json.loads((EXAMPLES / "quickstart.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells), "Clear them."
    names: dict[str, object] = {}
    for cell in cells:
        exec("".join(cell["source"]), names)
    model, run = names["model"], names["run"]
    assert isinstance(model, MultiTaskSearch)
    assert isinstance(run, Run)
    assert len(run.trials) == model.trials
