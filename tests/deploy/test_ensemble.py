from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from pytest import fixture, mark
from torch import nn
from torch.testing import assert_close

from automtl.data.dataset import MultiTaskData
from automtl.deploy.ensemble import Ensemble
from automtl.deploy.export import export_onnx

Make = Callable[[MultiTaskData, int], nn.Module]


@fixture(scope="module")
def networks(data: MultiTaskData, make_network: Make) -> list[nn.Module]:
    """With several numbers of members, and weights of their own."""
    made = [make_network(data, members) for members in (4, 1, 2)]
    torch.manual_seed(1)
    for network in made[1:]:
        for weights in network.parameters():
            nn.init.normal_(weights, std=0.5)
    return made


def test_it_is_the_mean_of_what_each_network_predicts(
    data: MultiTaskData, networks: list[nn.Module]
) -> None:
    inputs = torch.from_numpy(data.test.inputs)
    whole = Ensemble(networks, data.tasks, data.kinds)(inputs)
    each = [Ensemble([network], data.tasks, data.kinds)(inputs) for network in networks]
    for column, kind in enumerate(data.kinds):
        alone = torch.stack([predictions[column] for predictions in each])
        assert alone.std(0).max() > 1e-3  # so that there is something to average
        assert_close(whole[column], alone.mean(0))
        if kind.classes:
            assert_close(whole[column].sum(1), torch.ones(len(inputs)))


@mark.parametrize("n", [2, 3])
def test_of_equal_networks_it_is_the_network(
    data: MultiTaskData, network: nn.Module, n: int
) -> None:
    inputs = torch.from_numpy(data.test.inputs)
    many = Ensemble([network] * n, data.tasks, data.kinds)(inputs)
    one = Ensemble([network], data.tasks, data.kinds)(inputs)
    for found, expected in zip(many, one, strict=True):
        assert_close(found, expected)


def test_the_networks_stay_as_they_are(data: MultiTaskData, networks: list[nn.Module]) -> None:
    for network in networks:
        network.train()
    Ensemble(networks, data.tasks, data.kinds)
    assert all(network.training for network in networks)


def test_one_file_predicts_what_the_mean_predicts(
    data: MultiTaskData, networks: list[nn.Module], tmp_path: Path
) -> None:
    report = export_onnx(networks, data, tmp_path / "best.onnx", {})
    assert report.rows == len(data.test.rows)
    session = onnxruntime.InferenceSession(tmp_path / "best.onnx")
    given = {n: c.values[data.test.rows].reshape(-1, 1) for n, c in data.table.items()}
    with torch.no_grad():
        expected = Ensemble(networks, data.tasks, data.kinds)(torch.from_numpy(data.test.inputs))
    found = session.run(["sex_probability", "species_probability", "mass"], given)
    np.testing.assert_allclose(found[0], expected[0], atol=1e-5)
    np.testing.assert_allclose(found[1], expected[1], atol=1e-5)
    np.testing.assert_allclose(found[2], expected[2][:, 0], rtol=1e-4)
