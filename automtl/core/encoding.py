"""Candidates as numbers: for each task, what it shares with whom, and all else that varies."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.core.candidate import Candidate, Scalar
from automtl.core.graph import HARD, TaskGraph
from automtl.core.space import Choice, Distribution, SearchSpace, Uniform
from automtl.core.task import Floats

Labels: TypeAlias = NDArray[np.int64]

EXACT = 64  # tasks, up to which each helper has a column of its own
SKETCH = 32  # columns that the helpers of more tasks are folded into
OTHER = 0.3  # weight of whatever is not about who shares with whom


@dataclass(frozen=True)
class Encoded:
    """
    Some candidates, in order.

    :param linear: What the linear part of a surrogate sees, ``[n_tasks, n, n_linear]``.
    :param pooled: What it sees of helpers taken together, ``[n_tasks, n, n_pooled]``.
    :param smooth: What its smooth part measures distances in, ``[n_tasks, n, n_smooth]``.
    """

    linear: Floats
    pooled: Floats
    smooth: Floats

    def __len__(self) -> int:
        return int(self.linear.shape[1])

    def take(self, rows: Sequence[int]) -> "Encoded":
        """These candidates alone."""
        return Encoded(self.linear[:, rows], self.pooled[:, rows], self.smooth[:, rows])

    def of(self, tasks: Sequence[int]) -> "Encoded":
        """The same candidates, as these tasks see them."""
        return Encoded(self.linear[tasks], self.pooled[tasks], self.smooth[tasks])

    def distances(self, other: "Encoded") -> Floats:
        """The squared distances of the smooth features, ``[n_tasks, n, n_other]``."""
        mine, theirs = (np.square(one.smooth).sum(axis=2) for one in (self, other))
        products = self.smooth @ other.smooth.transpose(0, 2, 1)
        squares = mine[:, :, None] + theirs[:, None, :] - 2.0 * products
        return np.asarray(np.maximum(squares, 0.0))

    @classmethod
    def join(cls, parts: Sequence["Encoded"]) -> "Encoded":
        """The candidates of all ``parts``."""
        return cls(
            np.concatenate([part.linear for part in parts], axis=1),
            np.concatenate([part.pooled for part in parts], axis=1),
            np.concatenate([part.smooth for part in parts], axis=1),
        )


class Encoder:
    r"""
    Encodes candidates for a surrogate of each task's gain.

    With :math:`m_{sj} = 1` where the task shares stage :math:`s` with task :math:`j`, linear and
    smooth features are :math:`m`; the pooled ones sum it up over stages, over helpers and over
    both, so that the effects of helpers may be shrunk to common ones, and add the logarithm of the
    group's size at each stage. Linear and smooth features have the primitives in which the task
    meets others, too, the hyperparameters, and how many cascade edges it receives.

    Beyond 64 tasks the columns of helpers are folded by random signs (Achlioptas,
    https://doi.org/10.1016/S0022-0000(03)00025-4), which keeps inner products on average.

    :param space: What may vary.
    :param tasks: The tasks, in the order of the first axis of all that is encoded.
    :param alone: Those that have settings of their own where they share nothing; the candidate's
        are not theirs then.
    """

    def __init__(
        self, space: SearchSpace, tasks: Sequence[str], alone: Collection[str] = ()
    ) -> None:
        self.tasks, self.n_stages = tuple(tasks), space.stages
        self.primitives = sorted(set(space.primitives) - {HARD})
        self.options = _options(space)
        n = len(self.tasks)
        signs = np.random.default_rng(0).choice((-1.0, 1.0), (n, SKETCH)) / SKETCH**0.5
        self.sketch = np.eye(n) if n <= EXACT else signs
        self._place = {task: at for at, task in enumerate(self.tasks)}
        self._own = np.array([task in alone for task in self.tasks])
        # About half of what all-shared has, so that a typical candidate has variance 1.
        shared, sizes = self._sharing(np.zeros((1, self.n_stages, n), dtype=int))
        self._scale = _half(_flat(shared))
        self._pooled_scale = _half(self._pool(shared, sizes))

    def __call__(self, candidates: Sequence[Candidate]) -> Encoded:
        others = np.stack([self._others(candidate) for candidate in candidates], axis=1)
        return self._joined(*self._sharing(self.labels(candidates)), others)

    def labels(self, candidates: Sequence[Candidate]) -> Labels:
        """The number of each task's node at each stage, ``[n, n_stages, n_tasks]``."""
        return np.stack([self.label(candidate.graph) for candidate in candidates])

    def trees(self, labels: Labels, values: Mapping[str, Scalar]) -> Encoded:
        """
        Trees of hard nodes with the hyperparameters ``values``.

        :param labels: Whoever has the same number at a stage shares it, ``[n, n_stages, n_tasks]``.
        """
        others = np.zeros((len(self.tasks), len(labels), self._n_others))
        others[:, :, self._options] = self._settings(values)
        return self._joined(*self._sharing(labels), others)

    def effects(self, stage: int) -> tuple[Floats, Floats]:
        """
        How the linear and the pooled features of a task change when another one joins it at
        ``stage``, group sizes aside: ``[n_helpers, n_linear]`` and ``[n_helpers, n_pooled]``.
        """
        n = len(self.tasks)
        shared = np.zeros((n, self.n_stages, 1, self.sketch.shape[1]))
        shared[:, stage, 0] = self.sketch
        joined = np.zeros((n, self.n_stages, 1))
        joined[:, stage] = 1.0
        pooled = self._pool(shared, joined)[0] * self._pooled_scale
        pooled[:, -self.n_stages :] = 0.0  # the logarithms of sizes
        linear = np.concatenate([_flat(shared)[0] * self._scale, np.zeros((n, self._n_others))], 1)
        return linear, pooled

    def _joined(self, shared: Floats, sizes: Floats, others: Floats) -> Encoded:
        lonely = self._own[:, None] & ~sizes.any(axis=1).T  # [n_tasks, n]
        others[:, :, self._options] *= ~lonely[:, :, None]
        flat, others = _flat(shared), OTHER * others
        return Encoded(
            np.concatenate([flat * self._scale, others], axis=2),
            self._pool(shared, sizes) * self._pooled_scale,
            np.concatenate([flat / self.n_stages**0.5, others], axis=2),
        )

    def label(self, graph: TaskGraph) -> Labels:
        """The number of each task's node at each stage, ``[n_stages, n_tasks]``."""
        labels = np.zeros((self.n_stages, len(self.tasks)), dtype=int)
        for stage, nodes in enumerate(graph.stages):
            for number, node in enumerate(nodes):
                labels[stage, [self._place[task] for task in node.tasks]] = number
        return labels

    def _sharing(self, labels: Labels) -> tuple[Floats, Floats]:
        """
        The sum of the helpers' sketches, ``[n, n_stages, n_tasks, n_columns]``, and their number,
        ``[n, n_stages, n_tasks]``.
        """
        n, n_stages, n_tasks = labels.shape
        # A number of its own for each node of each stage of each candidate.
        nodes = labels + n_tasks * np.arange(n * n_stages).reshape(n, n_stages, 1)
        columns = self.sketch.shape[1]
        totals = np.zeros((n * n_stages * n_tasks, columns))
        np.add.at(totals, nodes.ravel(), np.tile(self.sketch, (n * n_stages, 1)))
        sizes = np.bincount(nodes.ravel(), minlength=len(totals))
        return totals[nodes] - self.sketch, sizes[nodes] - 1.0

    def _pool(self, shared: Floats, sizes: Floats) -> Floats:
        """What is shared, summed up, ``[n_tasks, n, n_pooled]``."""
        n_stages, others = self.n_stages, max(1, len(self.tasks) - 1)
        by_task = sizes.transpose(2, 0, 1)
        found = [
            shared.sum(axis=1).transpose(1, 0, 2) / n_stages**0.5,
            by_task / others**0.5,
            by_task.sum(axis=2, keepdims=True) / (n_stages * others) ** 0.5,
            np.log1p(by_task) / np.log(1 + others),
        ]
        return np.concatenate(found, axis=2)

    @property
    def _options(self) -> slice:
        """The columns of the hyperparameters, behind those of the primitives."""
        return slice(len(self.primitives) * self.n_stages, -1)

    @property
    def _n_others(self) -> int:
        return len(self.primitives) * self.n_stages + len(self.options) + 1

    def _others(self, candidate: Candidate) -> Floats:
        """Primitives, hyperparameters and cascades, ``[n_tasks, n_others]``."""
        found = np.zeros((len(self.tasks), self._n_others))
        for stage, nodes in enumerate(candidate.graph.stages):
            for node in nodes:
                if node.primitive in self.primitives:
                    at = stage * len(self.primitives) + self.primitives.index(node.primitive)
                    found[[self._place[task] for task in node.tasks], at] = 1.0
        for _, receiver in candidate.graph.cascades:
            found[self._place[receiver], -1] += 1.0
        found[:, self._options] = self._settings(candidate.hyperparameters)
        return found

    def _settings(self, values: Mapping[str, Scalar]) -> list[float]:
        return [_place(*item, values) for item in self.options]


def _flat(shared: Floats) -> Floats:
    """``[n, n_stages, n_tasks, n_columns]`` to ``[n_tasks, n, n_stages * n_columns]``."""
    n, _, n_tasks, _ = shared.shape
    return np.asarray(shared.transpose(2, 0, 1, 3).reshape(n_tasks, n, -1))


def _half(features: Floats) -> float:
    """The factor that makes half of the squared length of these features 1."""
    return float((0.5 * np.square(features).sum(axis=2).mean() or 1.0) ** -0.5)


def _options(space: SearchSpace) -> list[tuple[str, Scalar | Distribution]]:
    """
    The hyperparameters that vary: a number with its distribution, a name with one of its values.
    """
    found: list[tuple[str, Scalar | Distribution]] = []
    named: list[tuple[str, Mapping[str, Mapping[str, Distribution]]]] = [
        ("block", space.blocks),
        ("balancer", space.balancers),
        ("schedule", space.schedules),
    ]
    for what, plugins in named:
        found += [(what, name) for name in list(plugins)[1:]]
        ranges: dict[str, Distribution] = {}
        for options in plugins.values():
            ranges |= {f"{what}.{name}": values for name, values in options.items()}
        found += ranges.items()
    for primitive, options in space.primitives.items():
        found += [(f"primitive.{primitive}.{name}", values) for name, values in options.items()]
    found += space.training.items()
    return [item for item in found if not _fixed(item[1])]


def _fixed(values: Scalar | Distribution) -> bool:
    if isinstance(values, Choice):
        return len(values.values) < 2
    return isinstance(values, Uniform) and values.low == values.high


def _place(name: str, values: Scalar | Distribution, chosen: Mapping[str, Scalar]) -> float:
    """Where a hyperparameter stands in its range, from -1 to 1; 0 where it has none."""
    if name not in chosen:
        return 0.0
    if not isinstance(values, Distribution):
        return float(chosen[name] == values)
    return 2.0 * values.place(chosen[name]) - 1.0
