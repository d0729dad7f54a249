"""Errors of the data whose cause is the configuration: where in its file that stands."""

from collections.abc import Iterator
from contextlib import contextmanager

from automtl.config.config import Config
from automtl.config.document import Place, Problem, located
from automtl.data.request import ALL
from automtl.errors import DataError


@contextmanager
def placed(config: Config) -> Iterator[None]:
    """
    Gives an error of the data its place in the configuration, if it has one there. What is wrong
    with a configuration that is no file, or with the data, stays as it is.

    :raises ConfigError: In place of a `DataError` that says at which keys the mistake is.
    """
    try:
        yield
    except DataError as error:
        document, place = config.document, _as_written(error.place, config)
        if not document.is_file or not place or place[0] not in document.data:
            raise
        # The data are named as they are beside the configuration, whose path comes first.
        message = str(error).removeprefix(f"{document.file.parent.resolve()}/")
        raise document.error([Problem(place, message, error.at_key)]) from None


def _as_written(place: Place, config: Config) -> Place:
    """The keys as the file has them, where the data room knows things by another name."""
    named = {target.name for target in config.targets}
    match place:
        case ("targets", str(name), *rest) if name not in named and ALL in named:
            return ("targets", ALL, *rest)
        case ("sources", str(path), *rest):
            folder = config.document.file.parent
            written = config.document.data.get("sources") or {}
            names = (n for n in written if str(located(folder, n).resolve()) == path)
            return ("sources", *names, *rest)
    return place
