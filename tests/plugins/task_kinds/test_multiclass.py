import numpy as np
import torch
from pytest import approx, mark, raises
from torch.testing import assert_close

from automtl.errors import DataError
from automtl.testing import assert_task_kind_contract
from automtl_plugins.task_kinds.binary import Binary
from automtl_plugins.task_kinds.multiclass import Multiclass

LABELS = np.array(["c", "a", None, "b", "a", "c", "c"], dtype=object)
EVERYWHERE = np.ones(len(LABELS), dtype=bool)


def test_contract() -> None:
    assert_task_kind_contract(Multiclass, LABELS)


def test_statistics_come_from_training_rows_alone() -> None:
    kind = Multiclass.fit(LABELS, np.array([True, True, True, True, True, False, False]))
    assert (kind.classes, kind.counts) == (("a", "b", "c"), (2, 1, 1))
    assert kind.constant().tolist() == [3 / 7, 2 / 7, 2 / 7]
    assert kind.constant_loss == approx(1.5 * np.log(2))


@mark.parametrize("shape", [(7,), (7, 4), (7, 4, 2)])
def test_the_loss_is_the_logarithm_of_the_prediction(shape: tuple[int, ...]) -> None:
    kind = Multiclass.fit(LABELS, EVERYWHERE)
    outputs = torch.randn(*shape, 3)
    targets = torch.randint(3, (7, *[1] * (len(shape) - 1))).float()
    chosen = targets.long().expand(shape).unsqueeze(-1)
    predicted = kind.predict(outputs).gather(-1, chosen).squeeze(-1)
    assert_close(kind.loss(outputs, targets), -predicted.log())


def test_two_classes_are_the_binary_kind_with_a_logit_difference() -> None:
    labels = np.array(["no", "yes", "no", None], dtype=object)
    train = np.ones(4, dtype=bool)
    many, two = Multiclass.fit(labels, train), Binary.fit(labels, train)
    outputs, targets = torch.randn(9, 2), torch.randint(2, (9,)).float()
    difference = outputs[:, 1:] - outputs[:, :1]
    assert_close(many.loss(outputs, targets), two.loss(difference, targets))
    assert_close(many.predict(outputs), two.predict(difference))
    assert many.constant().tolist() == two.constant().tolist()


@mark.parametrize(
    ("labels", "message"),
    [
        (["a", "a", None], "at least two classes, but found 'a'"),
        ([None, None, None], "at least two classes, but found none"),
        (["a", "b", "c"], "Every class has a row in the training part, but 'c' has none"),
    ],
)
def test_rejects_too_few_classes(labels: list[str | None], message: str) -> None:
    with raises(DataError, match=message):
        Multiclass.fit(np.array(labels, dtype=object), np.array([True, True, False]))
