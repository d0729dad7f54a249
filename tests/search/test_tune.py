"""Ray, as the search uses it: private, quiet, and gone afterwards."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
from pytest import mark, raises

from automtl.core.trial import Phase
from automtl.errors import RunError
from automtl.run import RunFolder
from automtl.search.tune import check_address

INTRUDER = """
import logging, os, sys
os.environ["RAY_AUTH_MODE"] = sys.argv[2]
os.environ["RAY_AUTH_TOKEN"] = sys.argv[3]
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
import ray
ray.init(sys.argv[1], log_to_driver=False, logging_level=logging.CRITICAL)
print("is in", flush=True)
os._exit(0)
"""


@mark.parametrize("address", ["127.0.0.1:9", "nowhere", "127.0.0.1:port"])
def test_says_that_nobody_listens(address: str) -> None:
    with raises(RunError, match="no Ray cluster answers"):
        check_address(address)


def test_a_search_by_time_lets_nobody_in_and_ends_in_time(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "automtl", "search", "--minutes", "0.75", "--trials", "500"]
    search = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    lines = tmp_path / "runs" / "penguins" / "trials.jsonl"
    while not lines.is_file() or not lines.read_text():
        assert search.poll() is None
        time.sleep(0.1)
    family = [psutil.Process(search.pid), *psutil.Process(search.pid).children(recursive=True)]
    assert _strangers(family) == []
    address, token = _head(family)
    intruders = {
        who: subprocess.Popen(
            [sys.executable, "-c", INTRUDER, address, mode, secret],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        for who, mode, secret in (
            ("one of us", "token", token),
            ("liar", "token", "0" * 64),
            ("stranger", "disabled", ""),
        )
    }  # fmt: skip
    assert _says(intruders["one of us"], 40) == "is in"
    for who in ("liar", "stranger"):  # who have had as long
        assert _says(intruders[who], 8) == ""
    out, error = search.communicate(timeout=120)
    assert search.returncode == 0, error
    assert error == ""
    assert "ray" not in out.lower().replace("/ray", "")
    trials = RunFolder.open(lines.parent).trials()
    assert 30 < max(trial.elapsed for trial in trials) < 45 + 4  # seconds, of 45
    assert {trial.phase for trial in trials} > {Phase.ANCHORS}
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []


def _strangers(family: list[psutil.Process]) -> list[str]:
    """Addresses of other machines that the processes are connected to."""
    own = {a.address for addresses in psutil.net_if_addrs().values() for a in addresses}
    return [
        connection.raddr.ip
        for process in family
        if process.is_running()
        for connection in process.net_connections(kind="inet")
        if connection.raddr and connection.raddr.ip.removeprefix("::ffff:") not in own
    ]


def _head(family: list[psutil.Process]) -> tuple[str, str]:
    """Where Ray's head listens, as its own command line says, and its token."""
    for process in family:
        for word in process.cmdline():
            if word.startswith("--gcs-address="):
                return word.partition("=")[2], process.environ()["RAY_AUTH_TOKEN"]
    raise AssertionError("no process tells Ray's address")


def _says(intruder: "subprocess.Popen[str]", seconds: float) -> str:
    """What it has said after some seconds; Ray itself would try for minutes."""
    try:
        return intruder.communicate(timeout=seconds)[0].strip()
    except subprocess.TimeoutExpired:
        intruder.kill()
        return intruder.communicate()[0].strip()
