import numpy as np
import torch

from automtl.data.dataset import MultiTaskData, Part
from automtl.plugins import Plugins
from automtl.train.rows import rows_of, training_rows

CPU = torch.device("cpu")


def _part(targets: list[list[float]]) -> Part:
    array = np.array(targets, dtype=np.float32)
    rows = np.arange(len(array))
    return Part(inputs=rows[:, None].astype(np.float32), targets=array, rows=rows)


def test_rows_without_any_label_are_left_out() -> None:
    nan = float("nan")
    part = _part([[1.0, nan, 5.0], [nan, nan, 6.0], [nan, 3.0, nan]])
    rows = rows_of(part, [0, 1], CPU)
    assert rows.inputs[:, 0].tolist() == [0.0, 2.0]
    assert rows.targets.tolist() == [[1.0, 0.0], [0.0, 3.0]]
    assert rows.labelled is not None
    assert rows.labelled.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    whole = rows_of(part, [2, 0], CPU)
    assert whole.targets[:, 0].tolist() == [5.0, 6.0]


def test_where_no_label_is_missing_there_is_no_mask() -> None:
    rows = rows_of(_part([[1.0, 2.0], [3.0, 4.0]]), [1], CPU)
    assert rows.labelled is None
    assert rows.targets.tolist() == [[2.0], [4.0]]


def test_targets_come_in_the_order_of_the_tasks(penguins: MultiTaskData, plugins: Plugins) -> None:
    data = penguins.for_training()
    tasks = [task.name for task in data.tasks]
    rows, kinds = training_rows(tasks[::-1], data, plugins, CPU)
    expected = data.fitted_kinds(plugins.task_kinds)
    assert kinds == list(expected)[::-1]
    assert torch.equal(rows.targets[:, -1], rows_of(data.train, [0, 1, 2], CPU).targets[:, 0])
