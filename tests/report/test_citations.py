from collections.abc import Callable
from dataclasses import replace

from automtl.plugins import Plugins
from automtl.report.citations import citations
from automtl.report.summary import Member, Summary


def test_losses_heads_skip_rule_and_bags_are_cited(
    summary: Callable[..., Summary], plugins: Plugins
) -> None:
    made = summary(("a",))
    task = replace(
        made.tasks[0], kind="multilabel", loss="asymmetric", head="chain", options={"rule": "f1"}
    )
    members = (Member("d", 0, "a", "k", (0, 2)), Member("d", 1, "a", "l", (1, 2)))
    values = {**made.hyperparameters, "skip": "linear"}
    found = dict(
        citations(replace(made, tasks=(task,), members=members, hyperparameters=values), plugins)
    )
    assert found["loss asymmetric"] == plugins.losses["asymmetric"].citation
    assert found["head chain"] == plugins.heads["chain"].citation
    assert {"thresholds f1", "bags (cross-validation committees)"} <= set(found)
    assert sum(name.startswith("linear skip") for name in found) == 1
    plain = dict(citations(made, plugins))
    assert not [n for n in plain if n.startswith(("loss", "head", "linear", "bags", "thresholds"))]
