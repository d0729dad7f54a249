"""How long an exported file takes for one row."""

import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from automtl.deploy.compare import Columns
from automtl.deploy.feeds import to_feed
from automtl.deploy.predict import Predictor

ROUNDS = 300
SECONDS = 3.0  # after which no round is begun


def latencies(paths: Sequence[Path], columns: Columns) -> list[float]:
    """
    Milliseconds to predict one row with one thread, preprocessing included: for each file the
    median of `ROUNDS`, or as many as `SECONDS` allow, in which the files take turns, so that what
    disturbs one disturbs all.

    :param columns: The columns of all files, at least one row.
    """
    predictors = [Predictor(path, threads=1) for path in paths]
    feeds = [
        {column.name: to_feed(column, columns[column.name][:1]) for column in p.schema.inputs}
        for p in predictors
    ]
    seconds: list[list[float]] = [[] for _ in paths]
    end = time.perf_counter() + SECONDS
    for _ in range(ROUNDS):
        for predictor, feed, own in zip(predictors, feeds, seconds, strict=True):
            began = time.perf_counter()
            predictor.run(feed)
            own.append(time.perf_counter() - began)
        if time.perf_counter() > end:
            break
    return [1e3 * median(own) for own in seconds]
