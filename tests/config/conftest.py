from collections.abc import Callable
from pathlib import Path

from pytest import fixture

Write = Callable[..., Path]


@fixture
def write(tmp_path: Path) -> Write:
    """Writes a file and gives its path."""

    def write(text: str | bytes, name: str = "c.yaml") -> Path:
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return write
