"""Whether the plugins that a configuration names exist and have the options it varies."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from automtl.config.config import Config
from automtl.config.document import Place, Problem
from automtl.config.space import PLUGGED, misfit
from automtl.core.space import Choice, Options
from automtl.errors import ConfigError
from automtl.suggest import did_you_mean

if TYPE_CHECKING:  # the plugins bring torch along, which reading a configuration does without
    from automtl.plugins import Plugins


def check_plugins(config: Config, plugins: "Plugins") -> None:
    """
    Checks a configuration against the plugins on offer.

    :raises ConfigError: If a primitive, block, balancer, schedule, searcher, affinity estimator,
        callback, task kind or metric does not exist, or a plugin has no such option or cannot take
        one of its values. The message lists all of that, each with its place.
    """
    errors = [
        str(document.error(problems))
        for document, problems in (
            (config.document, [*_in_config(config, plugins)]),
            (config.space_document, [*_in_space(config, plugins)]),
        )
        if problems
    ]
    if errors:
        raise ConfigError("\n".join(errors))


def _in_config(config: Config, plugins: "Plugins") -> Iterator[Problem]:
    search = config.search
    if search.searcher not in plugins.searchers:
        yield _unknown(("search", "searcher"), "searcher", search.searcher, plugins.searchers)
    if search.affinity not in plugins.affinities:
        yield _unknown(("search", "affinity"), "affinity", search.affinity, plugins.affinities)
    for name, given in search.listeners.items():
        place: Place = ("search", "callbacks", name)
        if name not in plugins.callbacks:
            yield _unknown(place, "callback", name, plugins.callbacks, at_key=True)
            continue
        fixed = {option: Choice((value,)) for option, value in given.items()}
        yield from _in_options(plugins.callbacks[name], fixed, place)
    for target in config.targets:
        place = ("targets", target.name)
        offered_to = None if target.split_labels else target.kind  # or to what labels become
        yield from _in_offers(config, target.name, offered_to, plugins)
        if target.kind is None:
            continue
        if target.kind not in plugins.task_kinds:
            yield _unknown((*place, "kind"), "task kind", target.kind, plugins.task_kinds)
            continue
        kind = plugins.task_kinds[target.kind]
        if not target.split_labels and target.metric not in (None, *kind.metrics):
            what = f"metric of the kind '{target.kind}'"
            yield _unknown((*place, "metric"), what, str(target.metric), kind.metrics)
        for option in sorted(target.options.keys() - kind.options):
            what = f"option of the kind '{target.kind}'"
            yield _unknown((*place, "options", option), what, option, kind.options, at_key=True)


def _in_offers(
    config: Config, target: str, kind: str | None, plugins: "Plugins"
) -> Iterator[Problem]:
    """What is wrong with the losses and heads that a target may have."""
    from automtl.core.head import LINEAR
    from automtl.core.loss import OWN

    for key, own, offers, registry in (
        ("loss", OWN, config.space.losses, plugins.losses),
        ("head", LINEAR, config.space.heads, plugins.heads),
    ):
        serving = {n: p for n, p in registry.items() if kind is None or kind in p.kinds}
        for name, varied in offers.get(target, {}).items():
            place = ("targets", target, key)
            if name == own and not varied:
                continue
            if name == own:
                message = f"'{own}' has no options; remove them."
                yield Problem((*place, name), message, at_key=True)
            elif name not in serving:
                behind = "" if kind is None else f" for the kind '{kind}'"
                mend = did_you_mean(name, [own, *serving])
                yield Problem((*place, name), f"there is no {key} '{name}'{behind}; {mend}", True)
            else:
                yield from _in_options(serving[name], varied, (*place, name))


def _in_space(config: Config, plugins: "Plugins") -> Iterator[Problem]:
    for key in PLUGGED:
        registry = getattr(plugins, key)
        for name, varied in getattr(config.space, key).items():
            if name not in registry:
                yield _unknown((key, name), key.removesuffix("s"), name, registry, at_key=True)
                continue
            yield from _in_options(registry[name], varied, (key, name))


def _in_options(plugin: type, varied: Options, place: Place) -> Iterator[Problem]:
    """What is wrong with the options of a plugin."""
    from automtl.plugins import options

    known = options(plugin)
    for option, distribution in varied.items():
        if option not in known:
            what = f"option of '{place[-1]}'"
            yield _unknown((*place, option), what, option, known, at_key=True)
        elif wrong := misfit(known[option].annotation, distribution):
            yield Problem((*place, option), wrong)


def _unknown(
    place: Place, what: str, name: str, known: Iterable[str], at_key: bool = False
) -> Problem:
    return Problem(place, f"there is no {what} '{name}'; {did_you_mean(name, known)}", at_key)
