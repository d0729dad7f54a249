"""Where to train."""

import torch


def choose_device(wish: str = "auto") -> torch.device:
    """``"auto"`` is the GPU that there is, else the CPU; anything else is taken at its word."""
    if wish != "auto":
        return torch.device(wish)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
