"""
A search on real data: the flow of a river network at 8 sites, 48 hours ahead (rf1 of Mulan's
collection, https://doi.org/10.1007/s10994-016-5546-z; 9,125 rows, 64 inputs).

    python examples/benchmarks/river_flow.py FOLDER_WITH_MTR [--minutes 12]

Keeps runs/rf1 and prints what `automtl search` prints, and the mean over sites of the relative root
mean squared error on test (aRRMSE; 1 is the mean). Rows are hours, so a random split flatters every
method alike: compare methods here, not with a forecast.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from data import MTR_TARGETS, read_mtr, write_csv

CONFIG = """
name: rf1
data: rf1.csv
targets: [{targets}]
space:
  stages: 2
  primitives: [hard, cross_stitch, mtan]
  blocks:
    mlp: {{width: [128, 256], dropout: {{low: 0.0, high: 0.2}}}}
    resnet: {{width: [128, 256], dropout: {{low: 0.0, high: 0.2}}}}
  balancers: [sum, uncertainty, geometric_mean]
  schedules: [constant, cosine]
  training: {{batch_size: [128, 256], epochs: 60, patience: 12}}
search: {{minutes: {minutes}, seeds: 3}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=12)
    arguments = parser.parse_args()
    names, values = read_mtr(arguments.folder / "rf1.arff")
    write_csv(Path("rf1.csv"), names, values)
    targets = names[-MTR_TARGETS["rf1"] :]
    config = CONFIG.format(targets=", ".join(targets), minutes=arguments.minutes)
    Path("rf1.yaml").write_text(config)
    subprocess.run([sys.executable, "-m", "automtl", "search", "rf1.yaml"], check=True)
    best = json.loads(Path("runs/rf1/best.json").read_text())
    for which in ("test", "winner_test", "anchor_test"):
        relative = [np.sqrt(1 - task[which]["r2"]) for task in best["tasks"]]
        print(f"aRRMSE, {which}: {np.mean(relative):.4f}")


if __name__ == "__main__":
    main()
