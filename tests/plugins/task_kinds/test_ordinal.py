import numpy as np
import torch
from pytest import approx, mark, raises
from torch.testing import assert_close

from automtl.errors import DataError
from automtl.testing import assert_task_kind_contract
from automtl_plugins.task_kinds.binary import Binary
from automtl_plugins.task_kinds.ordinal import Ordinal

LABELS = np.array(["10", "2", None, "-1", "2", "10", "10"], dtype=object)
EVERYWHERE = np.ones(len(LABELS), dtype=bool)
SIZES = np.array(["low", "high", "low", "mid", None], dtype=object)


def test_contract() -> None:
    assert_task_kind_contract(Ordinal, LABELS)
    assert_task_kind_contract(Ordinal, SIZES, levels=("low", "mid", "high", "huge"))


def test_numbers_are_in_their_order_and_others_in_the_one_given() -> None:
    kind = Ordinal.fit(LABELS, EVERYWHERE)
    assert (kind.classes, kind.counts) == (("-1", "2", "10"), (1, 2, 3))
    given = Ordinal.fit(SIZES, EVERYWHERE[:5], levels=["low", "mid", "high", "huge"])
    assert (given.classes, given.counts) == (("low", "mid", "high", "huge"), (2, 1, 1, 0))
    assert Ordinal.fit(LABELS, EVERYWHERE, levels=[10, 2, -1]).classes == ("10", "2", "-1")


@mark.parametrize("shape", [(7,), (7, 4)])
def test_the_loss_is_the_logarithm_of_the_prediction(shape: tuple[int, ...]) -> None:
    kind = Ordinal.fit(LABELS, EVERYWHERE)
    outputs = torch.randn(*shape, 2)
    targets = torch.randint(3, (7, *[1] * (len(shape) - 1))).float()
    predicted = kind.predict(outputs)
    assert_close(predicted.sum(-1), torch.ones(shape))
    chosen = targets.long().expand(shape).unsqueeze(-1)
    assert_close(kind.loss(outputs, targets), -predicted.gather(-1, chosen).squeeze(-1).log())


def test_the_loss_is_that_of_the_paper_but_for_a_constant_factor() -> None:
    kind = Ordinal.fit(LABELS, EVERYWHERE)
    outputs, targets = torch.randn(40, 2), torch.randint(3, (40,)).float()
    total, n_conditional = torch.zeros(()), 0
    for level in range(2):  # threshold k looks at the rows that reach level k
        reached = targets >= level
        exceeded = (targets[reached] > level).float()
        logits = outputs[reached, level]
        total += torch.nn.functional.binary_cross_entropy_with_logits(
            logits, exceeded, reduction="sum"
        )
        n_conditional += int(reached.sum())
    ours = kind.loss(outputs, targets).mean()
    assert_close(ours * len(targets) / n_conditional, total / n_conditional)


def test_two_levels_are_the_binary_kind() -> None:
    labels = np.array(["0", "1", "0", None], dtype=object)
    two, binary = Ordinal.fit(labels, np.ones(4, bool)), Binary.fit(labels, np.ones(4, bool))
    outputs, targets = torch.randn(9, 1), torch.randint(2, (9,)).float()
    assert_close(two.loss(outputs, targets), binary.loss(outputs, targets))
    assert_close(two.predict(outputs), binary.predict(outputs))
    assert two.constant_loss == approx(binary.constant_loss)


@mark.parametrize("logit", [-40.0, 40.0])
def test_a_small_probability_is_not_rounded_away(logit: float) -> None:
    kind = Ordinal.fit(LABELS, EVERYWHERE)
    assert float(kind.predict(torch.tensor([[logit, logit]])).min()) > 0


def test_linear_targets_are_known_where_the_level_is_reached() -> None:
    kind = Ordinal.fit(LABELS, EVERYWHERE)
    found = kind.linear(np.array([0.0, 1.0, 2.0, np.nan]))
    nan = np.nan
    np.testing.assert_array_equal(found, [[0, nan], [1, 0], [1, 1], [nan, nan]])


@mark.parametrize(
    ("labels", "options", "message"),
    [
        (["low", "high", "3"], {}, "such as '(low|high)', have no order.*option `levels`"),
        (["low", "mid", "low"], {"levels": ["low", "high"]}, "'low', 'high', but here is 'mid'"),
        (["1", "1", None], {}, "two levels, but found '1'"),
        (["1", "1.0", "2"], {}, "written alike, but there are '1' and '1.0'"),
        (["1", "2", "3"], {}, "Every class has a row in the training part, but '3'"),
        (["1", "2", "2"], {"levels": []}, r"at least two levels, but got \[\]"),
        (["1", "2", "2"], {"levels": ["1", "2", "2"]}, "Levels are distinct"),
    ],
)
def test_rejects(labels: list[str | None], options: dict[str, object], message: str) -> None:
    train = np.array([True, True, "3" not in labels or "low" in labels])
    with raises(DataError, match=message):
        Ordinal.fit(np.array(labels, dtype=object), train, **options)
