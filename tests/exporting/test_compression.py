from dataclasses import replace

from pytest import mark, raises

from automtl.errors import ExportFailed
from automtl.exporting.compression import check
from automtl.exporting.wanted import Change, Compression, Wanted

WANTED = Wanted(compression=Compression.FP16, tolerance=0.01)


@mark.parametrize(
    "change",
    [
        Change("rmse", 1.0, 1.01, -0.01),
        Change("rmse", 1.0, 0.9, 0.1),
        Change("auc", float("nan"), float("nan"), float("nan")),  # not defined by the test rows
    ],
)
def test_what_keeps_the_tolerance_passes(change: Change) -> None:
    check({"a": change}, WANTED)


@mark.parametrize(("after", "gain"), [(1.02, -0.02), (float("nan"), float("nan"))])
def test_what_loses_more_or_becomes_undefined_does_not(after: float, gain: float) -> None:
    good = Change("rmse", 1.0, 1.0, 0.0)
    with raises(ExportFailed, match=r"With fp16 task 'b' loses .* \(rmse 1 → "):
        check({"a": good, "b": replace(good, after=after, gain=gain)}, WANTED)
