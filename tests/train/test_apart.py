"""What is chosen by predictions for rows that were not learned from."""

from typing import Any

import numpy as np
from pytest import MonkeyPatch, fixture
from torch import Tensor, nn

from automtl.core.trial import Bag
from automtl.data.dataset import MultiTaskData
from automtl.data.parts.bagging import fold_of_rows, joined
from automtl.train.apart import Apart, Member, apart, helpful, tuned_apart


class Constant(nn.Module):
    """Predicts the same of all rows."""

    def __init__(self, data: MultiTaskData, value: float) -> None:
        super().__init__()
        self.data, self.value = data, value

    def forward(self, inputs: Tensor) -> dict[str, Tensor]:
        return {
            task.name: inputs.new_full((len(inputs), 1, kind.n_outputs), self.value)
            for task, kind in zip(self.data.tasks, self.data.kinds, strict=True)
        }


@fixture
def seen(monkeypatch: MonkeyPatch) -> dict[str, Any]:
    """What thresholds are chosen on, once they are."""
    found: dict[str, Any] = {}

    def tuned(predictions: Any, tasks: Any, kinds: Any, targets: Any) -> Any:
        found.update(predictions=predictions, targets=targets)
        return kinds

    monkeypatch.setattr("automtl.train.apart.tuned", tuned)
    return found


def _tune(data: MultiTaskData, bags: list[int | None], values: list[float] | None = None) -> None:
    """Of bags of three, each predicts its own number unless ``values`` are given."""
    divisions = [None if bag is None else (bag, 3) for bag in bags]
    networks: Any = [Constant(data, float(value)) for value in values or bags]  # type: ignore[arg-type]
    tuned_apart([_member(*pair) for pair in zip(divisions, networks, strict=True)], data)


def _member(bag: Bag | None, network: Any) -> Member:
    return Member(bag, lambda: network)


def test_of_bags_thresholds_are_chosen_on_what_each_network_did_not_learn_from(
    penguins: MultiTaskData, seen: dict[str, Any]
) -> None:
    _tune(penguins, [2, 0, 1])  # bags may end in any order
    both = joined(penguins.train, penguins.validation)
    mass, kind = seen["predictions"]["body_mass_g"][:, 0], penguins.kinds[2]
    expected = kind.decode(fold_of_rows(both, 3).astype(float))
    np.testing.assert_allclose(mass, expected, rtol=1e-5)
    np.testing.assert_array_equal(seen["targets"], both.targets)


def test_of_fewer_bags_thresholds_are_chosen_on_the_rows_of_their_folds(
    penguins: MultiTaskData, seen: dict[str, Any]
) -> None:
    _tune(penguins, [2, 0])
    both = joined(penguins.train, penguins.validation)
    told = fold_of_rows(both, 3) != 1
    np.testing.assert_array_equal(seen["targets"], both.targets[told])
    assert len(seen["predictions"]["species"]) == told.sum()


def test_without_bags_thresholds_are_chosen_on_validation_and_of_both_on_each_ones_rows(
    penguins: MultiTaskData, seen: dict[str, Any]
) -> None:
    kind = penguins.kinds[2]
    _tune(penguins, [None, None], [1.0, 2.0])
    np.testing.assert_array_equal(seen["targets"], penguins.validation.targets)
    mass = seen["predictions"]["body_mass_g"]
    np.testing.assert_allclose(mass, kind.decode(np.full((len(mass), 1), 1.5)), rtol=1e-5)
    _tune(penguins, [1, None], [1.0, 2.0])
    both = joined(penguins.train, penguins.validation)
    first, second = fold_of_rows(both, 3) == 1, np.isin(both.rows, penguins.validation.rows)
    expected = np.where(first & second, 1.5, np.where(first, 1.0, 2.0))[first | second]
    mass = seen["predictions"]["body_mass_g"][:, 0]
    np.testing.assert_allclose(mass, kind.decode(expected[:, None])[:, 0], rtol=1e-5)
    np.testing.assert_array_equal(seen["targets"], both.targets[first | second])


def test_predictions_apart_are_of_the_validation_rows(penguins: MultiTaskData) -> None:
    networks: Any = [Constant(penguins, 1.0), Constant(penguins, 2.0)]
    own, bag = apart([_member(None, networks[0]), _member((1, 3), networks[1])], penguins)
    both = joined(penguins.train, penguins.validation)
    np.testing.assert_array_equal(both.rows[own.rows], penguins.validation.rows)
    np.testing.assert_array_equal(bag.rows, fold_of_rows(both, 3) == 1)
    for one in (own, bag):
        assert all(len(values) == one.rows.sum() for values in one.values.values())


def test_of_what_is_judged_otherwise_that_is_what_it_predicts(penguins: MultiTaskData) -> None:
    judged = {task.name: np.zeros((3, 1)) for task in penguins.tasks}

    def restore() -> Any:
        raise AssertionError("there is no need of the network")

    (own,) = apart([Member(None, restore, judged)], penguins)
    assert own.values is judged


def test_a_group_is_in_the_mean_if_that_lowers_the_error_where_the_first_predicts(
    penguins: MultiTaskData,
) -> None:
    both = joined(penguins.train, penguins.validation)
    mass = penguins.kinds[2].decode(np.nan_to_num(both.targets[:, 2].astype(float)))
    folds = fold_of_rows(both, 2)

    def off(by: float, fold: int = 0) -> list[Apart]:
        """One network of a group, whose masses are so far from the truth."""
        rows = folds == fold
        classes = {"species": 3, "sex": 2}
        values = {task: np.full((rows.sum(), n), 1 / n) for task, n in classes.items()}
        return [Apart(rows, {**values, "body_mass_g": mass[rows, None] + by})]

    constants = {"species": 1.0, "sex": 1.0, "body_mass_g": 800.0}
    groups = [off(100), off(300), off(-90), off(-5000), off(200)]
    assert helpful(groups, penguins, constants) == [0, 2]  # by 100, and with -90 by 5
    elsewhere = [off(100), off(0, fold=1)]  # says nothing of the rows of the first
    assert helpful(elsewhere, penguins, constants) == [0]
    assert helpful([off(100)], penguins, constants) == [0]
