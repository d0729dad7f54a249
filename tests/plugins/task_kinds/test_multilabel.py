import numpy as np
import torch
from pytest import approx, mark, raises
from torch.testing import assert_close

from automtl.core.thresholds import RULES
from automtl.errors import DataError
from automtl.testing import assert_task_kind_contract
from automtl_plugins.task_kinds.multilabel import Multilabel

NAN = np.nan
LABELS = np.array([[1, 0, 0], [0, 1, 1], [1, NAN, 0], [NAN, NAN, NAN], [1, 1, 0], [0, 0, NAN]])
EVERYWHERE = np.ones(len(LABELS), dtype=bool)


@mark.parametrize("rule", RULES)
def test_contract(rule: str) -> None:
    assert_task_kind_contract(Multilabel, LABELS, rule=rule)


def test_statistics_come_from_training_rows_alone() -> None:
    kind = Multilabel.fit(LABELS, EVERYWHERE & (np.arange(6) < 3), columns=("a", "b", "c"))
    assert kind.columns == ("a", "b", "c")
    assert kind.counts == ((1, 2), (1, 1), (2, 1))
    assert kind.constant() == approx([3 / 5, 1 / 2, 2 / 5])


def test_cooccurrence_is_a_share_of_the_rows_where_both_are_known() -> None:
    shares = np.array(Multilabel.fit(LABELS, EVERYWHERE).cooccurrence)
    # label 0 is there in three rows: label 1 is known in two of them and there in one
    assert shares[0].tolist() == [1.0, 0.5, 0.0]
    assert shares[1].tolist() == [0.5, 1.0, 0.5]
    assert shares[2].tolist() == [0.0, 1.0, 1.0]


def test_the_constant_loss_is_the_least_a_constant_can_have() -> None:
    kind = Multilabel.fit(LABELS, EVERYWHERE)
    frequencies = torch.tensor(np.nanmean(LABELS, axis=0))
    targets, there = torch.tensor(LABELS).nan_to_num(), torch.tensor(~np.isnan(LABELS))
    losses = kind.loss(frequencies.logit().expand(6, 3), targets)
    assert float(losses[there].mean()) == approx(kind.constant_loss)


def test_the_loss_is_the_logarithm_of_the_prediction() -> None:
    kind = Multilabel.fit(LABELS, EVERYWHERE)
    outputs, targets = torch.randn(9, 4, 3), torch.randint(2, (9, 1, 3)).float()
    predicted = kind.predict(outputs)
    given = torch.where(targets == 1, predicted, 1 - predicted)
    assert_close(kind.loss(outputs, targets), -given.log())


def test_labels_that_do_not_vary_stay_and_are_named() -> None:
    labels = np.array([[1.0, 0, 0], [0, 0, 1], [1, 0, NAN]])
    kind = Multilabel.fit(labels, np.array([True, True, True]), columns=("a", "b", "c"))
    assert (kind.n_outputs, kind.excluded) == (3, ("b",))
    assert kind.constant()[1] == approx(1 / 5)


def test_decides_at_one_half_until_it_is_tuned() -> None:
    kind = Multilabel.fit(LABELS, EVERYWHERE, rule="global", objective="hamming")
    predictions = np.where(np.nan_to_num(LABELS) == 1, 0.4, 0.3)
    assert not kind.decide(predictions).any()
    tuned = kind.tuned(predictions, LABELS)
    there = ~np.isnan(LABELS)
    assert (tuned.decide(predictions)[there] == LABELS[there]).all()
    assert tuned.names == kind.names


@mark.parametrize(
    ("labels", "options", "message"),
    [
        ([[0, 1], [1, 2.5]], {"columns": ("a", "b")}, "are 0 or 1, but 'b' has 2.5"),
        ([[0, 1], [0, 1]], {}, "holds for none of them"),
        ([[0, 1], [1, 0]], {"rule": "best"}, "There is no rule 'best' of a multilabel"),
        ([[0, 1], [1, 0]], {"rule": "f1", "objective": "hamming"}, "The rule f1 makes F1 best"),
        ([[0, 1], [1, 0]], {"objective": "f2"}, "There is no objective 'f2' of"),
    ],
)
def test_rejects(labels: list[list[float]], options: dict[str, object], message: str) -> None:
    with raises(DataError, match=message):
        Multilabel.fit(np.array(labels, dtype=float), np.ones(2, dtype=bool), **options)
