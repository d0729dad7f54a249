"""The run folder: the only writer of files in it."""

from automtl.run.files import locking, making, write_json, write_whole
from automtl.run.folder import RunFolder
from automtl.run.parts import PartFiles

__all__ = ["PartFiles", "RunFolder", "locking", "making", "write_json", "write_whole"]
