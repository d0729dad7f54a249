"""A search as an estimator of scikit-learn."""

from automtl.errors import MissingLibrary

try:
    from automtl.estimator.search import MultiTaskSearch
except ModuleNotFoundError as error:
    if (error.name or "").split(".")[0] != "sklearn":
        raise
    raise MissingLibrary("MultiTaskSearch", "scikit-learn", "sklearn") from None

__all__ = ["MultiTaskSearch"]
