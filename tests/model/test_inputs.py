import numpy as np
import torch
from pytest import mark

from automtl.data.features.sparse import SparseArray
from automtl.model.inputs import as_inputs, as_tensor, chunks
from automtl.train.losses import Rows

CPU = torch.device("cpu")
RNG = np.random.default_rng(0)
DENSE = np.where(RNG.random((20, 30)) < 0.1, RNG.normal(size=(20, 30)), 0).astype(np.float32)
SPARSE = as_inputs(SparseArray.of(DENSE), CPU)


def test_a_read_only_array_becomes_a_tensor_without_a_copy() -> None:
    array = np.arange(4, dtype=np.float32)
    array.setflags(write=False)
    tensor = as_tensor(array, CPU)
    assert tensor.data_ptr() == array.ctypes.data


@mark.parametrize("rows", [slice(None), slice(3, 9), torch.tensor([5, 0, 5]), torch.tensor([7])])
def test_rows_are_those_of_the_dense_array(rows: torch.Tensor | slice) -> None:
    assert torch.equal(SPARSE[rows], torch.from_numpy(DENSE)[rows])
    assert torch.equal(as_inputs(DENSE, CPU)[rows], torch.from_numpy(DENSE)[rows])


def test_no_rows() -> None:
    assert SPARSE[torch.tensor([], dtype=torch.int64)].shape == (0, 30)


def test_rows_in_another_order_and_then_in_another() -> None:
    first, second = torch.randperm(20), torch.randperm(20)
    rows = Rows(SPARSE, torch.zeros(20, 1), None).ordered(first).ordered(second)
    assert torch.equal(rows[slice(2, 7)].inputs[:], torch.from_numpy(DENSE)[first[second[2:7]]])


def test_chunks_are_all_rows() -> None:
    for inputs in (SPARSE, torch.from_numpy(DENSE)):
        parts = list(chunks(inputs, 8))
        assert [len(part) for part in parts] == [8, 8, 4]
        assert torch.equal(torch.cat(parts), torch.from_numpy(DENSE))
