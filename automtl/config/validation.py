"""The rules that a section of a file keeps, and what an error says where it does not."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, TypeAlias, TypeVar, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from automtl.config.document import Document, Place, Problem, kind_of
from automtl.suggest import did_you_mean

_TAG = "\0"  # begins the tags of unions, so that they are not taken for keys

T = TypeVar("T")


class Section(BaseModel):
    """
    Abstract base class of the sections of a file: strict types, and no key beside the fields. A
    known key with nothing behind it counts as left out.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty(cls, data: Any) -> Any:
        if data is None:
            return {}
        if not isinstance(data, dict):
            return data
        return {k: v for k, v in data.items() if v is not None or k not in cls.model_fields}


S = TypeVar("S", bound=Section)


def _list_or_mapping(value: object) -> str:
    return f"{_TAG}list" if isinstance(value, list) else f"{_TAG}mapping"


def names_alone(value: object) -> object:
    """
    Lets through whatever is no list of names with details behind some of them.

    :raises ValueError: If it is one; the message says how to write it.
    """
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        pairs = [item if isinstance(item, dict) else {str(item): {}} for item in value]
        wanted = _in_one_line({name: details for pair in pairs for name, details in pair.items()})
        raise ValueError(
            f"names with something behind them must be a mapping, but are a list; write `{wanted}`."
        )
    return value


def _in_one_line(value: object) -> str:
    """
    A value as it may be written in a file.

    >>> _in_one_line({"own": {}, "focal": {"gamma": [1, 2.5]}})
    '{own: {}, focal: {gamma: [1, 2.5]}}'
    """
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_in_one_line(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_in_one_line, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


# Names alone, or names with details behind them.
Named: TypeAlias = Annotated[
    Annotated[list[str], BeforeValidator(names_alone), Tag(f"{_TAG}list")]
    | Annotated[dict[str, T], Tag(f"{_TAG}mapping")],
    Discriminator(_list_or_mapping),
]


def not_empty(named: T) -> T:
    """
    Lets through whatever has something in it.

    :raises ValueError: If it is empty.
    """
    if not named:
        raise ValueError("must not be empty; write at least one name.")
    return named


def unique(names: list[T]) -> list[T]:
    """
    Lets through a list in which nothing is twice.

    :raises ValueError: If something is.
    """
    for problem in repeats(map(str, names), ()):
        raise ValueError(problem.message)
    return names


def as_mapping(named: list[str] | dict[str, T], details: Callable[[], T]) -> dict[str, T]:
    """What `Named` lets through as a mapping; ``details`` makes those of a name alone."""
    return {name: details() for name in named} if isinstance(named, list) else named


def validated(section: type[S], document: Document) -> S:
    """
    The document's data as ``section``.

    :raises ConfigError: If they break a rule; all breaches are listed.
    """
    try:
        return section.model_validate(document.data)
    except ValidationError as error:
        raise document.error(problems(section, error)) from None


def problems(section: type[Section], error: ValidationError) -> Iterator[Problem]:
    """What is wrong according to ``error``, in our words."""
    for detail in error.errors():
        place: Place = tuple(s for s in detail["loc"] if not str(s).startswith(_TAG))
        message = _message(section, place, detail)
        yield Problem(place, message, at_key=detail["type"] == "extra_forbidden")


def repeats(names: Iterable[str], place: Place) -> Iterator[Problem]:
    """One problem for each name that is in a list for the second time."""
    seen = set()
    for at, name in enumerate(names):
        if name in seen:
            yield Problem((*place, at), f"'{name}' is in this list twice; remove one of them.")
        seen.add(name)


def _message(section: type[Section], place: Place, detail: ErrorDetails) -> str:
    value, context = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return f"there is no such key; {did_you_mean(str(place[-1]), _keys(section, place))}"
        case "missing":
            return "this key is missing; add it."
        case "string_type":
            quoted = " write it in quotes." if not isinstance(value, dict | list) else ""
            return f"must be text, but is {kind_of(value)};{quoted}".rstrip(";")
        case "enum" | "literal_error":
            names = [name.strip("'") for name in _expected(context)]
            return f"{kind_of(value)} is not on offer; {did_you_mean(str(value), names)}"
        case "dict_type" if detail["loc"][-1] == f"{_TAG}mapping":
            return f"must be a list of names or a mapping (`name: ...`), but is {kind_of(value)}."
        case "value_error":
            return str(context["error"])
        case kind:
            rule = _RULES.get(kind, detail["msg"]).format_map(context)
            return f"must be {rule}, but is {kind_of(value)}."


_RULES = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "finite_number": "a finite number",
    "greater_than": "> {gt:g}",
    "greater_than_equal": ">= {ge:g}",
    "less_than": "< {lt:g}",
    "less_than_equal": "<= {le:g}",
    "list_type": "a list",
    "dict_type": "a mapping (`key: value`)",
    "model_type": "a mapping (`key: value`)",
    "too_short": "at least {min_length} long",
    "string_too_short": "at least {min_length} long",
}


def _expected(context: Mapping[str, Any]) -> list[str]:
    return str(context["expected"]).replace(" or ", ", ").split(", ")


def _keys(section: type[BaseModel], place: Place) -> list[str]:
    """The keys that belong where ``place`` ends."""
    for step in place[:-1]:
        if isinstance(step, str) and step in section.model_fields:
            section = next(_sections(section.model_fields[step].annotation), section)
    return list(section.model_fields)


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _sections(argument)
