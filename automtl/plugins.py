"""The plugin door: the one place that knows which plugins exist."""

import hashlib
import importlib
import importlib.util
import inspect
import pkgutil
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, TypeVar

import pluggy

from automtl import hookspecs
from automtl.core.affinity import AffinityEstimator
from automtl.core.balancer import Balancer
from automtl.core.block import Block
from automtl.core.callback import Callback
from automtl.core.head import Head
from automtl.core.loss import Loss
from automtl.core.primitive import Primitive
from automtl.core.reader import Reader
from automtl.core.schedule import Schedule
from automtl.core.searcher import Searcher
from automtl.core.task import TaskKind
from automtl.errors import PluginError
from automtl.suggest import did_you_mean

GROUP = "automtl.plugins"  # the entry-point group of packaged plugins
HOOKS = frozenset(name for name in vars(hookspecs) if name.startswith("automtl_"))

T = TypeVar("T")


@dataclass(frozen=True)
class Plugins:
    """
    Everything on offer, by name.

    :param hook: Tells all plugins: ``plugins.hook.automtl_trial_end(trial=...)``.
    """

    primitives: Mapping[str, type[Primitive]]
    blocks: Mapping[str, type[Block]]
    balancers: Mapping[str, type[Balancer]]
    affinities: Mapping[str, type[AffinityEstimator]]
    task_kinds: Mapping[str, type[TaskKind]]
    losses: Mapping[str, type[Loss]]
    heads: Mapping[str, type[Head]]
    schedules: Mapping[str, type[Schedule]]
    searchers: Mapping[str, type[Searcher]]
    readers: Mapping[str, type[Reader]]
    callbacks: Mapping[str, type[Callback]]
    hook: pluggy.HookRelay


@cache
def load_plugins(files: tuple[Path, ...] = ()) -> Plugins:
    """
    Loads the installed plugins and those in ``files``, once per process.

    An entry point of the group ``automtl.plugins`` names a module, or a package all of whose
    modules are plugins. A file is a module that needs no packaging.

    :raises PluginError: If a plugin breaks the contract. The message names it, the hook and the
        mend.
    """
    manager = _manager(files)
    return Plugins(
        primitives=_offers(manager, "automtl_primitives", Primitive),
        blocks=_offers(manager, "automtl_blocks", Block),
        balancers=_offers(manager, "automtl_balancers", Balancer),
        affinities=_offers(manager, "automtl_affinities", AffinityEstimator),
        task_kinds=_offers(manager, "automtl_task_kinds", TaskKind),
        losses=_offers(manager, "automtl_losses", Loss),
        heads=_offers(manager, "automtl_heads", Head),
        schedules=_offers(manager, "automtl_schedules", Schedule),
        searchers=_offers(manager, "automtl_searchers", Searcher),
        readers=_offers(manager, "automtl_readers", Reader),
        callbacks=_offers(manager, "automtl_callbacks", Callback),
        hook=manager.hook,
    )


def options(plugin: type) -> dict[str, inspect.Parameter]:
    """
    The options of a plugin: the parameters of its constructor that have a default.

    >>> from automtl_plugins.primitives.cross_stitch import CrossStitch
    >>> list(options(CrossStitch))
    ['share']
    """
    parameters = inspect.signature(plugin).parameters.items()
    return {name: p for name, p in parameters if p.default is not inspect.Parameter.empty}


def pick(registry: Mapping[str, T], what: str, name: str) -> T:
    """
    ``registry[name]``.

    :raises PluginError: If there is no such plugin; the message says what there is.
    """
    if name not in registry:
        raise PluginError(f"There is no {what} '{name}'; {did_you_mean(name, registry)}")
    return registry[name]


def _manager(files: Iterable[Path]) -> pluggy.PluginManager:
    """The plugin manager, with all modules of all plugins registered."""
    manager = pluggy.PluginManager("automtl")
    manager.add_hookspecs(hookspecs)
    once = dict.fromkeys(file.resolve() for file in files)
    for source, modules in [*_installed(), *((str(file), [_import(file)]) for file in once)]:
        for module in modules:
            place = source if len(modules) == 1 else f"{source}, {module.__name__}"
            _register(manager, module, place)
        if not any(manager.get_hookcallers(module) for module in modules):
            raise PluginError(
                f"{source}: a plugin implements at least one hook, but this has none. Define a "
                f"function such as 'automtl_primitives' that returns a list of classes, and put "
                f"`@hookimpl` (from automtl.hookspecs) on it."
            )
    return manager


