"""Folders and files that are there whole or not at all, and are locked while in use."""

import fcntl
import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from automtl.errors import RunError


@contextmanager
def making(path: Path) -> Iterator[Path]:
    """
    An empty folder that becomes ``path`` at the end of the block.

    :raises RunError: If it exists, or cannot be written.
    """
    try:
        if path.exists():
            raise RunError(
                f"{path}: the run folder exists. Go on with it by `automtl search --resume "
                f"{path}`, or choose another name with --name."
            )
        part = path.with_name(f".{path.name}.{os.getpid()}")
        part.mkdir(parents=True)
        yield part
        part.rename(path)
    except OSError as error:
        raise RunError(f"{path}: the run folder cannot be written: {error.strerror}.") from None


@contextmanager
def locking(file: Path) -> Iterator[None]:
    """
    Keeps others out of a file's folder, if they ask in the same way; a kill ends it.

    :raises RunError: If another search is at work here, or the file cannot be written.
    """
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(file.open("a"))
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(f"{file.parent}: another search is at work in this folder.") from None
        except OSError as error:
            raise RunError(f"{file.parent}: cannot be written: {error.strerror}.") from None
        yield


def is_locked(file: Path) -> bool:
    """Whether someone holds the lock of `locking`."""
    with file.open("rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def write_whole(file: Path, content: str | bytes) -> None:
    """Writes a file, whole or not at all."""
    part = file.with_name(f".{file.name}.{platform.node()}.{os.getpid()}")
    part.write_bytes(content.encode() if isinstance(content, str) else content)
    part.replace(file)


def write_json(file: Path, data: Mapping[str, Any]) -> None:
    """Writes a file to be read by people, too, whole or not at all."""
    write_whole(file, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def read_json(file: Path) -> dict[str, Any]:
    """
    Reads a file that is there.

    :raises RunError: If it is missing or broken.
    """
    try:
        found: dict[str, Any] = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise RunError(f"{file}: this file cannot be read ({first_line(error)}).") from None
    return found


def first_line(error: Exception) -> str:
    """What an error says, as far as it has a place in one line."""
    return (str(error) or repr(error)).splitlines()[0]
