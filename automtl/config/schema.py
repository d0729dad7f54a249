"""What a configuration file may say."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from os.path import normpath
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from automtl.config.document import Problem
from automtl.config.space import Offer, SpaceSection, none_is_empty, scalar
from automtl.config.validation import Named, Section, as_mapping, not_empty, repeats, unique
from automtl.core.objective import Objective
from automtl.data.request import ALL
from automtl.data.table import ColumnKind

MISSING = "this key is missing; add it."
DEFAULT_TRIALS = 24  # where neither trials nor minutes are given


def _run_name(name: str) -> str:
    if not re.fullmatch(r"\w[\w.-]{0,99}", name):
        raise ValueError(
            f"must be a folder's name of at most 100 letters, digits, '_', '-' and '.', beginning "
            f"with a letter or digit, but is '{name:.120}'."
        )
    return name


def _not_one(bags: int) -> int:
    if bags == 1:
        raise ValueError("must be 0 for none, or 2 or more, but is 1.")
    return bags


def _path(text: str) -> str:
    if not text or "\0" in text:
        raise ValueError("must be a path, but is empty or has a null character.")
    return text


_Name: TypeAlias = Annotated[str, AfterValidator(_run_name)]
_Path: TypeAlias = Annotated[str, AfterValidator(_path)]
_Share: TypeAlias = Annotated[float, Field(gt=0, lt=1)]
_Cost: TypeAlias = Literal["parameters", "flops", "latency_ms"]  # the names in `COSTS`


def _objective_form(value: object) -> str:
    return "\0costs" if isinstance(value, list) else "\0gain"


_Objective: TypeAlias = Annotated[
    Annotated[Literal["gain", "parameters", "flops", "latency_ms"], Tag("\0gain")]
    | Annotated[list[_Cost], Field(min_length=1), AfterValidator(unique), Tag("\0costs")],
    Discriminator(_objective_form),
]


def _each_once(named: list[str] | dict[str, Any]) -> list[str] | dict[str, Any]:
    return unique(named) if isinstance(named, list) else named


_Given: TypeAlias = Annotated[
    dict[str, Annotated[Any, AfterValidator(scalar)]], BeforeValidator(none_is_empty)
]
_Callbacks: TypeAlias = Annotated[Named[_Given], AfterValidator(_each_once)]


class SearchSettings(Section):
    """
    How long to search, and how.

    :param trials: At most so many trainings, anchors and finalists included; None for no limit.
    :param minutes: At most so long; None for no limit. At least one of the two limits is set. A
        training that would take more than its share of it goes through its epochs faster: see
        `automtl.search.budget.training_seconds`.
    :param searcher: The name of the searcher.
    :param affinity: The name of the affinity estimator.
    :param seeds: How many seeds each finalist is trained with.
    :param objective: ``gain``: the highest mean gain wins. A cost, or a list of them: the Pareto
        front of gain against these is sought, of which the highest gain is exported.
    :param max_parameters: What has more parameters does not win.
    :param max_latency_ms: Nor what takes longer to predict one row.
    :param max_loss_per_task: Nor what gives a task a gain below minus this share.
    :param fidelity: The share of a full training that graphs get first; 1 for full ones only.
    :param ensemble: Of how many networks the exported file holds the mean prediction; with
        ``bags``, how many of the best candidates are trained on each division, of which those are
        exported that make the mean better on rows that they did not learn from.
    :param workers: How many trials run at once, each in a process of its own; None for one a
        processor core; 0 for one after another in this process, which starts sooner, but dies
        with a training that is killed.
    :param bags: On how many divisions of the rows for training and validation the winner is
        trained in the end, so that the exported file holds the mean prediction of as many
        networks, which have learned from all of these rows between them; 0 for none. Graphs are
        judged on these divisions, too, each seed on another one, while the anchors are tuned on the
        division of ``split``.
    :param seed: What all random choices follow from.
    :param device: Where to train; ``auto`` takes a GPU where there is one.
    :param callbacks: Which other tools are told what happens, with the options of each.
    """

    trials: Annotated[int, Field(ge=2)] | None = None
    minutes: Annotated[float, Field(gt=0)] | None = None
    searcher: str = "affinity"
    affinity: str = "cosine"
    seeds: Annotated[int, Field(ge=1, le=20)] = 5
    objective: _Objective = "gain"
    max_parameters: Annotated[int, Field(ge=1)] | None = None
    max_latency_ms: Annotated[float, Field(gt=0)] | None = None
    max_loss_per_task: Annotated[float, Field(ge=0)] | None = None
    fidelity: Annotated[float, Field(gt=0, le=1)] = 1.0
    ensemble: Annotated[int, Field(ge=1, le=20)] = 1
    bags: Annotated[int, Field(ge=0, le=20), AfterValidator(_not_one)] = 0
    workers: Annotated[int, Field(ge=0)] | None = None
    seed: Annotated[int, Field(ge=0)] = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    callbacks: _Callbacks = {}  # noqa: RUF012 - pydantic copies it

    @property
    def n_workers(self) -> int:
        """How many trials run at once; 0 for one after another in this process."""
        if self.workers is not None:
            return self.workers
        if hasattr(os, "sched_getaffinity"):  # the cores that this process may use
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1

    @property
    def listeners(self) -> dict[str, dict[str, Any]]:
        """The options of each callback, by its name."""
        return as_mapping(self.callbacks, dict)

    @property
    def aim(self) -> Objective:
        """What is sought, and within which limits."""
        listed = [self.objective] if isinstance(self.objective, str) else self.objective
        return Objective(
            against=tuple(cost for cost in listed if cost != "gain"),
            max_parameters=self.max_parameters,
            max_latency_ms=self.max_latency_ms,
            max_loss_per_task=self.max_loss_per_task,
        )

    @model_validator(mode="before")
    @classmethod
    def _limit(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        limits = [data.get("trials"), data.get("minutes")]
        return {**data, "trials": DEFAULT_TRIALS} if limits == [None, None] else data


class TargetSection(Section):
    kind: str | None = None
    metric: str | None = None
    weight: Annotated[float, Field(gt=0)] = 1.0
    columns: Annotated[list[str], AfterValidator(not_empty), AfterValidator(unique)] | None = None
    separator: Annotated[str, Field(min_length=1)] | None = None
    query: str | None = None
    split_labels: bool = False
    options: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it
    loss: Offer | None = None
    head: Offer | None = None


class PartsSection(Section):
    train: _Path
    validation: _Path | None = None
    test: _Path


class LongSection(Section):
    task: str
    value: str


class SplitSection(Section):
    train: _Share = 0.6
    validation: _Share = 0.2
    test: _Share = 0.2
    column: str | None = None
    groups: str | None = None
    time: str | None = None


def _data_form(value: object) -> str:
    return "\0parts" if isinstance(value, dict) else "\0file"


def _space_form(value: object) -> str:
    return "\0name" if isinstance(value, str) else "\0space"


class ConfigSection(Section):
    name: _Name | None = None
    data: (
        Annotated[
            Annotated[_Path, Tag("\0file")] | Annotated[PartsSection, Tag("\0parts")],
            Discriminator(_data_form),
        ]
        | None
    ) = None
    sources: (
        Annotated[
            dict[_Path, Annotated[list[str], AfterValidator(not_empty), AfterValidator(unique)]],
            AfterValidator(not_empty),
        ]
        | None
    ) = None
    long: LongSection | None = None
    labels: _Path | None = None
    targets: Annotated[Named[TargetSection], AfterValidator(not_empty)] | None = None
    inputs: Annotated[list[str], Field(min_length=1)] | None = None
    ignore: list[str] = []  # noqa: RUF012 - pydantic copies it
    columns: dict[str, Annotated[ColumnKind, Field(strict=False)]] = {}  # noqa: RUF012
    split: SplitSection = SplitSection()
    space: Annotated[
        Annotated[_Path, Tag("\0name")] | Annotated[SpaceSection, Tag("\0space")],
        Discriminator(_space_form),
    ] = "default"
    plugins: list[_Path] = []  # noqa: RUF012
    search: SearchSettings = SearchSettings()


class FlagSection(SearchSettings):
    name: _Name


def conflicts(section: ConfigSection, data: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with sections that are right, each for itself."""
    yield from _file_conflicts(section, data)
    targets = _target_columns(section)
    inputs = section.inputs or []
    if isinstance(data.get("targets"), list):
        yield from repeats(data["targets"], ("targets",))
    yield from repeats(inputs, ("inputs",))
    for key, names in (("inputs", inputs), ("ignore", section.ignore)):
        for at, name in enumerate(names):
            if name in targets:
                message = f"'{name}' is a target already; remove it from one of them."
                yield Problem((key, at), message)
    for at, name in enumerate(section.ignore):
        if name in inputs:
            yield Problem(("ignore", at), f"'{name}' is an input already; remove it from one.")
    yield from _target_conflicts(targets_of(section), inputs)
    yield from _bag_conflicts(section)
    yield from _split_conflicts(section.split, targets)


