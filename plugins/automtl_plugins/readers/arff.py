"""The attribute-relation file format of Weka, and the labels that Mulan keeps beside it."""

import gzip
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO, ClassVar, cast

import pyarrow as pa

from automtl.core.reader import Reader, check_names
from automtl.errors import DataError
from automtl.hookspecs import hookimpl
from automtl_plugins.readers._arff_header import Attribute, read_header
from automtl_plugins.readers._arff_rows import numbered_rows, read_plain, read_rows
from automtl_plugins.readers._mulan import labels_file_of, read_labels
from automtl_plugins.readers._text import check_text, is_zipped, unreadable


class Arff(Reader):
    """
    `Weka's format <https://waikato.github.io/weka-wiki/arff_stable/>`_ in
    UTF-8, dense or sparse. A file called ``.gz`` is compressed. A nominal column is text.

    The labels are those in the XML file of `Mulan <http://mulan.sourceforge.net/format.html>`_
    next to it: emotions.xml for emotions.arff, emotions-train.arff and emotions-test.arff.

    .. note::
        In a sparse row, a number that is left out is 0 and a nominal value is the first one
        declared, as in Weka; text and dates, for which Weka's rule is an accident of its memory,
        are missing. Weights of rows and relational attributes are refused. Dates without a zone
        are UTC.
    """

    name: ClassVar[str] = "arff"
    citation: ClassVar[str] = "https://waikato.github.io/weka-wiki/arff_stable/"
    suffixes: ClassVar[tuple[str, ...]] = (".arff", ".arff.gz")

    def columns(self, path: Path) -> list[str]:
        with _opened(path) as file:
            attributes, _ = read_header(path, file)
        return _names(path, attributes)

    def read(self, path: Path, text: Collection[str] = ()) -> pa.Table:
        with _opened(path) as file:
            attributes, above = read_header(path, file)
            body = file.read()
        names = _names(path, attributes)
        table = read_plain(body, attributes, text)
        if table is None:
            table = read_rows(path, body, above, attributes, text)
        if not table.num_rows:
            raise DataError(
                f"{path}: must have rows, but has only the attributes {names}. Name another file, "
                "or add rows."
            )
        return table

    def place(self, path: Path, row: int) -> str:
        with _opened(path) as file:
            _, above = read_header(path, file)
            body = file.read()
        line, _ = next(islice(numbered_rows(path, body, above), row, None))
        return f"line {line}"

    def labels(self, path: Path, labels_file: Path | None = None) -> list[str] | None:
        file = labels_file or labels_file_of(path)
        if file is None:
            return None
        names, columns = read_labels(file), set(self.columns(path))
        if unknown := [name for name in names if name not in columns]:
            raise DataError(
                f"{path}: every label in {file} must be one of its attributes, but {unknown} are "
                "not. Rename them in one of the two files, or name the file of labels that "
                "belongs to this one."
            )
        return names


def _names(path: Path, attributes: Iterable[Attribute]) -> list[str]:
    names = [attribute.name for attribute in attributes]
    check_names(path, names)
    return names


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    opened = gzip.open if is_zipped(path) else open
    try:
        check_text(path)
        with opened(path, "rb") as file:
            yield cast(BinaryIO, file)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from None


@hookimpl
def automtl_readers() -> Iterable[type[Reader]]:
    return [Arff]
