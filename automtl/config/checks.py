"""Whether the plugins that a configuration names exist and have the options it varies."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from automtl.config.config import Config
from automtl.config.document import Place, Problem
from automtl.config.space import PLUGGED, misfit
from automtl.errors import ConfigError
from automtl.suggest import did_you_mean

if TYPE_CHECKING:  # the plugins bring torch along, which reading a configuration does without
    from automtl.plugins import Plugins


def check_plugins(config: Config, plugins: "Plugins") -> None:
    """
    Checks a configuration against the plugins on offer.

    :raises ConfigError: If a primitive, block, balancer, schedule, searcher, affinity estimator,
        task kind or metric does not exist, or a plugin has no such option or cannot take one of
        its values. The message lists all of that, each with its place.
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
    for target in config.targets:
        place = ("targets", target.column)
        if target.kind is None:
            continue
        if target.kind not in plugins.task_kinds:
            yield _unknown((*place, "kind"), "task kind", target.kind, plugins.task_kinds)
        elif target.metric not in (None, *(metrics := plugins.task_kinds[target.kind].metrics)):
            what = f"metric of the kind '{target.kind}'"
            yield _unknown((*place, "metric"), what, str(target.metric), metrics)


def _in_space(config: Config, plugins: "Plugins") -> Iterator[Problem]:
    from automtl.plugins import options

    for key in PLUGGED:
        registry = getattr(plugins, key)
        for name, varied in getattr(config.space, key).items():
            if name not in registry:
                yield _unknown((key, name), key.removesuffix("s"), name, registry, at_key=True)
                continue
            known = options(registry[name])
            for option, distribution in varied.items():
                place = (key, name, option)
                if option not in known:
                    yield _unknown(place, f"option of '{name}'", option, known, at_key=True)
                elif wrong := misfit(known[option].annotation, distribution):
                    yield Problem(place, wrong)


def _unknown(
    place: Place, what: str, name: str, known: Iterable[str], at_key: bool = False
) -> Problem:
    return Problem(place, f"there is no {what} '{name}'; {did_you_mean(name, known)}", at_key)
