"""The report while the search goes on: written again from time to time, beside the search."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from automtl.errors import AutoMTLError
from automtl.report.html import write_report
from automtl.run import RunFolder

PAUSE = 20.0  # seconds from one page to the next, at least
SHARE = 0.05  # of the time, at most, that writing pages may take


@contextmanager
def live_report(run: RunFolder, pause: float = PAUSE) -> Iterator[Callable[[], None]]:
    """
    Keeps the report up to date inside the block, beginning at once, in a thread of its own that
    reads what is in the run folder: no trial waits for it, and nothing tells it anything. If the
    block fails, the last page says that there is no model yet.

    :return: What is to be called before the final report is written: it ends the thread.
    """
    ended = threading.Event()
    thread = threading.Thread(
        target=_keep_writing, args=(run, ended, pause), name="automtl-report", daemon=True
    )

    def end() -> None:
        ended.set()
        thread.join()

    thread.start()
    complete = False
    try:
        yield end
        complete = True
    finally:
        end()
        if not complete:
            _try_to_write(run, running=False)


def _keep_writing(run: RunFolder, ended: threading.Event, pause: float) -> None:
    """Writes a page whenever something is new, until ``ended`` is set."""
    shown, rest = -1, 0.0
    while not ended.wait(rest):
        rest = pause
        size = (run.path / "trials.jsonl").stat().st_size
        if size != shown:
            began, shown = time.monotonic(), size
            _try_to_write(run, running=True)
            rest = max(pause, (time.monotonic() - began) / SHARE)


def _try_to_write(run: RunFolder, running: bool) -> None:
    """A page that cannot be written is no reason to end a search; the next one may be."""
    try:
        write_report(run, running)
    except (AutoMTLError, OSError):
        return
