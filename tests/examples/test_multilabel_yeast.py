import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

from pytest import CaptureFixture, MonkeyPatch, fixture, importorskip

from automtl.config import check_plugins, config_of
from automtl.data.read import read_data
from automtl.plugins import Plugins

importorskip("river", reason="river, which brings the data, is not installed")
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@fixture
def example(monkeypatch: MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return import_module("multilabel_yeast")


def test_the_example_runs(
    example: ModuleType, tmp_path: Path, monkeypatch: MonkeyPatch, capsys: CaptureFixture[str]
) -> None:
    settings = example.settings

    def quick(split: bool, trials: int) -> dict[str, object]:
        made = settings(split, trials)
        made["space"]["training"]["epochs"] = 1
        return dict(made)

    monkeypatch.setattr(example, "settings", quick)
    example.main(["--trials", "2", "--out", str(tmp_path / "yeast")])
    assert re.search(r"functions, loss '(own|asymmetric)': macro_f1 0\.", capsys.readouterr().out)
    assert (tmp_path / "yeast" / "best.onnx").is_file()


def test_each_label_may_be_a_task(example: ModuleType, plugins: Plugins) -> None:
    config = config_of(example.settings(split=True, trials=8))
    check_plugins(config, plugins)
    data = read_data(config.data_request(), plugins)
    assert {task.name for task in data.tasks} == set(example.LABELS)
    assert len(data.train.rows) + len(data.validation.rows) + len(data.test.rows) == 2417