def targets_of(section: ConfigSection) -> dict[str, TargetSection]:
    """The targets; all that there are, where the form of the data says which."""
    return as_mapping(section.targets or [ALL], TargetSection)


def _file_conflicts(section: ConfigSection, data: Mapping[str, Any]) -> Iterator[Problem]:
    if section.data is None and section.sources is None:
        yield Problem(("data",), MISSING)
    if section.data is not None and section.sources is not None:
        yield Problem(("sources",), "`data` names the file already; keep one of the two.")
    if section.long is not None and not isinstance(section.data, str):
        yield Problem(("long",), "is for one file, `data: FILE`; make one of several first.")
    if section.long is not None and section.long.task == section.long.value:
        yield Problem(("long", "value"), f"'{section.long.value}' names the tasks already.")
    if isinstance(section.data, PartsSection):
        for key in ("column", "groups", "time"):
            if getattr(section.split, key) is not None:
                message = "the files of `data` divide the rows already; remove it."
                yield Problem(("split", key), message)
        yield from _same_files(dict(section.data), "data")
    yield from _same_files({path: path for path in section.sources or ()}, "sources")
    if section.targets is None and section.long is None and section.sources is None:
        yield Problem(("targets",), MISSING)


def _same_files(named: Mapping[str, str | None], key: str) -> Iterator[Problem]:
    """One problem for each file that is named for the second time."""
    seen: dict[str, str] = {}
    for name, path in named.items():
        if path is not None and (other := seen.setdefault(normpath(path), name)) != name:
            yield Problem((key, name), f"'{path}' is the file of '{other}' already.", key != "data")


