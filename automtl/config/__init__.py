"""YAML to a checked `Config`."""

from automtl.config.checks import check_plugins
from automtl.config.config import Config, bundled_config, config_of, load_config, override
from automtl.config.offers import check_offers, for_data
from automtl.config.placed import placed
from automtl.config.schema import SearchSettings

__all__ = [
    "Config",
    "SearchSettings",
    "bundled_config",
    "check_offers",
    "check_plugins",
    "config_of",
    "for_data",
    "load_config",
    "override",
    "placed",
]
