"""Search spaces as YAML: by name, by path, or within a configuration."""

from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from automtl.config.document import Document, Problem, kind_of, located
from automtl.config.marks import read
from automtl.config.validation import (
    Named,
    Section,
    as_mapping,
    names_alone,
    not_empty,
    repeats,
    validated,
)
from automtl.core.candidate import Scalar
from automtl.core.graph import HARD
from automtl.core.space import Choice, Distribution, Options, SearchSpace, Uniform
from automtl.suggest import did_you_mean

PLUGGED = ("primitives", "blocks", "balancers", "schedules")  # the keys with plugins behind them

_PACKAGED = Path(__file__).parents[1] / "search_spaces"  # there in a wheel, else at the root
SPACES = _PACKAGED if _PACKAGED.is_dir() else _PACKAGED.parents[1] / "search_spaces"


class _Range(Section):
    low: int | float
    high: int | float
    log: bool = False
    integer: bool = False


def scalar(value: object) -> object:
    if isinstance(value, dict):
        names = ", ".join(f"'{key}'" for key in value)
        raise ValueError(
            f"must be a value, a list of values, or a range such as {{low: 0, high: 1}}, but is a "
            f"mapping of {names}."
        )
    if not isinstance(value, str | int | float):
        raise ValueError(f"must be a number, a text or a boolean, but is {kind_of(value)}.")
    return value


def _form(value: object) -> str:
    if isinstance(value, list):
        return "\0list"
    if not isinstance(value, dict):
        return "\0scalar"
    return "\0range" if not value or value.keys() & _Range.model_fields.keys() else "\0scalar"


def _distribution(value: Any) -> Distribution:
    if isinstance(value, _Range):
        whole = float(value.low).is_integer() and float(value.high).is_integer()
        if value.integer and not whole:
            raise ValueError("`low` and `high` must be whole numbers with `integer: true`.")
        return Uniform(value.low, value.high, value.log, value.integer)
    return Choice(tuple(value)) if isinstance(value, list) else Choice((value,))


_Scalar: TypeAlias = Annotated[Any, AfterValidator(scalar)]

N = TypeVar("N", bound=Container[str])

# A list is a choice, {low, high, log, integer} a range, anything else one fixed value.
Varied: TypeAlias = Annotated[
    Annotated[list[_Scalar], Tag("\0list")]
    | Annotated[_Range, Tag("\0range")]
    | Annotated[_Scalar, Tag("\0scalar")],
    Discriminator(_form),
    AfterValidator(_distribution),
]


def misfit(wanted: Any, varied: Distribution) -> str | None:
    """Why the values of a distribution are not of the type ``wanted``, if so."""
    types, rule = _TYPES.get(wanted if isinstance(wanted, type) else object, ((object,), ""))
    for value in varied.values if isinstance(varied, Choice) else (varied.default,):
        if not isinstance(value, types) or (isinstance(value, bool) and wanted in (int, float)):
            mend = " A range of them says `integer: true`." if wanted is int else ""
            return f"must be {rule}, but has {kind_of(value)}.{mend}"
    return None


_TYPES: dict[Any, tuple[tuple[type, ...], str]] = {
    int: ((int,), "whole numbers"),
    float: ((int, float), "numbers"),
    bool: ((bool,), "true or false"),
    str: ((str,), "text"),
}


def _numbers(wanted: type, rule: str, keeps: Callable[[float], bool]) -> AfterValidator:
    """Checks that all values of a distribution are numbers that keep a rule."""

    def check(varied: Distribution) -> Distribution:
        if wrong := misfit(wanted, varied):
            raise ValueError(wrong)
        for value in varied.values if isinstance(varied, Choice) else _ends(varied):
            if not keeps(float(value)):
                raise ValueError(f"must be {rule}, but has {kind_of(value)}.")
        return varied

    return AfterValidator(check)


def _ends(varied: Distribution) -> tuple[float, ...]:
    return (varied.low, varied.high) if isinstance(varied, Uniform) else ()


_Count: TypeAlias = Annotated[Varied, _numbers(int, ">= 1", lambda value: value >= 1)]
_Positive: TypeAlias = Annotated[Varied, _numbers(float, "> 0", lambda value: value > 0)]
_Natural: TypeAlias = Annotated[Varied, _numbers(float, ">= 0", lambda value: value >= 0)]
_AtLeastOne: TypeAlias = Annotated[Varied, _numbers(float, ">= 1", lambda value: value >= 1)]


