"""
automtl finds out which tasks should share what, and exports one ONNX file that predicts them all.

>>> import automtl
>>> automtl.bundled_config().name
'penguins'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automtl.config import Config, bundled_config, load_config
    from automtl.core.graph import Node, TaskGraph
    from automtl.deploy.predict import Predictor
    from automtl.errors import AutoMTLError
    from automtl.hookspecs import hookimpl
    from automtl.pipeline import resume, search
    from automtl.plugins import load_plugins

__all__ = [
    "AutoMTLError",
    "Config",
    "Node",
    "Predictor",
    "TaskGraph",
    "bundled_config",
    "hookimpl",
    "load_config",
    "load_plugins",
    "resume",
    "search",
]

_HOMES = {
    "AutoMTLError": "automtl.errors",
    "Config": "automtl.config",
    "Node": "automtl.core.graph",
    "Predictor": "automtl.deploy.predict",
    "TaskGraph": "automtl.core.graph",
    "bundled_config": "automtl.config",
    "hookimpl": "automtl.hookspecs",
    "load_config": "automtl.config",
    "load_plugins": "automtl.plugins",
    "resume": "automtl.pipeline",
    "search": "automtl.pipeline",
}


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used: ``import automtl`` alone costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'automtl' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
