"""YAML to a checked `Config`."""

from automtl.config.checks import check_plugins
from automtl.config.config import Config, bundled_config, load_config, override
from automtl.config.schema import SearchSettings

__all__ = [
    "Config",
    "SearchSettings",
    "bundled_config",
    "check_plugins",
    "load_config",
    "override",
]
