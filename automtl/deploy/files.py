"""Files that are there whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from automtl.errors import DataError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """
    A temporary file beside ``path`` to write to. It takes the place of ``path`` at the end, and is
    removed instead where an error leaves the block.

    :raises DataError: If nothing can be written there.
    """
    temporary = path.with_name(f".{uuid4().hex}.part")
    try:
        if path.is_dir():
            raise DataError(f"{path}: this is a folder; give the name of a file.")
        if not path.parent.is_dir():
            raise DataError(f"{path}: there is no folder '{path.parent}'; create it first.")
        temporary.touch()
        try:
            yield temporary
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:  # such as a disk that is full
        reason = error.strerror or str(error)
        raise DataError(f"{path}: cannot be written: {reason}. Choose another place.") from error