def _installed() -> Iterator[tuple[str, list[ModuleType]]]:
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        source = f"entry point '{entry.name} = {entry.value}'"
        with _blaming(source, "the import"):
            module = entry.load()
            if not isinstance(module, ModuleType):
                raise PluginError(f"{source}: must name a module, but names {module!r}.")
            modules = list(_walk(module))
        yield source, modules


def _walk(module: ModuleType) -> Iterator[ModuleType]:
    """A module and, if it is a package, all modules in it."""
    yield module
    for info in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{module.__name__}."):
        yield importlib.import_module(info.name)


def _import(file: Path) -> ModuleType:
    """Imports a file under a name of its own, so that two files may be called the same."""
    if not file.is_file():
        raise PluginError(f"{file}: no such plugin file.")
    name = f"automtl_file_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise PluginError(f"{file}: a plugin is a Python file; its name must end in '.py'.")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    with _blaming(str(file), "the import"):
        spec.loader.exec_module(module)
    return module


def _register(manager: pluggy.PluginManager, module: ModuleType, source: str) -> None:
    """Registers a module. Of a misspelt or unmarked hook pluggy would say little or nothing."""
    if manager.is_registered(module):
        return  # two entry points may name the same module
    for name, member in vars(module).items():
        marked = manager.parse_hookimpl_opts(module, name) is not None
        meant = marked or (callable(member) and name.startswith("automtl_"))
        if meant and name not in HOOKS:
            raise PluginError(f"{source}: there is no hook '{name}'; {did_you_mean(name, HOOKS)}")
        if meant and not marked:
            raise PluginError(
                f"{source}: put `@hookimpl` (from automtl.hookspecs) on '{name}'; without it, "
                f"it goes unseen."
            )
    try:
        manager.register(module, name=source)
    except pluggy.PluginValidationError as error:  # its arguments are not those of the hook
        raise PluginError(f"{source}: {' '.join(str(error).split())}.") from None


def _offers(manager: pluggy.PluginManager, hook: str, base: type) -> Mapping[str, Any]:
    """What all implementations of ``hook`` offer, by name."""
    found: dict[str, tuple[type, str]] = {}
    for implementation in getattr(manager.hook, hook).get_hookimpls():
        source = implementation.plugin_name
        with _blaming(source, f"'{hook}'"):
            offer = implementation.function()
            plugins = list(offer) if isinstance(offer, Iterable) else offer
        _check_offer(f"{source}: '{hook}'", plugins, base)
        for plugin in plugins:
            other, place = found.setdefault(plugin.name, (plugin, source))
            if other is not plugin:
                raise PluginError(
                    f"{source}: '{hook}' offers '{plugin.name}' ({plugin.__name__}), but so does "
                    f"{place} ({other.__name__}). Rename one of them."
                )
    return MappingProxyType({name: found[name][0] for name in sorted(found)})


def _check_offer(source: str, plugins: Any, base: type) -> None:
    if not isinstance(plugins, list):
        raise PluginError(f"{source} must return a list of classes, but returned {plugins!r}.")
    for plugin in plugins:
        if not (isinstance(plugin, type) and issubclass(plugin, base)):
            raise PluginError(
                f"{source} must return classes that derive from {base.__module__}."
                f"{base.__name__}, but returned {plugin!r}."
            )
        for attribute in ("name", "citation"):
            text = getattr(plugin, attribute, None)
            if not (text and isinstance(text, str)):
                raise PluginError(
                    f"{source}: {plugin.__name__} needs a text as its class attribute "
                    f"'{attribute}', but has {text!r}. Write {attribute} = \"...\" in its body."
                )
        if missing := sorted(getattr(plugin, "__abstractmethods__", ())):
            raise PluginError(f"{source}: {plugin.__name__} must define {', '.join(missing)}.")


@contextmanager
def _blaming(source: str, what: str) -> Iterator[None]:
    """Turns whatever a plugin raises into an error that names it, ``what`` raised, and where."""
    try:
        yield
    except PluginError:
        raise
    except Exception as error:
        message = f"{source}: {what} raised {type(error).__name__}: {error} (at {_place(error)})"
        raise PluginError(message) from error


def _place(error: Exception) -> str:
    """The file and line of an error, behind the machinery of importing."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    last = next(frame for frame in reversed(frames) if not frame.filename.startswith("<frozen"))
    return f"{last.filename}:{last.lineno}"
