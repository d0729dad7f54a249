"""
How much a search costs beyond the training itself.

    python examples/benchmarks/overhead.py FOLDER_WITH_MTR [--trials 30]

Prints, from one run: the overhead, 1 − seconds inside training and evaluation / (wall × workers)
after Ray's start; candidate-epochs a second; the trainer against a plain PyTorch loop that trains
the same all-shared network, in turns in one process; the memory of the whole process tree
(proportional set size); the seconds of ``automtl --help`` and of the bundled search.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from random import Random

import psutil
import torch
from data import MTR_TARGETS, read_mtr, write_csv
from torch import nn

from automtl.config import load_config
from automtl.core.graph import TaskGraph
from automtl.core.trial import Order, Phase
from automtl.data.dataset import TrainingData
from automtl.data.read import read_data
from automtl.plugins import load_plugins
from automtl.run import RunFolder
from automtl.train.fit import Settings, fit
from automtl.train.losses import Rows, TaskLosses
from automtl.train.trial import trial_network

EPOCHS = 8
WIDTH = 256
BATCH = 256
CONFIG = """
data: rf1.csv
targets: [{targets}]
space:
  stages: 2
  primitives: [hard, cross_stitch, soft_l2]
  blocks: {{mlp: {{width: [128, 256], dropout: {{low: 0.0, high: 0.3}}}}}}
  balancers: [sum, uncertainty]
  schedules: [constant]
  training: {{batch_size: 256, epochs: 60, patience: 10}}
search: {{trials: {trials}, workers: {workers}}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        config = _prepare(Path(place), arguments.folder, arguments.trials, arguments.workers)
        found = {**_help(), **_bundled(Path(place)), **_search(config, arguments.workers)}
        found |= _trainer(config)
    print(json.dumps(found, indent=2))


def _prepare(place: Path, folder: Path, trials: int, workers: int) -> Path:
    names, values = read_mtr(folder / "rf1.arff")
    write_csv(place / "rf1.csv", names, values)
    targets = ", ".join(names[-MTR_TARGETS["rf1"] :])
    config = place / "rf1.yaml"
    config.write_text(CONFIG.format(targets=targets, trials=trials, workers=workers))
    return config


def _help() -> dict[str, float]:
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "automtl", "--help"], check=True, capture_output=True)
        seconds.append(time.perf_counter() - began)
    return {"help_seconds": round(statistics.median(seconds), 3)}


def _bundled(place: Path) -> dict[str, float]:
    began = time.perf_counter()
    command = [sys.executable, "-m", "automtl", "search", "--out", str(place / "bundled")]
    subprocess.run(command, check=True, capture_output=True)
    return {"bundled_search_seconds": round(time.perf_counter() - began, 1)}


def _search(config: Path, workers: int) -> dict[str, float]:
    out = config.parent / "runs"
    command = [sys.executable, "-m", "automtl", "search", str(config), "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = [0]
    threading.Thread(target=_watch_memory, args=(process.pid, peak), daemon=True).start()
    began = time.perf_counter()
    assert process.wait() == 0
    seconds = time.perf_counter() - began
    trials = RunFolder.open(out / "rf1").trials()
    wall = max(trial.elapsed for trial in trials)
    inside = sum(trial.result.seconds for trial in trials)
    return {
        "trials": len(trials),
        "workers": workers,
        "search_seconds": round(seconds, 1),
        "wall_after_ray_start": round(wall, 1),
        "overhead": round(1 - inside / (wall * workers), 3),
        "candidate_epochs_per_second": round(sum(t.result.epochs for t in trials) / wall, 1),
        "peak_memory_gib": round(peak[0] / 1024**3, 2),
    }


def _watch_memory(pid: int, peak: list[int]) -> None:
    process = psutil.Process(pid)
    while True:
        total = 0
        try:
            for one in [process, *process.children(recursive=True)]:
                total += one.memory_full_info().pss
        except psutil.Error:  # a process ended while we looked
            pass
        peak[0] = max(peak[0], total)
        if not process.is_running():
            return
        time.sleep(0.5)


def _trainer(config: Path) -> dict[str, float]:
    """The trainer and a plain loop, in turns, on one thread."""
    torch.set_num_threads(1)
    loaded, plugins = load_config(config), load_plugins()
    data = read_data(loaded.data_request(), plugins).for_training()
    train, validation = (
        Rows(torch.tensor(part.inputs), torch.tensor(part.targets), None)
        for part in (data.train, data.validation)
    )
    ours = [_ours(data, plugins, loaded, train, validation)]
    plain = [_plain(train, validation)]
    for _ in range(5):  # the first of each was warming up
        ours.append(_ours(data, plugins, loaded, train, validation))
        plain.append(_plain(train, validation))
    ratios = [b / a for a, b in zip(ours[1:], plain[1:], strict=True)]
    return {
        "trainer_speed_against_plain_loop": round(statistics.median(ratios), 3),
        "trainer_speed_lowest": round(min(ratios), 3),
        "trainer_speed_highest": round(max(ratios), 3),
    }


def _ours(data: TrainingData, plugins, config, train: Rows, validation: Rows) -> float:  # noqa: ANN001
    tasks = sorted(task.name for task in data.tasks)
    values = config.space.sample(Random(0)) | {"block.width": WIDTH, "block.dropout": 0.0}
    graph = TaskGraph.all_shared(tasks, 2)
    order = Order(config.space.candidate(graph, values), 0, Phase.ANCHORS)
    (network,) = trial_network(order, data, plugins).parts
    kinds = data.fitted_kinds(plugins.task_kinds)
    losses = TaskLosses(tasks, kinds, [1.0] * len(tasks), torch.device("cpu"))
    settings = Settings(1e-3, 1e-2, BATCH, EPOCHS, EPOCHS)
    balancer, schedule = plugins.balancers["sum"](len(tasks)), plugins.schedules["constant"](EPOCHS)
    began = time.perf_counter()
    fit(network, losses, balancer, schedule, train, validation, settings, 0)
    return time.perf_counter() - began


def _plain(train: Rows, validation: Rows) -> float:
    n_in, n_out = train.inputs.shape[1], train.targets.shape[1]
    network = nn.Sequential(
        nn.Linear(n_in, WIDTH),
        nn.ReLU(),
        nn.Linear(WIDTH, WIDTH),
        nn.ReLU(),
        nn.Linear(WIDTH, n_out),
    )
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3, weight_decay=1e-2)
    began = time.perf_counter()
    for _ in range(EPOCHS):
        network.train()
        order = torch.randperm(len(train))
        for rows in order.split(BATCH):
            loss = (network(train.inputs[rows]) - train.targets[rows]).square().mean(0).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        network.eval()
        with torch.no_grad():
            float((network(validation.inputs) - validation.targets).square().mean())
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
