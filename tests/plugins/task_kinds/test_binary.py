import numpy as np
import torch
from pytest import approx, mark, raises
from torch.testing import assert_close

from automtl.errors import DataError
from automtl.testing import assert_task_kind_contract
from automtl_plugins.task_kinds.binary import Binary

LABELS = np.array(["yes", "no", None, "no", "no", "yes", "no"], dtype=object)
EVERYWHERE = np.ones(len(LABELS), dtype=bool)


def test_contract() -> None:
    assert_task_kind_contract(Binary, LABELS)


def test_statistics_come_from_training_rows_alone() -> None:
    train = np.array([True, True, True, True, False, False, False])
    kind = Binary.fit(LABELS, train)
    assert (kind.classes, kind.counts) == (("no", "yes"), (2, 1))
    assert kind.constant_loss == approx(-(2 * np.log(2 / 3) + np.log(1 / 3)) / 3)
    assert kind.constant().tolist() == [3 / 5, 2 / 5]


def test_the_constant_loss_is_the_least_a_constant_can_have() -> None:
    kind = Binary.fit(LABELS, EVERYWHERE)
    encoded = kind.encode(LABELS)
    targets = torch.tensor(encoded[~np.isnan(encoded)])
    logits = torch.linspace(-3, 3, 601, dtype=torch.float64).view(-1, 1, 1)
    losses = kind.loss(logits.expand(-1, len(targets), 1), targets).mean(1)
    assert float(losses.min()) == approx(kind.constant_loss, abs=1e-4)


def test_the_loss_is_the_logarithm_of_the_prediction() -> None:
    kind = Binary.fit(LABELS, EVERYWHERE)
    outputs, targets = torch.randn(9, 4, 1), torch.randint(2, (9, 1)).float()
    chosen = targets.long().expand(9, 4).unsqueeze(-1)
    predicted = kind.predict(outputs).gather(-1, chosen).squeeze(-1)
    assert_close(kind.loss(outputs, targets), -predicted.log())


@mark.parametrize("logit", [-60.0, 60.0])
def test_a_small_probability_is_not_rounded_away(logit: float) -> None:
    probabilities = Binary.fit(LABELS, EVERYWHERE).predict(torch.tensor([[logit]]))
    assert float(probabilities.min()) > 0


def test_the_positive_class_may_be_named() -> None:
    kind = Binary.fit(LABELS, EVERYWHERE, positive="no", class_weights={"yes": 2})
    plain = Binary.fit(LABELS, EVERYWHERE, class_weights={"yes": 2})
    assert (kind.classes, kind.counts) == (("yes", "no"), (2, 4))
    assert (kind.class_weights, kind.constant_loss) == (
        plain.class_weights[::-1],
        approx(plain.constant_loss),
    )
    predictions, targets = kind.constant()[None].repeat(3, axis=0), np.array([1.0, 0.0, 1.0])
    assert Binary.metrics["recall"].score(predictions, targets) == 1.0
    assert Binary.fit(LABELS, EVERYWHERE, positive="yes").classes == plain.classes


def test_rejects_a_positive_class_that_is_none() -> None:
    with raises(DataError, match="There is no class 'yess'; did you mean 'yes'"):
        Binary.fit(LABELS, EVERYWHERE, positive="yess")


@mark.parametrize(
    ("labels", "message"),
    [
        (["a", "b", "c"], "found 'a', 'b', 'c'. Mend 'c' here if it is a mistake, or use the"),
        (["a", "b", "c", "c"], "Mend 'b' here"),
        (["a", "a", None], "two classes, but found 'a'"),
        ([None, None, None], "two classes, but found none"),
        (["a", "a", "b"], "'b' has none"),
    ],
)
def test_rejects_what_has_not_two_classes(labels: list[str | None], message: str) -> None:
    with raises(DataError, match=message):
        Binary.fit(np.array(labels, dtype=object), np.array([True, True, False]))
