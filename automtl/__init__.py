"""
automtl finds out which tasks should share what, and exports one ONNX file that predicts them all.

>>> import automtl
>>> automtl.bundled_config().name
'penguins'
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automtl.config import Config, bundled_config, load_config, override
    from automtl.core.graph import Node, TaskGraph
    from automtl.deploy.predict import Predictor
    from automtl.errors import AutoMTLError
    from automtl.estimator import MultiTaskSearch
    from automtl.hookspecs import hookimpl
    from automtl.plugins import load_plugins
    from automtl.report.notebook import draw
    from automtl.results import Run, resume, search

__all__ = [
    "AutoMTLError",
    "Config",
    "MultiTaskSearch",
    "Node",
    "Predictor",
    "Run",
    "TaskGraph",
    "bundled_config",
    "draw",
    "hookimpl",
    "load_config",
    "load_plugins",
    "override",
    "resume",
    "search",
]

_HOMES = {
    "AutoMTLError": "automtl.errors",
    "Config": "automtl.config",
    "MultiTaskSearch": "automtl.estimator",
    "Node": "automtl.core.graph",
    "Predictor": "automtl.deploy.predict",
    "Run": "automtl.results",
    "TaskGraph": "automtl.core.graph",
    "bundled_config": "automtl.config",
    "draw": "automtl.report.notebook",
    "hookimpl": "automtl.hookspecs",
    "load_config": "automtl.config",
    "load_plugins": "automtl.plugins",
    "override": "automtl.config",
    "resume": "automtl.results",
    "search": "automtl.results",
}


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used: ``import automtl`` alone costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'automtl' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


class _Room(ModuleType):
    """The room ``automtl.search``, which is called as the public function of this name is."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        return import_module(_HOMES["search"]).search(*args, **options)


class _Package(ModuleType):
    """This package: importing its room ``search`` would hide the function."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "search" and isinstance(value, ModuleType):
            value.__class__ = _Room
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
