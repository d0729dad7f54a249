import numpy as np
from pytest import approx

from automtl.core.metrics import accuracy
from automtl.core.task import Metric


def test_an_error_is_the_distance_from_the_best_score() -> None:
    predictions, targets = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), np.array([0.0, 1.0, 1.0])
    metric = Metric(accuracy, best=1.0)
    assert metric.score(predictions, targets) == approx(2 / 3)
    assert metric.error(predictions, targets) == approx(1 / 3)
