"""What the callbacks have in common: the library of a tool is imported when it is asked for."""

from importlib import import_module
from typing import Any

from automtl.errors import MissingLibrary


def import_tool(module: str, callback: str) -> Any:
    """
    The library of a tool.

    :param module: Its name, or that of what is needed of it.
    :param callback: The name of the callback, which is also that of its package and of the extra.
    :raises MissingLibrary: If it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingLibrary(f"The callback '{callback}'", callback, callback) from error
