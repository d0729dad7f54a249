import torch

from automtl.train.device import choose_device


def test_takes_the_gpu_there_is() -> None:
    wanted = "cuda" if torch.cuda.is_available() else "cpu"
    assert choose_device() == torch.device(wanted)


def test_takes_a_wish_at_its_word() -> None:
    assert choose_device("cpu") == torch.device("cpu")
