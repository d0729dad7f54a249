import sys

from pytest import CaptureFixture, MonkeyPatch

from automtl.deploy.predictions.bar import progress_bar


def test_silent_where_no_one_looks(capsys: CaptureFixture[str], monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # which makes rich take a pipe for a terminal
    with progress_bar() as watch:
        watch(10, 0.5)
    assert capsys.readouterr() == ("", "")


def test_shows_rows_on_a_terminal(capsys: CaptureFixture[str], monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress_bar() as watch:
        watch(1_234_567, 0.5)
    out, err = capsys.readouterr()
    assert "1,234,567 rows" in err
    assert "50%" in err
    assert out == ""
