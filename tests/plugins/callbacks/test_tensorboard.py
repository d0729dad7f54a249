from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pytest import approx, importorskip

from automtl.testing import assert_callback_contract
from automtl_plugins.callbacks.tensorboard import TensorBoard

accumulators = importorskip("tensorboard.backend.event_processing.event_accumulator")


def _read(folder: Path) -> Any:
    found = accumulators.EventAccumulator(str(folder))
    found.Reload()
    return found


def test_contract(tmp_path: Path) -> None:
    assert_callback_contract(TensorBoard, tmp_path)
    assert_callback_contract(partial(TensorBoard, folder="elsewhere"), tmp_path)


def test_what_tensorboard_reads(tell: Callable[..., Any], tmp_path: Path) -> None:
    tell(TensorBoard())
    root = tmp_path / "tensorboard"
    folders = sorted(folder.name for folder in root.iterdir())
    assert [name[:4] for name in folders] == ["0001", "0002", "0003", "0004", "best"]
    first = _read(root / folders[0])
    (gain,) = first.Scalars("mean_gain")
    assert gain.value == approx(0.2)
    curve = first.Scalars("loss/age/validation")
    assert [event.step for event in curve] == [0, 1, 2]
    assert [event.value for event in curve] == approx([0.8, 0.6, 0.7])
    assert b"width" in first.PluginTagToContent("hparams")["_hparams_/session_start_info"]
    (test,) = _read(root / "best").Scalars("test/age/rmse")
    assert test.value == 0.5


def test_nothing_is_written_twice(tell: Callable[..., Any], tmp_path: Path) -> None:
    tell(TensorBoard(), n=2)
    root = tmp_path / "tensorboard"
    before = {file: file.read_bytes() for file in root.rglob("events*")}
    assert len(before) == 2
    (root / ".0003-half-written").mkdir()
    tell(TensorBoard())
    tell(TensorBoard())
    for file, content in before.items():
        assert file.read_bytes() == content
    assert [len(_read(folder).Scalars("seconds")) for folder in root.glob("0*")] == [1] * 4
    assert len(_read(root / "best").Scalars("test/age/rmse")) == 1


def test_searches_may_share_a_folder(tell: Callable[..., Any], tmp_path: Path) -> None:
    for search in ("abc", "def"):
        tell(TensorBoard(folder="../shared"), search=search)
    shared = tmp_path.parent / "shared"
    assert {folder.name for folder in shared.iterdir()} == {"penguins-abc", "penguins-def"}
