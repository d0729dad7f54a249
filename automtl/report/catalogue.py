"""The plugins on offer, as text."""

import inspect
from collections.abc import Mapping

from automtl.plugins import Plugins, options


def catalogue(plugins: Plugins) -> list[str]:
    """One line a plugin, under the kind it is of: name, first sentence, options, citation."""
    kinds: dict[str, Mapping[str, type]] = {
        "primitives": plugins.primitives,
        "blocks": plugins.blocks,
        "balancers": plugins.balancers,
        "affinities": plugins.affinities,
        "task kinds": plugins.task_kinds,
        "losses": plugins.losses,
        "heads": plugins.heads,
        "schedules": plugins.schedules,
        "searchers": plugins.searchers,
        "readers": plugins.readers,
    }
    width = max(len(name) for found in kinds.values() for name in found)
    lines: list[str] = []
    for kind, found in kinds.items():
        lines += ["", kind] if lines else [kind]
        lines += [f"  {name.ljust(width)}  {_line(plugin)}" for name, plugin in found.items()]
    return lines


def _line(plugin: type) -> str:
    named = ", ".join(f"{name}={p.default}" for name, p in options(plugin).items())
    return "  ".join(filter(None, [_sentence(plugin), named and f"[{named}]", plugin.citation]))  # type: ignore[attr-defined]


def _sentence(plugin: type) -> str:
    """The first sentence of the module's docstring: it says what the method is in plain words."""
    module = inspect.getmodule(plugin)
    text = inspect.cleandoc((module and module.__doc__) or plugin.__doc__ or "")
    first = " ".join(text.split("\n\n")[0].split())
    return first.split(". ")[0].rstrip(".,:") + "." if first else ""
