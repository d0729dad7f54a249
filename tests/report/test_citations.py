from collections.abc import Callable
from dataclasses import replace

from pytest import mark

from automtl.plugins import Plugins
from automtl.report.citations import citations
from automtl.report.summary import Member, Summary


def test_losses_heads_rule_and_bags_are_cited(
    summary: Callable[..., Summary], plugins: Plugins
) -> None:
    made = summary(("a",))
    task = replace(
        made.tasks[0], kind="multilabel", loss="asymmetric", head="chain", options={"rule": "f1"}
    )
    members = (Member("d", 0, "a", "k", (0, 2)), Member("d", 1, "a", "l", (1, 2)))
    found = dict(citations(replace(made, tasks=(task,), members=members), plugins))
    assert found["loss asymmetric"] == plugins.losses["asymmetric"].citation
    assert found["head chain"] == plugins.heads["chain"].citation
    assert {"thresholds f1", "bags (cross-validation committees)"} <= set(found)
    plain = dict(citations(made, plugins))
    assert not [
        n for n in plain if n.startswith(("loss", "head", "linear", "kernel", "bags", "thresholds"))
    ]


@mark.parametrize("skip", ["linear", "kernel"])
def test_the_skip_is_cited(summary: Callable[..., Summary], plugins: Plugins, skip: str) -> None:
    made = summary(("a",))
    values = {**made.hyperparameters, "skip": skip}
    found = dict(citations(replace(made, hyperparameters=values), plugins))
    assert [name.split()[0] for name in found if "skip" in name] == [skip]
