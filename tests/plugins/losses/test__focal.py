import torch
from pytest import mark
from torch.nn.functional import softplus
from torch.testing import assert_close

from automtl_plugins.losses._focal import focal_terms, signed

LOGITS = torch.linspace(-6, 6, 13, dtype=torch.float64)


def test_negatives_are_right_where_logits_are_low() -> None:
    targets = torch.tensor([1.0, 0.0])
    assert signed(torch.tensor([2.0, 2.0]), targets).tolist() == [2.0, -2.0]


def test_without_focus_the_term_is_the_logistic_loss() -> None:
    assert_close(focal_terms(LOGITS, 0.0), softplus(-LOGITS))


@mark.parametrize("gamma", [0.5, 1.0, 3.0])
def test_the_term_is_its_definition(gamma: float) -> None:
    p = LOGITS.sigmoid()
    assert_close(focal_terms(LOGITS, gamma), -((1 - p) ** gamma) * p.log())


@mark.parametrize("gamma", [0.1, 0.5, 2.0])
def test_gradients_are_finite_where_probabilities_are_rounded(gamma: float) -> None:
    logits = torch.tensor([-1000.0, -100.0, 100.0, 1000.0], requires_grad=True)
    terms = focal_terms(logits, gamma)
    terms.sum().backward()
    assert terms.isfinite().all()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
