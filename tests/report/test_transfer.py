from pytest import mark

from automtl.core.affinity import Affinity
from automtl.report.transfer import QUANTILE, losses, transfer


def posterior(mean: dict[tuple[int, int, int], float], std: float = 0.01) -> Affinity:
    """Three tasks and two stages; ``mean`` by stage, receiver and helper."""
    means = tuple(
        tuple(tuple(mean.get((s, i, j), 0.0) for j in range(3)) for i in range(3)) for s in range(2)
    )
    return Affinity(("a", "b", "c"), means, (((std,) * 3,) * 3,) * 2, "posterior")


def test_losses_name_receiver_helper_stage_and_doubt_the_largest_first() -> None:
    found = posterior({(1, 0, 2): -0.02, (0, 2, 1): -0.055, (0, 1, 0): 0.3})
    assert transfer(found) == [
        "c loses by sharing stage 1 with b: -5.5 ± 1.0 %",
        "a loses by sharing stage 2 with c: -2.0 ± 1.0 %",
    ]


@mark.parametrize("share", [0.9, 1.1])
def test_a_loss_is_credible_from_one_sided_95_percent_on(share: float) -> None:
    found = posterior({(0, 0, 1): -share * QUANTILE * 0.01})
    assert bool(losses(found)) == (share > 1)


@mark.parametrize("found", [None, posterior({}), posterior({(0, 0, 1): 0.5})])
def test_where_there_is_no_loss_a_sentence_says_so(found: Affinity | None) -> None:
    (line,) = transfer(found)
    assert line.endswith(".")
    assert ("not known" in line) == (found is None)
