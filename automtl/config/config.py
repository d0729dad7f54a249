"""The configuration of a search: what to predict from what, and how long to look."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from automtl.config.document import Document, located
from automtl.config.marks import document_of, read, write
from automtl.config.schema import (
    ConfigSection,
    FlagSection,
    PartsSection,
    SearchSettings,
    TargetSection,
    conflicts,
    targets_of,
)
from automtl.config.space import offered, open_space, read_space, written, written_offer
from automtl.config.validation import problems, validated
from automtl.core.space import SearchSpace
from automtl.data.request import DataRequest, LongRequest, SplitRequest, TargetRequest
from automtl.data.table import ColumnKind
from automtl.errors import ConfigError


@dataclass(frozen=True)
class Config:
    """
    A configuration, every default and path resolved.

    :param name: Of the run folder.
    :param data: The data file; of several, the first.
    :param targets: What to predict.
    :param inputs: What to predict from; None for every column that is nothing else.
    :param ignore: Columns to leave out.
    :param columns: Kinds of columns, where inferring them would go wrong.
    :param plugins: Files with plugins.
    :param parts, sources, long, labels: As in `DataRequest`.
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
    parts: Mapping[str, Path]
    sources: Mapping[Path, tuple[str, ...]]
    long: LongRequest | None
    labels: Path | None
    document: Document = field(compare=False, repr=False)
    space_document: Document = field(compare=False, repr=False)

    def data_request(self, fold: tuple[int, int] | None = None) -> DataRequest:
        """What to ask of the data room; for a fold, if one is given, of how many."""
        return DataRequest(
            path=self.data,
            targets=self.targets,
            inputs=self.inputs,
            ignore=self.ignore,
            columns=self.columns,
            split=self.split,
            seed=self.search.seed,
            parts=self.parts,
            sources=self.sources,
            long=self.long,
            labels=self.labels,
            fold=fold,
        )

    def dump(self) -> str:
        """The configuration as YAML that `load_config` reads back, from wherever it lies."""
        return write(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """What `dump` writes, as JSON data."""
        return {
            "name": self.name,
            **self._files(),
            "targets": {target.name: self._details(target) for target in self.targets},
            "inputs": None if self.inputs is None else list(self.inputs),
            "ignore": list(self.ignore),
            "columns": {name: kind.value for name, kind in self.columns.items()},
            "split": asdict(self.split),
            "space": written(self.space),
            "plugins": [str(plugin) for plugin in self.plugins],
            "search": self.search.model_dump(),
        }

    def _files(self) -> dict[str, Any]:
        """What is said of the files, as data."""
        parts = {part: str(path) for part, path in self.parts.items()}
        sources = {str(path): list(names) for path, names in self.sources.items()}
        found = {
            "data": None if sources else parts or str(self.data),
            "sources": sources,
            "long": None if self.long is None else asdict(self.long),
            "labels": None if self.labels is None else str(self.labels),
        }
        return {key: value for key, value in found.items() if value}

    def _details(self, target: TargetRequest) -> dict[str, Any]:
        """What a target says, as data; what it leaves out is left out."""
        fields = asdict(target)
        fields["columns"] = list(target.columns) or None
        fields["loss"] = written_offer(self.space.losses.get(target.name, {}))
        fields["head"] = written_offer(self.space.heads.get(target.name, {}))
        del fields["name"]
        return {key: value for key, value in fields.items() if value not in (None, False, {})}


def load_config(path: str | Path) -> Config:
    """
    Reads a configuration file.

    :raises ConfigError: If there is none or it breaks a rule; all breaches are listed.
    """
    return _read_config(read(Path(path)))


def config_of(settings: Mapping[str, Any]) -> Config:
    """
    A configuration from what would stand in its file, as nested mappings and lists. Paths in it are
    relative to the working directory. Messages call it ``settings``.

    :raises ConfigError: If it breaks a rule; all breaches are listed.
    """
    return _read_config(document_of(settings, "settings"))


def _read_config(document: Document) -> Config:
    section = validated(ConfigSection, document)
    if wrong := [*conflicts(section, document.data)]:
        raise document.error(wrong)
    space_document = open_space(document)
    folder = document.file.parent
    targets = targets_of(section)
    files = _files(section, folder)
    return Config(
        name=section.name or _name_of(document.file),
        data=next(iter(files.values())),
        targets=tuple(_target(name, section) for name, section in targets.items()),
        inputs=None if section.inputs is None else tuple(section.inputs),
        ignore=tuple(section.ignore),
        columns=section.columns,
        split=SplitRequest(**dict(section.split)),
        space=_with_offers(read_space(space_document), targets),
        plugins=tuple(located(folder, plugin).resolve() for plugin in section.plugins),
        search=section.search,
        parts=files if isinstance(section.data, PartsSection) else {},
        sources={files[name]: tuple(own) for name, own in (section.sources or {}).items()},
        long=None if section.long is None else LongRequest(**dict(section.long)),
        labels=None if section.labels is None else located(folder, section.labels).resolve(),
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


def _files(section: ConfigSection, folder: Path) -> dict[str, Path]:
    """The data files, by what the configuration calls them."""
    if section.sources is not None:
        named = {path: path for path in section.sources}
    elif isinstance(section.data, PartsSection):
        named = {part: path for part, path in dict(section.data).items() if path is not None}
    else:
        named = {"data": str(section.data)}
    return {name: located(folder, path).resolve() for name, path in named.items()}


def _target(name: str, section: TargetSection) -> TargetRequest:
    fields = {key: value for key, value in dict(section).items() if key not in ("loss", "head")}
    return TargetRequest(name, **(fields | {"columns": tuple(section.columns or ())}))


def _with_offers(space: SearchSpace, targets: Mapping[str, TargetSection]) -> SearchSpace:
    """The search space with the losses and heads that targets may have."""
    losses = {name: offered(target.loss) for name, target in targets.items() if target.loss}
    heads = {name: offered(target.head) for name, target in targets.items() if target.head}
    return replace(space, losses=losses, heads=heads)
