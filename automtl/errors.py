"""Everything automtl raises on purpose, so that callers can catch ``AutoMTLError``."""

from typing import Self


class AutoMTLError(Exception):
    """Base class of the errors a user can cause and mend. The command line exits with code 2."""


class GraphError(AutoMTLError, ValueError):
    """The nodes given do not make a task graph, or a move does not apply to it."""


class SpaceError(AutoMTLError, ValueError):
    """A search space cannot be searched, or a value does not lie in it."""


class ConfigError(AutoMTLError, ValueError):
    """A configuration file is wrong. The message begins with ``file:line:column``."""


class DataError(AutoMTLError, ValueError):
    """
    A data file is missing or unreadable, or does not hold what the configuration says.

    :ivar place: The keys that lead to what is wrong, if it stands in the configuration.
    :ivar at_key: Whether the last of them is wrong itself, not what stands behind it.
    """

    place: tuple[str | int, ...] = ()
    at_key: bool = False

    def at(self, *place: str | int, key: bool = False) -> Self:
        """The error as one of the configuration, which is wrong at ``place``."""
        self.place, self.at_key = place, key
        return self


class LabelError(DataError):
    """
    A task kind does not take a label.

    :param row: Which, counted from 0.
    :param column: Of which column of labels, counted from 0.
    """

    def __init__(self, message: str, row: int, column: int = 0) -> None:
        super().__init__(message)
        self.row, self.column = row, column


class PluginError(AutoMTLError):
    """A plugin does not keep the contract in ``hookspecs``."""


class MissingLibrary(AutoMTLError, ImportError):
    """
    A library is not installed that only some uses of automtl need.

    :param use: What needs it.
    :param library: How pip calls it.
    :param extra: The extra of automtl that brings it along.
    """

    def __init__(self, use: str, library: str, extra: str) -> None:
        super().__init__(
            f'{use} needs {library}, which is not installed. Install it by "pip install '
            f"'automtl[{extra}]'\"."
        )


class RunError(AutoMTLError):
    """A run folder cannot be written, resumed or read."""


class ModelError(AutoMTLError):
    """A model file is not one that automtl exported."""


class ExportError(AutoMTLError, ValueError):
    """An export is asked for that there cannot be: of a task that is not in the model, say."""


class ServerError(AutoMTLError):
    """The server of predictions cannot listen where it was told to."""


class SearchFailed(AutoMTLError):
    """The search ended without one successful trial. The command line exits with code 1."""


class ExportFailed(AutoMTLError):
    """The exported file disagrees with the network it came from. Exits with code 1."""
