import dataclasses
import json

from automtl.data.dataset import MultiTaskData
from automtl.plugins import Plugins


def test_trials_never_see_the_test_part(penguins: MultiTaskData) -> None:
    training = penguins.for_training()
    seen = {*training.train.rows, *training.validation.rows}
    assert seen.isdisjoint(penguins.test.rows)
    assert not hasattr(training, "test")
    assert len(seen) + len(penguins.test.rows) == len(penguins.table["year"].values)


def test_kinds_travel_as_json(penguins: MultiTaskData, plugins: Plugins) -> None:
    training = penguins.for_training()
    read_back = dataclasses.replace(training, kinds=tuple(json.loads(json.dumps(training.kinds))))
    assert tuple(read_back.fitted_kinds(plugins.task_kinds)) == penguins.kinds


def test_inputs_are_laid_out_as_told(penguins: MultiTaskData) -> None:
    training = penguins.for_training()
    for part in (training.train, training.validation):
        assert part.inputs.shape == (len(part.rows), training.layout.size)
        assert part.targets.shape == (len(part.rows), len(training.tasks))