def _target_columns(section: ConfigSection) -> list[str]:
    named = targets_of(section)
    return [column for name, target in named.items() for column in target.columns or [name]]


def _target_conflicts(
    targets: Mapping[str, TargetSection], inputs: Sequence[str]
) -> Iterator[Problem]:
    for name, target in targets.items():
        if name == ALL and target.columns:
            message = "each task of '*' has a column of its own; name a target to give it several."
            yield Problem(("targets", name, "columns"), message)
        if target.separator is not None and len(target.columns or []) > 1:
            message = "one column holds separated labels; make a target of each."
            yield Problem(("targets", name, "columns"), message)
        if target.query is not None and target.query in inputs:
            message = "a query only says which rows belong together; remove it from the inputs."
            yield Problem(("targets", name, "query"), message)


def _bag_conflicts(section: ConfigSection) -> Iterator[Problem]:
    if section.search.bags and section.split.time is not None:
        message = "bags would train on newer rows than they predict; remove it, or `split.time`."
        yield Problem(("search", "bags"), message)


def _split_conflicts(split: SplitSection, targets: list[str]) -> Iterator[Problem]:
    shares = (split.train, split.validation, split.test)
    if abs(sum(shares) - 1) > 1e-6:
        terms = " + ".join(f"{share:g}" for share in shares)
        message = f"train + validation + test must be 1, but {terms} = {sum(shares):g}."
        yield Problem(("split",), message)
    by = [key for key in ("column", "groups", "time") if getattr(split, key) is not None]
    for key in by[1:]:
        yield Problem(("split", key), f"'{by[0]}' divides the rows already; keep one of the two.")
    for key in by:
        if (column := getattr(split, key)) in targets:
            message = f"'{column}' is a target, and must not divide the rows; choose another."
            yield Problem(("split", key), message)
