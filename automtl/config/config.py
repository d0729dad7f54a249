"""The configuration of a search: what to predict from what, and how long to look."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from automtl.config.document import Document
from automtl.config.marks import read, write
from automtl.config.schema import (
    ConfigSection,
    FlagSection,
    SearchSettings,
    TargetSection,
    conflicts,
)
from automtl.config.space import open_space, read_space, written
from automtl.config.validation import as_mapping, problems, validated
from automtl.core.space import SearchSpace
from automtl.data.request import DataRequest, SplitRequest, TargetRequest
from automtl.data.table import ColumnKind
from automtl.errors import ConfigError


@dataclass(frozen=True)
class Config:
    """
    A configuration, every default and path resolved.

    :param name: Of the run folder.
    :param data: The data file.
    :param targets: What to predict.
    :param inputs: What to predict from; None for every column that is nothing else.
    :param ignore: Columns to leave out.
    :param columns: Kinds of columns, where inferring them would go wrong.
    :param plugins: Files with plugins.
    :param document: Where this was read, for errors that are found later.
    :param space_document: Where the search space was read.
    """

    name: str
    data: Path
    targets: tuple[TargetRequest, ...]
    inputs: tuple[str, ...] | None
    ignore: tuple[str, ...]
    columns: Mapping[str, ColumnKind]
    split: SplitRequest
    space: SearchSpace
    plugins: tuple[Path, ...]
    search: SearchSettings
    document: Document = field(compare=False, repr=False)
    space_document: Document = field(compare=False, repr=False)

    def data_request(self) -> DataRequest:
        """What to ask of the data room."""
        return DataRequest(
            path=self.data,
            targets=self.targets,
            inputs=self.inputs,
            ignore=self.ignore,
            columns=self.columns,
            split=self.split,
            seed=self.search.seed,
        )

    def dump(self) -> str:
        """The configuration as YAML that `load_config` reads back, from wherever it lies."""
        return write(
            {
                "name": self.name,
                "data": str(self.data),
                "targets": {target.column: _details(target) for target in self.targets},
                "inputs": None if self.inputs is None else list(self.inputs),
                "ignore": list(self.ignore),
                "columns": {name: kind.value for name, kind in self.columns.items()},
                "split": asdict(self.split),
                "space": written(self.space),
                "plugins": [str(plugin) for plugin in self.plugins],
                "search": self.search.model_dump(),
            }
        )


def load_config(path: str | Path) -> Config:
    """
    Reads a configuration file.

    :raises ConfigError: If there is none or it breaks a rule; all breaches are listed.
    """
    document = read(Path(path))
    section = validated(ConfigSection, document)
    if wrong := [*conflicts(section, document.data)]:
        raise document.error(wrong)
    space_document = open_space(document)
    folder = document.file.parent
    targets = as_mapping(section.targets, TargetSection)
    return Config(
        name=section.name or _name_of(document.file),
        data=(folder / section.data).resolve(),
        targets=tuple(TargetRequest(n, **dict(t)) for n, t in targets.items()),
        inputs=None if section.inputs is None else tuple(section.inputs),
        ignore=tuple(section.ignore),
        columns=section.columns,
        split=SplitRequest(**dict(section.split)),
        space=read_space(space_document),
        plugins=tuple((folder / plugin).resolve() for plugin in section.plugins),
        search=section.search,
        document=document,
        space_document=space_document,
    )


def override(
    config: Config,
    *,
    name: str | None = None,
    trials: int | None = None,
    minutes: float | None = None,
    seed: int | None = None,
    workers: int | None = None,
    objective: str | None = None,
    plugins: Iterable[Path] | None = None,
) -> Config:
    """
    The configuration as if the values given stood in its file. Plugins come on top of its own;
    their paths are relative to the working directory.

    :param objective: ``gain``, or costs separated by commas.
    :raises ConfigError: If a value breaks a rule. The message names the flag, ``--trials``.
    """
    flags = {
        "trials": trials,
        "minutes": minutes,
        "seed": seed,
        "workers": workers,
        "objective": None if objective is None else _objective(objective),
    }
    given = {flag: value for flag, value in flags.items() if value is not None}
    searched = config.document.data.get("search") or {}
    values = {**searched, **given, "name": config.name if name is None else name}
    try:
        settings = FlagSection.model_validate(values).model_dump()
    except ValidationError as error:
        wrong = problems(FlagSection, error)
        raise ConfigError("\n".join(f"--{p.place[0]}: {p.message}" for p in wrong)) from None
    added = (path.resolve() for path in plugins or ())
    return replace(
        config,
        name=settings.pop("name"),
        search=SearchSettings(**settings),
        plugins=tuple(dict.fromkeys((*config.plugins, *added))),
    )


def bundled_config() -> Config:
    """The configuration that comes with automtl: the Palmer penguins."""
    return load_config(Path(__file__).parents[1] / "data" / "penguins.yaml")


def _objective(text: str) -> str | list[str]:
    names = [name.strip() for name in text.split(",")]
    return "gain" if names == ["gain"] else names


def _name_of(file: Path) -> str:
    return re.sub(r"\W*[^\w.-]+", "-", file.stem).strip("-.")[:100] or "run"


def _details(target: TargetRequest) -> dict[str, Any]:
    return {key: value for key, value in asdict(target).items() if key != "column"}
