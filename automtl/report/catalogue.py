"""The plugins on offer, as text."""

import inspect
from collections.abc import Mapping

from automtl.core.task import TaskKind
from automtl.plugins import Plugins, options


def catalogue(plugins: Plugins) -> list[str]:
    """
    One line a plugin, under the kind it is of: name, first sentence, the task kinds that a loss or
    a head serves, options with their defaults, citation.
    """
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
        "callbacks": plugins.callbacks,
    }
    width = max(len(name) for found in kinds.values() for name in found)
    lines: list[str] = []
    for kind, found in kinds.items():
        lines += ["", kind] if lines else [kind]
        lines += [f"  {name.ljust(width)}  {_line(plugin)}" for name, plugin in found.items()]
    return lines


def _line(plugin: type) -> str:
    kinds: tuple[str, ...] = getattr(plugin, "kinds", ())
    given = _told(plugin) if issubclass(plugin, TaskKind) else options(plugin)
    named = ", ".join(f"{name}={p.default}" for name, p in given.items())
    served = " or ".join(filter(None, [", ".join(kinds[:-1]), *kinds[-1:]]))
    parts = [_sentence(plugin), served and f"For {served}.", named and f"[{named}]"]
    return "  ".join([*filter(None, parts), plugin.citation])  # type: ignore[attr-defined]


def _told(kind: type[TaskKind]) -> dict[str, inspect.Parameter]:
    """What a configuration may tell a kind, under ``options`` of a target."""
    parameters = inspect.signature(kind.fit).parameters
    return {name: parameters[name] for name in sorted(kind.options) if name in parameters}


def _sentence(plugin: type) -> str:
    """The first sentence of the module's docstring: it says what the method is in plain words."""
    module = inspect.getmodule(plugin)
    text = inspect.cleandoc((module and module.__doc__) or plugin.__doc__ or "")
    first = " ".join(text.split("\n\n")[0].split())
    return first.split(". ")[0].rstrip(".,:") + "." if first else ""
