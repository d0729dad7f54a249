from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest import approx, fixture, importorskip, raises

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.space import Choice, Distribution, Uniform
from automtl.core.trial import Trial
from automtl.errors import RunError
from automtl.run import RunFolder
from automtl.tracking.ended import ended_trials
from automtl.tracking.optuna_study import _merged, export_study

optuna = importorskip("optuna")
STATES = optuna.trial.TrialState


@fixture
def unlucky(
    copied: RunFolder, candidate: Callable[..., Candidate], ended: Callable[..., Trial]
) -> RunFolder:
    """A run in which a last trial failed."""
    graph = TaskGraph.all_shared(["body_mass_g", "sex", "species"], 2)
    copied.append(ended(candidate(graph), {}, reason="no luck"))
    return copied


def test_optuna_reads_what_was_searched(unlucky: RunFolder, url: str) -> None:
    assert export_study(unlucky, url, "read") == 13
    study, trials = optuna.load_study(study_name="read", storage=url), ended_trials(unlucky)
    assert [trial.state for trial in study.trials] == [STATES.COMPLETE] * 12 + [STATES.FAIL]
    assert study.trials[12].user_attrs["reason"] == "no luck"
    for found, ended in zip(study.trials[:12], trials, strict=False):
        assert found.value == ended.metrics["mean_gain"]
        assert found.params == dict(ended.trial.candidate.hyperparameters)
        assert found.user_attrs["graph"] == str(ended.trial.candidate.graph)
        assert found.user_attrs["gain/sex"] == ended.gains["sex"]
        assert found.duration.total_seconds() == approx(ended.trial.result.seconds, abs=1e-3)
        assert len(found.intermediate_values) == max(len(c.train) for c in ended.curves.values())
    assert study.best_value == max(ended.metrics.get("mean_gain", -9.0) for ended in trials)


def test_a_search_is_there_once_however_often_it_is_exported(copied: RunFolder, url: str) -> None:
    export_study(copied, url, "once")
    first = optuna.load_study(study_name="once", storage=url).get_trials()
    export_study(copied, url, "once")
    again = optuna.load_study(study_name="once", storage=url).get_trials()
    assert [trial.values for trial in again] == [trial.values for trial in first]
    assert optuna.get_all_study_names(url).count("once") == 1


def test_another_search_is_not_overwritten(copied: RunFolder, url: str) -> None:
    optuna.create_study(study_name="mine", storage=url)
    with raises(RunError, match=r"the study 'mine' is of another search.*--study"):
        export_study(copied, url, "mine")


def test_costs_are_values_as_well(copied: RunFolder, url: str) -> None:
    text = copied.config.read_text()
    assert "objective: gain" in text
    copied.config.write_text(text.replace("objective: gain", "objective: [parameters]"))
    export_study(copied, url, "front")
    study = optuna.load_study(study_name="front", storage=url)
    assert [direction.name for direction in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert [t.values[1] for t in study.trials] == [t.result.parameters for t in copied.trials()]


def test_a_storage_that_cannot_be_opened(copied: RunFolder, tmp_path: Path) -> None:
    for url in ("nonsense://x", f"sqlite:///{tmp_path / 'missing' / 'study.db'}"):
        with raises(RunError, match="this storage cannot be opened"):
            export_study(copied, url, "x")


def test_a_distribution_holds_all_that_was_offered_and_seen() -> None:
    def merged(offered: list[Distribution], *seen: Any) -> Any:
        return _merged(optuna, offered, seen)

    found = merged([Uniform(0.1, 1.0, log=True), Uniform(0.2, 3.0, log=True)], 0.05, 0.3)
    assert found == optuna.distributions.FloatDistribution(0.05, 3.0, log=True)
    assert merged([Uniform(1, 5, integer=True)], 3) == optuna.distributions.IntDistribution(1, 5)
    assert merged([Choice((32, 64)), Choice((16, 32))], 64).choices == (32, 64, 16)
    assert merged([Choice((1, 2)), Uniform(0, 1)], 0.5).choices == (1, 2, 0.5)
    assert merged([], "x", "y").choices == ("x", "y")
