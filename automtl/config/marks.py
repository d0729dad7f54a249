"""
YAML to a `Document` and back. The only reader and writer of YAML.

What would hide where a value comes from is refused: anchors, aliases, merge keys and tags. So are
repeated keys and keys that are not text. Scalars mean what they mean in YAML 1.1 (``no`` is a
boolean); besides, ``1e-4`` is a number, as in YAML 1.2.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import yaml

from automtl.config.document import Document, Place, Position, complaint, kind_of
from automtl.errors import ConfigError


def read(file: Path) -> Document:
    """
    Reads a YAML file whose top level is a mapping.

    :raises ConfigError: If there is no such file, or it is not such YAML.
    """
    return _parsed(file, _text(file))


def document_of(data: Mapping[str, Any], name: str) -> Document:
    """
    Settings in memory as if they were written in a file.

    :param name: What messages call them.
    :raises ConfigError: If they are not made of mappings, lists, text, numbers and paths.
    """
    try:
        return replace(_parsed(Path(name), write(data)), is_file=False)
    except yaml.representer.RepresenterError as error:
        raise ConfigError(
            f"{name}: must be made of mappings, lists, text, numbers, booleans and paths, but "
            f"holds {error.args[-1]!r}, a {type(error.args[-1]).__name__}. Convert it."
        ) from None


def _parsed(file: Path, text: str) -> Document:
    """
    The text of a file whose top level is a mapping, with the place of everything in it.

    :raises ConfigError: If it is not such YAML.
    """
    lines = tuple(text.splitlines())
    try:
        _check_tabs(lines)
        return _document(file, lines, yaml.compose(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        position = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = _explanation(error)
    except yaml.reader.ReaderError as error:
        position = _position_of(text[: int(error.position)])
        message = f"the character U+{int(error.character):04X} is not allowed; remove it."
    except RecursionError:
        position, message = (1, 1), "the file is nested too deeply; flatten it."
    raise ConfigError(complaint(file, lines, position, message))


def write(data: Mapping[str, Any]) -> str:
    """``data`` as YAML that `read` reads back; what holds only scalars is on one line."""
    return yaml.dump(
        data,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=100,
        default_flow_style=None,
    )


def inline(value: object) -> str:
    """
    A text, or other plain data, on one line, quoted where it must be.

    >>> print(inline("body mass"), inline("no"), inline("a: b"), inline({"a": ["b", "c"]}))
    body mass 'no' 'a: b' {a: [b, c]}
    """
    whole = yaml.dump(
        [value],
        Dumper=_Dumper,
        allow_unicode=True,
        width=1_000_000,
        default_flow_style=True,
        sort_keys=False,
    )
    return whole.strip()[1:-1]


class _Loader(yaml.SafeLoader):
    """Refuses what would hide where a value comes from."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            _wrong(event.start_mark, "anchors and aliases are not supported; write the value out")
        if event.tag is not None:
            _wrong(event.start_mark, f"tags such as '{event.tag}' are not supported; leave it out")
        return super().compose_node(parent, index)


class _Dumper(yaml.SafeDumper):
    """Quotes what `_Loader` would not take for text."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """PyYAML would lose line breaks other than a line feed within single quotes."""
        style = None if data.isprintable() else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", data, style)


_Dumper.add_representer(str, _Dumper.represent_str)
_Dumper.add_multi_representer(Path, lambda dumper, path: dumper.represent_str(str(path)))


_EXPONENT = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+$")
for _cls in (_Loader, _Dumper):
    _cls.add_implicit_resolver("tag:yaml.org,2002:float", _EXPONENT, list("-+.0123456789"))


def _document(file: Path, lines: tuple[str, ...], node: yaml.Node | None) -> Document:
    if node is None:
        raise yaml.MarkedYAMLError(problem="the file is empty; write at least data and targets")
    builder = _Builder()
    root = builder.build(node, ())
    if not isinstance(root, dict):
        _wrong(node.start_mark, f"the file must be a mapping (`key: value`), not {kind_of(root)}")
    return Document(file, lines, root, builder.values, builder.keys)


class _Builder:
    """Makes data of nodes, and notes where each came from."""

    def __init__(self) -> None:
        self.values: dict[Place, Position] = {}
        self.keys: dict[Place, Position] = {}
        self.scalars = yaml.SafeLoader("")

    def build(self, node: yaml.Node, place: Place) -> Any:
        self.values[place] = _start(node)
        if isinstance(node, yaml.MappingNode):
            return dict(self._items(node, place))
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*place, i)) for i, item in enumerate(node.value)]
        return self._scalar(node)

    def _items(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, Any]]:
        for key_node, value in node.value:
            key = self._key(key_node)
            here = (*place, key)
            if here in self.keys:
                line, _ = self.keys[here]
                problem = f"the key '{key}' is already in line {line}; remove one of them"
                _wrong(key_node.start_mark, problem)
            self.keys[here] = _start(key_node)
            yield key, self.build(value, here)

    def _key(self, node: yaml.Node) -> str:
        if node.tag == "tag:yaml.org,2002:merge":
            _wrong(node.start_mark, "merge keys (<<) are not supported; write the keys out")
        key = self._scalar(node) if isinstance(node, yaml.ScalarNode) else node.value
        if not isinstance(key, str):
            problem = f"a key must be text, but is {kind_of(key)}; write it in quotes"
            _wrong(node.start_mark, problem)
        return key

    def _scalar(self, node: yaml.Node) -> object:
        try:
            return self.scalars.construct_object(node)
        except (yaml.YAMLError, ValueError):
            problem = f"'{node.value:.40}' cannot be read; if it is text, write it in quotes"
            _wrong(node.start_mark, problem)


def _start(node: yaml.Node) -> Position:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _wrong(mark: yaml.Mark, problem: str) -> NoReturn:
    raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _check_tabs(lines: Sequence[str]) -> None:
    for number, line in enumerate(lines):
        if tab := re.match(r" *\t(?=\s*\S)", line):
            mark = yaml.Mark("", 0, number, tab.end() - 1, None, 0)
            _wrong(mark, "a tab indents this line; use spaces")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{file}: there is no such file; check the path.") from None
    except IsADirectoryError:
        raise ConfigError(f"{file}: is a folder; name the configuration file in it.") from None
    except UnicodeDecodeError as error:
        line, column = _position_of(error.object[: error.start].decode(errors="replace"))
        mend = "the file is not UTF-8; save it in that encoding."
        raise ConfigError(f"{file}:{line}:{column}: {mend}") from None
    except (OSError, ValueError) as error:  # a null character in a path is a ValueError
        raise ConfigError(f"{file}: the file cannot be read: {error}.") from None


def _position_of(before: str) -> Position:
    lines = before.split("\n")
    return len(lines), len(lines[-1]) + 1


def _explanation(error: yaml.MarkedYAMLError) -> str:
    if type(error) is yaml.MarkedYAMLError:  # ours
        return f"{error.problem}."
    what = ", ".join(part for part in (error.context, error.problem) if part)
    return (
        f"this is not YAML: {what}. Check the indentation, and put quotes around text with "
        f"special characters."
    )
