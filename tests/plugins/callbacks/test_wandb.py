"""Against the real library without a network: it writes files to be sent later."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest import MonkeyPatch, fixture, importorskip, raises

from automtl.testing import assert_callback_contract
from automtl_plugins.callbacks.wandb import WeightsAndBiases

wandb = importorskip("wandb")


@fixture(autouse=True)
def apart(monkeypatch: MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is sent to anyone, and no key is found."""
    for name in ("WANDB_CACHE_DIR", "WANDB_DATA_DIR", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("WANDB_MODE", "offline")


@fixture
def begun(monkeypatch: MonkeyPatch) -> list[dict[str, Any]]:
    """What each run is begun with."""
    found: list[dict[str, Any]] = []
    init = wandb.init

    def recorded(**arguments: Any) -> Any:
        found.append(arguments)
        return init(**arguments)

    monkeypatch.setattr(wandb, "init", recorded)
    return found


def test_contract(tmp_path: Path) -> None:
    assert_callback_contract(WeightsAndBiases, tmp_path)


def test_a_run_for_each_trial_and_none_twice(
    begun: list[dict[str, Any]], tell: Callable[..., Any], tmp_path: Path
) -> None:
    tell(WeightsAndBiases("birds"), n=2)
    tell(WeightsAndBiases("birds"))
    names = [str(arguments["id"]) for arguments in begun]
    assert [name[4:8] for name in names] == ["0001", "0002", "0003", "0004", "best"]
    assert {arguments["group"] for arguments in begun} == {"penguins-abc"}
    wandb.teardown()  # its own process has written all then
    written = (tmp_path / "wandb").glob("offline-run-*/*.wandb")
    files = {file.name: file.read_bytes() for file in written}
    assert files.keys() == {f"run-{name}.wandb" for name in names}
    first, last = files[f"run-{names[0]}.wandb"], files[f"run-{names[-1]}.wandb"]
    assert all(text in first for text in (b"birds", b"width", b"mean_gain", b"loss/age/validation"))
    assert all(text in last for text in (b"test/age/rmse", b"model-abc", b"report-abc"))


def test_without_a_key_it_says_so_at_once(
    monkeypatch: MonkeyPatch, tell: Callable[..., Any]
) -> None:
    monkeypatch.delenv("WANDB_MODE")
    wandb.teardown()
    with raises(wandb.errors.UsageError, match="wandb login"):
        tell(WeightsAndBiases())
    wandb.teardown()
