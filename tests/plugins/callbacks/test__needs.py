import json
import sys

from pytest import MonkeyPatch, mark, raises

from automtl.errors import MissingLibrary
from automtl.plugins import load_plugins
from automtl_plugins.callbacks._needs import import_tool


def test_what_is_installed_is_imported() -> None:
    assert import_tool("json", "mlflow") is json


@mark.parametrize(
    ("name", "module"),
    [("mlflow", "mlflow"), ("tensorboard", "torch.utils.tensorboard"), ("wandb", "wandb")],
)
def test_what_is_missing_says_how_to_install_it(
    name: str, module: str, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with raises(MissingLibrary, match=rf"The callback '{name}' needs .*'automtl\[{name}\]'"):
        load_plugins().callbacks[name]()
