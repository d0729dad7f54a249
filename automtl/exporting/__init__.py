"""``automtl export``: other model files than the one that a search leaves behind."""

from automtl.deploy.compress import Compression
from automtl.exporting.export import export
from automtl.exporting.lines import lines
from automtl.exporting.wanted import TOLERANCE, Change, Exported, Wanted

__all__ = ["TOLERANCE", "Change", "Compression", "Exported", "Wanted", "export", "lines"]
