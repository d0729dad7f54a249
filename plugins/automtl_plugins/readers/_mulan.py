"""The files in which Mulan names the labels of an ARFF file."""

import re
from pathlib import Path
from xml.parsers.expat import ErrorString, ExpatError, ParserCreate

from automtl.errors import DataError
from automtl_plugins.readers._text import unreadable

_NAMESPACE = "http://mulan.sourceforge.net/labels"
_MEND = "Mend or remove it, and without it list the label columns as those of a target."
_LABEL = f"{_NAMESPACE} label"


def labels_file_of(path: Path) -> Path | None:
    """
    The XML file next to an ARFF file, with the same name or the one without ``-train`` or
    ``-test``: emotions-train.arff goes with emotions.xml. None if there is none.
    """
    stem = re.sub(r"\.arff(\.gz)?$", "", path.name, flags=re.IGNORECASE)
    whole = re.sub(r"[-_](train|test)$", "", stem, flags=re.IGNORECASE)
    files = [path.with_name(f"{name}.xml") for name in (stem, whole)]
    return next((file for file in files if file.is_file()), None)


def read_labels(path: Path) -> list[str]:
    """
    The names of the labels in a file of `Mulan's format <http://mulan.sourceforge.net/format.html>`_,
    in its order. A label inside of another follows it; that it is there is not kept.

    :raises DataError: If the file is not of this format, or has a DOCTYPE: no entity is expanded.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None
    labels = _Labels(path)
    try:
        labels.parser.Parse(text, True)
    except ExpatError as error:
        reason = ErrorString(error.code)
        message = f"{path}:{error.lineno}: is no XML that can be read: {reason}."
        raise DataError(f"{message} {_MEND}") from None
    if not labels.names:
        raise DataError(f"{path}: must name at least one label, but names none. {_MEND}")
    if repeated := sorted({n for n in labels.names if labels.names.count(n) > 1}):
        message = f"{path}: labels must be unique, but {repeated} are repeated."
        raise DataError(f"{message} Name each once.")
    return labels.names


class _Labels:
    """Collects names while the parser goes through the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: list[str] = []
        self.parser = ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._root

    @property
    def _place(self) -> str:
        return f"{self.path}:{self.parser.CurrentLineNumber}"

    def _refuse(self, *_: object) -> None:
        message = f"{self._place}: must not have a DOCTYPE, because labels need none. Remove it."
        raise DataError(message)

    def _root(self, element: str, _: dict[str, str]) -> None:
        if element != f"{_NAMESPACE} labels":
            found = element.rpartition(" ")[2]
            raise DataError(
                f'{self._place}: must begin with <labels xmlns="{_NAMESPACE}">, as the files of '
                f"Mulan do, but begins with <{found}>. Name the right file of labels."
            )
        self.parser.StartElementHandler = self._label

    def _label(self, element: str, attributes: dict[str, str]) -> None:
        if element != _LABEL or "name" not in attributes:
            found = element.rpartition(" ")[2]
            message = f'{self._place}: must be <label name="...">, but is <{found}>. Rename it.'
            raise DataError(message)
        self.names.append(attributes["name"])
