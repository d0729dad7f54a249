"""The search space: which graphs and hyperparameters a candidate may have."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

from automtl.core.candidate import Candidate, Scalar
from automtl.core.graph import HARD, TaskGraph
from automtl.errors import SpaceError

Hyperparameters: TypeAlias = dict[str, Scalar]

NO_SKIP, LINEAR_SKIP, KERNEL_SKIP = "none", "linear", "kernel"


class Distribution(ABC):
    """Where the values of one hyperparameter come from."""

    @property
    @abstractmethod
    def default(self) -> Scalar:
        """The value to try first."""

    @abstractmethod
    def sample(self, rng: Random) -> Scalar:
        """A value drawn from everywhere."""

    @abstractmethod
    def mutate(self, value: Scalar, rng: Random) -> Scalar:
        """A value drawn from the neighbourhood of ``value``."""

    @abstractmethod
    def place(self, value: Scalar) -> float:
        """Where ``value`` stands in the range: 0 at its beginning, 1 at its end."""


@dataclass(frozen=True)
class Choice(Distribution):
    """
    One of ``values``, each equally likely; the first is the default.

    >>> Choice(("mlp", "tabm")).default
    'mlp'
    """

    values: tuple[Scalar, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise SpaceError("A choice has at least one value, but got none.")

    @property
    def default(self) -> Scalar:
        return self.values[0]

    def sample(self, rng: Random) -> Scalar:
        return rng.choice(self.values)

    def mutate(self, value: Scalar, rng: Random) -> Scalar:
        """Numbers step to a neighbour in the order given; other values are drawn anew."""
        if value not in self.values or any(isinstance(v, str | bool) for v in self.values):
            return self.sample(rng)
        at = self.values.index(value) + rng.choice((-1, 1))
        return self.values[min(max(at, 0), len(self.values) - 1)]

    def place(self, value: Scalar) -> float:
        at = self.values.index(value) if value in self.values else 0
        return at / max(1, len(self.values) - 1)


@dataclass(frozen=True)
class Uniform(Distribution):
    """
    A number between ``low`` and ``high``, both included, uniform in itself or in its logarithm.

    :param log: Whether the logarithm is uniform.
    :param integer: Whether the number is rounded to an integer.

    >>> Uniform(1e-4, 1e-2, log=True).default
    0.001
    """

    low: float
    high: float
    log: bool = False
    integer: bool = False

    def __post_init__(self) -> None:
        if not -math.inf < self.low <= self.high < math.inf:
            raise SpaceError(
                f"A range has `low <= high`, both finite, but got low={self.low}, "
                f"high={self.high}. Write the smaller one as `low`."
            )
        if self.integer and not all(float(end).is_integer() for end in (self.low, self.high)):
            raise SpaceError(
                f"A range of integers has whole limits, but got low={self.low}, high={self.high}."
            )
        if self.log and self.low <= 0:
            raise SpaceError(f"A range with `log` has `low > 0`, but got low={self.low}.")

    @property
    def default(self) -> Scalar:
        return self._value(0.5)

    def sample(self, rng: Random) -> Scalar:
        return self._value(rng.random())

    def mutate(self, value: Scalar, rng: Random) -> Scalar:
        """A step with a standard deviation of a fifth of the range."""
        return self._value(min(max(self.place(value) + rng.gauss(0.0, 0.2), 0.0), 1.0))

    def place(self, value: Scalar) -> float:
        return (self._warp(float(value)) - self._warp(self.low)) / (self._width or 1.0)

    @property
    def _width(self) -> float:
        return self._warp(self.high) - self._warp(self.low)

    def _warp(self, value: float) -> float:
        return math.log(value) if self.log else value

    def _value(self, place: float) -> Scalar:
        """The value at ``place`` in [0, 1], to three significant digits."""
        warped = self._warp(self.low) + place * self._width
        value = float(f"{math.exp(warped) if self.log else warped:.3g}")
        value = min(max(value, self.low), self.high)
        return round(value) if self.integer else value


Options: TypeAlias = Mapping[str, Distribution]  # the options of one plugin, by name


@dataclass(frozen=True)
class SearchSpace:
    """
    Everything that may vary between candidates.

    The hyperparameters of a candidate are one flat mapping: ``block``, ``balancer`` and
    ``schedule`` name plugins, ``block.width`` is an option of the block in use, and
    ``primitive.soft_l2.strength`` one of a primitive in use. ``loss.age`` and ``head.age`` name the
    loss and the head of a task, ``loss.age.delta`` is an option of its loss.

    :param stages: How many stages a graph has.
    :param primitives: The primitives a node may have, with their options.
    :param blocks: The blocks a stage may be made of, with their options.
    :param balancers: The balancers on offer, with their options.
    :param schedules: The learning rate schedules on offer, with their options.
    :param training: ``learning_rate``, ``weight_decay``, ``batch_size``, ``epochs`` (at most) and
        ``patience`` (epochs without progress before training stops); ``temperature`` (how much
        more often than their share small tasks are met, 1 for not) where it is to vary.
    :param cascades: Whether graphs may have cascade edges.
    :param skip: What is added to the outputs: ``none``, or what a ``linear`` function of the
        input or a ``kernel`` regression gives.
    :param losses: The losses on offer for a task, with their options, by task; a task without any
        has its kind's own loss.
    :param heads: The heads on offer for a task, alike; a task without any has a linear one.
    """

    stages: int
    primitives: Mapping[str, Options]
    blocks: Mapping[str, Options]
    balancers: Mapping[str, Options]
    schedules: Mapping[str, Options]
    training: Options = field(default_factory=dict)
    cascades: bool = False
    skip: Choice = Choice((NO_SKIP,))
    losses: Mapping[str, Mapping[str, Options]] = field(default_factory=dict)
    heads: Mapping[str, Mapping[str, Options]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.stages < 1:
            raise SpaceError(f"`stages >= 1` must hold, but got {self.stages}.")
        for what in ("primitives", "blocks", "balancers", "schedules"):
            if not getattr(self, what):
                raise SpaceError(f"A search space has at least one of its {what}, but got none.")
        if HARD not in self.primitives:
            raise SpaceError(f"The primitives include '{HARD}', of which the anchors are made.")

    def default(self) -> Hyperparameters:
        """The hyperparameters to try first."""
        return {name: distribution.default for name, distribution in self.walk({})}

    def sample(self, rng: Random) -> Hyperparameters:
        """Hyperparameters drawn from everywhere."""
        drawn: Hyperparameters = {}
        for name, distribution in self.walk(drawn):
            drawn[name] = distribution.sample(rng)
        return drawn

    def mutate(
        self, values: Mapping[str, Scalar], rng: Random, rate: float = 0.3
    ) -> Hyperparameters:
        """``values`` with each changed a little with probability ``rate``."""
        mutated: Hyperparameters = {}
        for name, distribution in self.walk(mutated):
            if name not in values:
                mutated[name] = distribution.sample(rng)
            elif rng.random() < rate:
                mutated[name] = distribution.mutate(values[name], rng)
            else:
                mutated[name] = values[name]
        return mutated

    def instead(self, values: Mapping[str, Scalar], name: str, value: Scalar) -> Hyperparameters:
        """``values`` with another one of ``name``, whose own options are then the defaults."""
        changed: Hyperparameters = {}
        for option, distribution in self.walk(changed):
            known = option in values and not option.startswith(f"{name}.")
            changed[option] = values[option] if known else distribution.default
            if option == name:
                changed[option] = value
        return changed

    def candidate(
        self,
        graph: TaskGraph,
        values: Mapping[str, Scalar],
        alone: Mapping[str, Mapping[str, Scalar]] | None = None,
    ) -> Candidate:
        """
        The candidate of ``graph`` and ``values``, without options of primitives not in it.

        :param alone: Hyperparameters of their own for tasks that share nothing, by task; those of
            tasks that do share are left out, and so are those that ``values`` has already: two
            spellings of one network are one candidate.
        """
        unused = tuple(
            f"primitive.{name}." for name in self.primitives if name not in graph.primitives
        )
        kept = {k: v for k, v in sorted(values.items()) if not k.startswith(unused)}
        single = _sharing_nothing(graph)
        common = _of_hard(kept)
        own = {
            task: found
            for task, found in (alone or {}).items()
            if task in single and _of_hard(found) != common
        }
        return Candidate(graph, kept, own)

    def walk(self, chosen: Hyperparameters) -> Iterator[tuple[str, Distribution]]:
        """
        All distributions by name, in order. The options of a block, balancer, schedule, loss or
        head are those of the one that stands in ``chosen`` by then, or of the default.
        """
        for what, plugins in (
            ("block", self.blocks),
            ("balancer", self.balancers),
            ("schedule", self.schedules),
            *((f"loss.{task}", losses) for task, losses in self.losses.items()),
            *((f"head.{task}", heads) for task, heads in self.heads.items()),
        ):
            names = Choice(tuple(plugins))
            yield what, names
            options = plugins[str(chosen.get(what, names.default))]
            yield from ((f"{what}.{name}", options[name]) for name in options)
        if self.skip.values != (NO_SKIP,):
            yield "skip", self.skip
        for primitive, options in self.primitives.items():
            yield from ((f"primitive.{primitive}.{name}", options[name]) for name in options)
        yield from self.training.items()


def _sharing_nothing(graph: TaskGraph) -> set[str]:
    """The tasks that are alone in their `TaskGraph.parts`, found sooner."""
    nodes = (node.tasks for stage in graph.stages for node in stage if len(node.tasks) > 1)
    return set(graph.tasks).difference(*nodes, *graph.cascades)


def _of_hard(values: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """What a graph of hard nodes has of ``values``."""
    return {
        name: value
        for name, value in values.items()
        if not name.startswith("primitive.") or name.split(".")[1] == HARD
    }
