import json
from pathlib import Path

import numpy as np
import sklearn.metrics as oracle
import torch
from pytest import approx, mark, raises
from torch.testing import assert_close

from automtl.config import load_config
from automtl.core.task import Floats
from automtl.deploy.predict import Predictor
from automtl.errors import DataError
from automtl.pipeline import search
from automtl.search.progress import Progress
from automtl.testing import assert_task_kind_contract
from automtl_plugins.task_kinds.binary import Binary
from automtl_plugins.task_kinds.ordinal import Ordinal

LABELS = np.array(["10", "2", None, "-1", "2", "10", "10"], dtype=object)
EVERYWHERE = np.ones(len(LABELS), dtype=bool)
SIZES = np.array(["low", "high", "low", "mid", None], dtype=object)


def test_contract() -> None:
    assert_task_kind_contract(Ordinal, LABELS)
    assert_task_kind_contract(Ordinal, SIZES, levels=("low", "mid", "high", "huge"))


class Undecided(Ordinal):
    def decide(self, predictions: Floats) -> Floats:
        return predictions


def test_the_contract_asks_for_the_median() -> None:
    with raises(AssertionError, match="`decide` of `ordinal` must be 1 for the median level"):
        assert_task_kind_contract(Undecided, LABELS)


def test_numbers_are_in_their_order_and_others_in_the_one_given() -> None:
    kind = Ordinal.fit(LABELS, EVERYWHERE)
    assert (kind.classes, kind.counts) == (("-1", "2", "10"), (1, 2, 3))
    given = Ordinal.fit(SIZES, EVERYWHERE[:5], levels=["low", "mid", "high", "huge"])
    assert (given.classes, given.counts) == (("low", "mid", "high", "huge"), (2, 1, 1, 0))
    assert Ordinal.fit(LABELS, EVERYWHERE, levels=[10, 2, -1]).classes == ("10", "2", "-1")


def test_levels_and_labels_that_are_numbers_are_compared_as_such() -> None:
    labels = np.array(["2.0", "0.0", None, "1.0", "2.0"], dtype=object)  # of pandas, with a gap
    weights = {2: 3, "0": 3}
    kind = Ordinal.fit(labels, np.ones(5, bool), levels=[0, 1, 2, 3], class_weights=weights)
    assert (kind.classes, kind.counts) == (("0", "1", "2", "3"), (1, 1, 2, 0))
    np.testing.assert_array_equal(kind.encode(labels), [2, 0, np.nan, 1, 2])
    assert np.array(kind.class_weights) / kind.class_weights[1] == approx([3, 1, 3, 1])
    whole = np.array(["2", "0", "1"], dtype=object)
    assert Ordinal.fit(whole, np.ones(3, bool), levels=[0.0, 1.0, 2.0]).classes[0] == "0.0"


def test_the_median_level_is_decided_on() -> None:
    kind = Ordinal.fit(LABELS, EVERYWHERE)
    predictions, targets = np.array([[0.4, 0.3, 0.3]] * 3), np.array([1.0, 1.0, 0.0])
    decided = kind.decide(predictions)
    assert decided.tolist() == [[0, 1, 0]] * 3
    assert kind.metrics["accuracy"].score(decided, targets) == approx(2 / 3)
    assert {name for name, metric in kind.metrics.items() if not metric.decided} == {
        "log_loss", "brier", "calibration_error",
    }  # fmt: skip
    for metric in kind.metrics.values():
        if metric.decided:
            again = metric.score(kind.decide(decided), targets)
            assert metric.score(decided, targets) == approx(again)


SPACE = """
stages: 1
primitives: [hard]
blocks: {mlp: {width: 8}}
balancers: [sum]
schedules: [constant]
training: {epochs: 3, learning_rate: 0.01}
"""


def test_the_labels_of_an_exported_file_score_as_is_said(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=400).round(3)
    y = np.clip(np.round(x + rng.normal(0, 1.2, 400) + 1), 0, 3)
    y[::17] = np.nan
    part = np.resize(["train", "train", "validation", "test"], 400)
    cells = ["" if np.isnan(value) else f"{value:.1f}" for value in y]  # as pandas writes them
    lines = [f"{a},{b},{c}" for a, b, c in zip(x, cells, part, strict=True)]
    (tmp_path / "a.csv").write_text("\n".join(["x,stars,part", *lines, ""]))
    (tmp_path / "space.yaml").write_text(SPACE)
    (tmp_path / "automtl.yaml").write_text(
        "data: a.csv\ntargets: {stars: {kind: ordinal, options: {levels: [0, 1, 2, 3]}}}\n"
        "split: {column: part}\nspace: ./space.yaml\nsearch: {trials: 2, workers: 0, seeds: 1}\n"
    )
    search(load_config(tmp_path / "automtl.yaml"), tmp_path / "run", Progress())
    [task] = json.loads((tmp_path / "run/best.json").read_text())["tasks"]
    assert task["classes"] == ["0", "1", "2", "3"]
    rows = (part == "test") & ~np.isnan(y)
    found = Predictor(tmp_path / "run/best.onnx").predict({"x": x})
    labels, probabilities = found["stars"][rows].astype(float), found["stars_probability"][rows]
    assert (labels != probabilities.argmax(1)).any()
    kappa = oracle.cohen_kappa_score(y[rows], labels, weights="quadratic")
    for name, expected in {
        "accuracy": oracle.accuracy_score(y[rows], labels),
        "balanced_accuracy": oracle.balanced_accuracy_score(y[rows], labels),
        "macro_f1": oracle.f1_score(y[rows], labels, average="macro"),
        "mae": oracle.mean_absolute_error(y[rows], labels),
        "quadratic_kappa": kappa,
    }.items():
        assert task["test"][name] == approx(expected), name
    evidence = json.loads((tmp_path / "run/evidence.json").read_text())
    counts = oracle.confusion_matrix(y[rows], labels, labels=range(4)).tolist()
    assert f'"counts": {counts}' in json.dumps(evidence)


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
        (["1", "2", "2"], {"levels": [1, 2, 2.0]}, "Levels are distinct, but got '1', '2', '2.0'"),
        (["1", "2", "2.5"], {"levels": [1, 2, 3]}, "but here is '2.5'"),
    ],
)
def test_rejects(labels: list[str | None], options: dict[str, object], message: str) -> None:
    train = np.array([True, True, "3" not in labels or "low" in labels])
    with raises(DataError, match=message):
        Ordinal.fit(np.array(labels, dtype=object), train, **options)