class _Training(Section):
    learning_rate: _Positive = Uniform(1e-4, 1e-2, log=True)
    weight_decay: _Natural = Uniform(1e-5, 1e-1, log=True)
    batch_size: _Count = Choice((64,))
    epochs: _Count = Choice((200,))
    patience: _Count = Choice((20,))
    temperature: _AtLeastOne | None = None  # a hyperparameter only where it is named


def _with_hard(primitives: N) -> N:
    if HARD not in primitives:
        raise ValueError(f"must include '{HARD}', of which the anchors are made; add it.")
    return primitives


def none_is_empty(value: object) -> object:
    return {} if value is None else value


_Options: TypeAlias = Annotated[dict[str, Varied], BeforeValidator(none_is_empty)]
_Plugged: TypeAlias = Annotated[Named[_Options], AfterValidator(not_empty)]


_Skip: TypeAlias = Literal["none", "linear", "kernel"]


def _offer_form(value: object) -> str:
    return "\0list" if isinstance(value, str | list) else "\0mapping"


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else names_alone(value)


# One name, or several to choose from, with options behind them or without.
Offer: TypeAlias = Annotated[
    Annotated[list[str], BeforeValidator(_as_list), AfterValidator(not_empty), Tag("\0list")]
    | Annotated[dict[str, _Options], AfterValidator(not_empty), Tag("\0mapping")],
    Discriminator(_offer_form),
]


class SpaceSection(Section):
    """A search space as it is written."""

    stages: Annotated[int, Field(ge=1)]
    primitives: Annotated[_Plugged, AfterValidator(_with_hard)]
    blocks: _Plugged
    balancers: _Plugged
    schedules: _Plugged
    training: _Training = _Training()
    cascades: bool = False
    skip: Annotated[list[_Skip], BeforeValidator(_as_list), AfterValidator(not_empty)] = ["none"]  # noqa: RUF012 - pydantic copies it


def open_space(config: Document) -> Document:
    """
    Where the search space is that a configuration asks for: in it, or in a file of its own.

    :raises ConfigError: If there is no such file, or it is not YAML.
    """
    wanted = config.data.get("space") or "default"
    if not isinstance(wanted, str):
        return config.part("space")
    if "/" in wanted or wanted.endswith((".yaml", ".yml")):
        return read(located(config.file.parent, wanted))
    known = [file.stem for file in SPACES.glob("*.yaml")]
    if wanted not in known:
        mend = f"{did_you_mean(wanted, known)} (The path of a file ends in '.yaml'.)"
        raise config.error([Problem(("space",), f"there is no search space '{wanted}'; {mend}")])
    return read(SPACES / f"{wanted}.yaml")


def read_space(document: Document) -> SearchSpace:
    """
    The search space in a document.

    :raises ConfigError: If it breaks a rule; all breaches are listed.
    """
    section = validated(SpaceSection, document)
    lists = {key: document.data[key] for key in PLUGGED if isinstance(document.data[key], list)}
    if twice := [problem for key in lists for problem in repeats(lists[key], (key,))]:
        raise document.error(twice)
    return SearchSpace(
        stages=section.stages,
        primitives=offered(section.primitives),
        blocks=offered(section.blocks),
        balancers=offered(section.balancers),
        schedules=offered(section.schedules),
        training={key: value for key, value in section.training if value is not None},
        cascades=section.cascades,
        skip=Choice(tuple(section.skip)),
    )


def offered(named: Any) -> dict[str, Options]:
    """The plugins on offer, with their options."""
    return as_mapping(named, dict)


def written(space: SearchSpace) -> dict[str, Any]:
    """The search space as data that `read_space` reads back, every default spelled out."""
    return {
        "stages": space.stages,
        **{key: written_offer(getattr(space, key)) for key in PLUGGED},
        "training": _written(space.training),
        "cascades": space.cascades,
        "skip": list(space.skip.values),
    }


def written_offer(offer: Mapping[str, Options]) -> dict[str, Any]:
    """The plugins on offer as data that reads back."""
    return {name: _written(options) for name, options in offer.items()}


def _written(options: Mapping[str, Distribution]) -> dict[str, list[Scalar] | dict[str, Scalar]]:
    return {name: _varied(distribution) for name, distribution in options.items()}


def _varied(distribution: Distribution) -> list[Scalar] | dict[str, Scalar]:
    if isinstance(distribution, Choice):
        return list(distribution.values)
    return {key: getattr(distribution, key) for key in ("low", "high", "log", "integer")}
