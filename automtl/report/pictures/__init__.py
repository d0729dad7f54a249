"""Pictures of the report: pure functions from plain data to SVG, each with its conclusion."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from automtl.report.pictures.confusion import confusion_picture
from automtl.report.pictures.curves import precision_picture, roc_picture
from automtl.report.pictures.front import front_picture
from automtl.report.pictures.gains import gain_picture
from automtl.report.pictures.helping import affinity_pictures
from automtl.report.pictures.labels import cooccurrence_picture, threshold_picture
from automtl.report.pictures.picture import Picture
from automtl.report.pictures.ranking import ranking_picture
from automtl.report.pictures.reliability import calibration_picture, mean_picture
from automtl.report.pictures.training import curve_pictures
from automtl.report.pictures.trials import trials_picture
from automtl.report.pictures.values import column_picture, residual_picture, scatter_picture

__all__ = [
    "Picture",
    "affinity_pictures",
    "curve_pictures",
    "front_picture",
    "gain_picture",
    "style",
    "task_pictures",
    "trials_picture",
]


def style() -> str:
    """
    The CSS of the pictures, whose colours are variables of the page: ``--page``, ``--text``,
    ``--quiet``, ``--rule``, ``--edge``, ``--better``, ``--worse``, ``--unsure``, ``--up`` and
    ``--down``.
    """
    return files(__package__).joinpath("pictures.css").read_text(encoding="utf-8")


def task_pictures(evidence: Mapping[str, Any]) -> list[Picture]:
    """
    The pictures of one task; none where the evidence has nothing to draw.

    :param evidence: One value of ``tasks`` in ``evidence.json``, as
        `automtl.report.evidence.task_evidence` makes it.
    """
    return list(_pictures(evidence))


def _pictures(evidence: Mapping[str, Any]) -> Iterator[Picture]:
    if "confusion" in evidence:
        yield confusion_picture(evidence["confusion"])
    if evidence.get("thresholds", {}).get("names"):
        yield threshold_picture(evidence["thresholds"])
    if evidence.get("curves", {}).get("shown"):
        yield roc_picture(evidence["curves"])
        yield precision_picture(evidence["curves"])
    if "calibration" in evidence:
        yield calibration_picture(evidence["calibration"])
    if len(evidence.get("cooccurrence", {}).get("names", ())) > 1:
        yield cooccurrence_picture(evidence["cooccurrence"])
    if "values" in evidence:
        yield from _value_pictures(evidence["values"])
    if "ranking" in evidence and None not in evidence["ranking"]["ndcg"]:
        yield ranking_picture(evidence["ranking"])


def _value_pictures(values: Mapping[str, Any]) -> Iterator[Picture]:
    if len(values["shown"]) > 1:
        yield column_picture(values)
    for one in values["shown"]:
        if "true" in one:
            yield scatter_picture(one)
            yield residual_picture(one)
        if "bins" in one:
            yield mean_picture(one["bins"], one["name"])
