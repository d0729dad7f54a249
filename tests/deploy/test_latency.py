from pathlib import Path

from automtl.data.dataset import MultiTaskData
from automtl.deploy.compare import columns_of_test
from automtl.deploy.latency import latencies


def test_each_file_takes_some_time(model: Path, data: MultiTaskData) -> None:
    found = latencies([model, model], columns_of_test(data))
    assert len(found) == 2
    assert all(milliseconds > 0 for milliseconds in found)
