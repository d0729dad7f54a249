"""Whether what is on offer, for a task or in the search space, can be made."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import torch

from automtl.core.block import Block, Features, InputSpec
from automtl.core.candidate import Scalar
from automtl.core.head import LINEAR, Head
from automtl.core.loss import OWN, Loss
from automtl.core.space import Choice, Distribution, Options, SearchSpace
from automtl.core.task import TaskKind
from automtl.plugins import Plugins

Make: TypeAlias = Callable[..., object]  # takes options by keyword

FEATURES = Features(4)  # a small one: what may be wrong with options does not depend on it


@dataclass(frozen=True)
class Misfit:
    """
    An offer that would fail in every training.

    :param place: ``loss``, ``head``, or the like of ``blocks``, then its name, and the option at
        fault, if it is one.
    :param message: Why.
    """

    place: tuple[str, ...]
    message: str


def misfits(
    kind: TaskKind,
    losses: Mapping[str, Options],
    heads: Mapping[str, Options],
    plugins: Plugins,
) -> Iterator[Misfit]:
    """
    What is wrong with the losses and heads that a task may have, found by making each: with the
    first values of its options, with each of the extreme ones, and each head for each loss.

    :param kind: The fitted kind of the task.
    """
    extras = {0: OWN} if OWN in losses or not losses else {}  # a loss that asks for so many outputs
    for name, options in losses.items():
        if name != OWN:
            cls = plugins.losses[name]
            found = list(_of_loss(cls, kind, options))
            yield from found
            if not found:
                extras.setdefault(cls(kind, **_defaults(options)).extra_outputs, name)
    for name, options in heads.items():
        if name != LINEAR:
            yield from _of_head(plugins.heads[name], kind, options, extras or {0: OWN})


def misfits_of_space(space: SearchSpace, layout: InputSpec, plugins: Plugins) -> Iterator[Misfit]:
    """
    What is wrong with the options of the blocks, primitives, balancers and schedules, found by
    making each with the first values of its options and with each of the extreme ones.

    :param layout: The inputs of the first blocks.
    """
    inputs, epochs = Features(layout.size, layout=layout), extremes(space.training["epochs"])

    def stacked(block: type[Block], **values: Any) -> Block:
        return block(block(inputs, **values).outputs, **values)

    first = next(iter(space.blocks))
    blocks = partial(plugins.blocks[first], FEATURES, **_defaults(space.blocks[first]))
    makes: Mapping[str, Callable[..., object]] = {
        "blocks": stacked,
        "primitives": lambda primitive, **values: primitive(2, blocks, **values),
        "balancers": lambda balancer, **values: balancer(2, **values),
        "schedules": lambda schedule, **values: schedule(min(map(int, epochs)), **values),
    }
    for what, make in makes.items():
        offered: Mapping[str, Options] = getattr(space, what)
        for name, options in offered.items():
            seeded = partial(_seeded, partial(make, getattr(plugins, what)[name]))
            yield from _tried(seeded, options, (what, name))


def _seeded(make: Make, **values: Any) -> object:
    """Makes something without a trace in the random numbers of others."""
    with torch.random.fork_rng(devices=[]):
        return make(**values)


def extremes(varied: Distribution) -> tuple[Scalar, ...]:
    """The values that an option may have, or the ends of their range."""
    if isinstance(varied, Choice):
        return varied.values
    low, high = getattr(varied, "low", varied.default), getattr(varied, "high", varied.default)
    integer = getattr(varied, "integer", False)
    return (int(low), int(high)) if integer else (low, high)


def _of_loss(loss: type[Loss], kind: TaskKind, options: Options) -> Iterator[Misfit]:
    if kind.name not in loss.kinds:
        served = " or ".join(f"'{name}'" for name in loss.kinds)
        message = f"serves tasks of the kind {served}, but this one is '{kind.name}'."
        yield Misfit(("loss", loss.name), f"{message} Choose another loss, such as '{OWN}'.")
        return

    def make(**values: Any) -> Loss:
        return loss(kind, **values)

    yield from _tried(make, options, ("loss", loss.name))


def _of_head(
    head: type[Head], kind: TaskKind, options: Options, extras: Mapping[int, str]
) -> Iterator[Misfit]:
    for extra, loss in extras.items():
        make = partial(_seeded, partial(head, FEATURES, kind, kind.n_outputs + extra))

        if found := list(_tried(make, options, ("head", head.name))):
            behind = f" (With the loss '{loss}'.)" if len(extras) > 1 else ""
            yield from (Misfit(one.place, f"{one.message}{behind}") for one in found)
            return


def _tried(make: Make, options: Options, place: tuple[str, ...]) -> Iterator[Misfit]:
    """The first values that fail; the option at fault is one that fails alone, or was changed."""
    defaults = _defaults(options)
    changes = [(name, value) for name, varied in options.items() for value in extremes(varied)]
    for changed in [(), *((change,) for change in changes)]:
        values = {**defaults, **dict(changed)}
        if why := _why_not(make, values):
            alone = [(name, _why_not(make, {name: value})) for name, value in values.items()]
            guilty = [name for name, found in alone if found == why]
            at = guilty[:1] or [name for name, _ in changed]
            yield Misfit((*place, *at), why)
            return


def _why_not(make: Make, values: Mapping[str, Scalar]) -> str | None:
    try:
        make(**values)
    except Exception as error:  # a plugin may raise anything
        lines: Iterable[str] = str(error).strip().splitlines() or [repr(error)]
        return next(iter(lines))
    return None


def _defaults(options: Options) -> dict[str, Scalar]:
    return {name: varied.default for name, varied in options.items()}
