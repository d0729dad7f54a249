import logging
import sys
import warnings

from pytest import CaptureFixture, raises

from automtl.deploy.quiet import quiet


def test_nothing_is_said_inside_and_everything_after(capfd: CaptureFixture[str]) -> None:
    with quiet():
        print("out")
        print("err", file=sys.stderr)
        warnings.warn("beware", stacklevel=1)
        logging.getLogger("some").error("log")
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("some").isEnabledFor(logging.ERROR)
    print("out")
    assert capfd.readouterr().out == "out\n"


def test_an_error_ends_the_silence() -> None:
    with raises(KeyError, match="inside"), quiet():
        raise KeyError("inside")
    assert logging.getLogger("some").isEnabledFor(logging.ERROR)
