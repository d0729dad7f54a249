"""Files of text: what is said of one that is not UTF-8, or not what its name says."""

import gzip
from pathlib import Path

from automtl.errors import DataError

_GZIP = b"\x1f\x8b"
_SHEET = "Save the sheet as CSV UTF-8, or as Parquet"
_UTF16 = ("UTF-16 text", "Save it as UTF-8")
_OTHERS = {  # what a file is that begins so, and the mend
    _GZIP: ("compressed with gzip", "Add .gz to its name"),
    b"PK\x03\x04": ("a ZIP archive, as a workbook of Excel is", _SHEET),
    b"\xd0\xcf\x11\xe0": ("an old workbook of Excel", _SHEET),
    b"\xff\xfe": _UTF16,
    b"\xfe\xff": _UTF16,
    b"PAR1": ("a Parquet file", "Let its name end in .parquet"),
}


def is_zipped(path: Path) -> bool:
    """Whether the name says that the file is compressed."""
    return path.name.lower().endswith(".gz")


def check_text(path: Path) -> None:
    """
    Looks at the first bytes of a file of text.

    :raises DataError: If it is something else, or is compressed where its name does not say so.
    """
    with path.open("rb") as file:
        start = file.read(8)
    if is_zipped(path):
        if start and not start.startswith(_GZIP):
            raise DataError(
                f"{path}: must be compressed with gzip, as its name says, but is not. Take .gz out "
                f"of its name, or compress it."
            )
        return
    for beginning, (what, mend) in _OTHERS.items():
        if start.startswith(beginning):
            raise DataError(f"{path}: must be UTF-8 text, but is {what}. {mend}.")


def not_utf8(path: Path) -> DataError:
    """The error of the first line that is not UTF-8."""
    with (gzip.open if is_zipped(path) else open)(path, "rb") as lines:
        wrong = (number for number, line in enumerate(lines, start=1) if not _is_utf8(line))
        return not_utf8_in(path, next(wrong, 1))


def not_utf8_in(path: Path, line: int) -> DataError:
    """The error of a line that is not UTF-8."""
    message = f"{path}:{line}: must be UTF-8 text, but is not. Save the file in that encoding."
    return DataError(message)


def unreadable(path: Path, error: Exception) -> DataError:
    """The error of a file that cannot be opened or decompressed."""
    if isinstance(error, OSError) and error.strerror:
        return DataError(f"{path}: cannot be read: {error.strerror}. Mend that, or name another.")
    mend = "It is cut short or damaged: copy or compress it again."
    return DataError(f"{path}: cannot be read: {str(error).rstrip('.')}. {mend}")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
