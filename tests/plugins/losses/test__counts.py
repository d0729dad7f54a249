import torch
from pytest import mark
from torch.testing import assert_close

from automtl.core.task import TaskKind
from automtl_plugins.losses._counts import inverse_frequencies, training_counts
from automtl_plugins.task_kinds.binary import Binary


def test_counts_are_a_row_a_label_of_several(binary: TaskKind, multilabel: TaskKind) -> None:
    assert training_counts(binary).tolist() == [30.0, 10.0]
    assert training_counts(multilabel).tolist() == [[3.0, 2.0], [4.0, 2.0], [3.0, 2.0]]


def test_a_class_without_training_rows_counts_as_one() -> None:
    assert training_counts(Binary(("no", "yes"), (30, 0))).tolist() == [30.0, 1.0]


@mark.parametrize("power", [0.0, 0.3, 1.0])
def test_weights_average_one_over_the_training_labels(power: float) -> None:
    counts = torch.tensor([[30.0, 10.0], [5.0, 500.0]])
    weights = inverse_frequencies(counts, power)
    assert_close((weights * counts).sum(1) / counts.sum(1), torch.ones(2))
    assert_close(weights[:, 0] / weights[:, 1], (counts[:, 1] / counts[:, 0]) ** power)
