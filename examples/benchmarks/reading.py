"""
How fast, and in how much memory, a large table is read.

    python examples/benchmarks/reading.py [--rows 1000000] [--repeats 3]

Makes a table of 40 floats, 5 integers and 5 short strings a row in a temporary folder, and reads
it with our readers and with pandas, in turns, each time in a process of its own. Prints medians:
the seconds of reading and of the processor, how far the process grew at its peak beyond what it
was before reading, as a multiple of the table's size, and the ratios to pandas. Needs pandas.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow.csv import WriteOptions, write_csv
from pyarrow.parquet import write_table

WORDS = ("north", "south", "east", "west", "centre")
FILES = ("plain.csv", "quoted.csv", "table.parquet")
HERE = Path(__file__).resolve()
TO_REACH = {"seconds": 1.5, "memory": 2.5}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        reader, file = arguments.child
        print(json.dumps(measure(READERS[reader], Path(file))))
        return
    with tempfile.TemporaryDirectory() as folder:
        for file in write_files(Path(folder), arguments.rows):
            report(file, [in_turn(file) for _ in range(arguments.repeats)])


def write_files(folder: Path, rows: int) -> list[Path]:
    """The same table in every format; strings in quotes may hold line breaks, which is slower."""
    table, (plain, quoted, parquet) = make_table(rows), (folder / name for name in FILES)
    write_csv(table, plain, WriteOptions(quoting_style="none", quoting_header="none"))
    write_csv(table, quoted, WriteOptions(quoting_style="needed"))  # around strings alone
    write_table(table, parquet)
    return [plain, quoted, parquet]


def make_table(rows: int) -> pa.Table:
    rng = np.random.default_rng(0)
    floats = {f"float_{i}": rng.normal(size=rows) for i in range(40)}
    integers = {f"integer_{i}": rng.integers(0, 10**6, rows) for i in range(5)}
    strings = {f"string_{i}": words(rng.integers(0, len(WORDS), rows)) for i in range(5)}
    return pa.table({**floats, **integers, **strings})


def words(indices: Any) -> pa.Array:
    return pa.DictionaryArray.from_arrays(indices.astype(np.int8), WORDS).cast(pa.string())


def in_turn(file: Path) -> dict[str, dict[str, float]]:
    """What one reading with each reader took."""
    found = {}
    for reader in READERS:
        command = [sys.executable, str(HERE), "--child", reader, str(file)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found[reader] = json.loads(output)
    return found


def measure(read: Callable[[Path], Callable[[], int]], file: Path) -> dict[str, float]:
    """Runs in the child: imports first, then reads with the clocks on."""
    prepared, file_bytes = read(file), file.read_bytes()  # into the page cache
    del file_bytes
    before, wall, cpu = reset_peak(), time.perf_counter(), time.process_time()
    size = prepared()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"seconds": wall, "processor": cpu, "memory": (status("VmHWM") - before) / size}


def reset_peak() -> int:
    """Sets the peak to what is held now, and gives that, in bytes."""
    Path("/proc/self/clear_refs").write_text("5")
    return status("VmRSS")


def status(name: str) -> int:
    """A size of this process, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def ours(file: Path) -> Callable[[], int]:
    from automtl_plugins.readers.csv import Csv
    from automtl_plugins.readers.parquet import Parquet

    reader = Parquet() if file.suffix == ".parquet" else Csv()
    return lambda: int(reader.read(file).nbytes)


def pandas(file: Path) -> Callable[[], int]:
    import pandas

    read = pandas.read_parquet if file.suffix == ".parquet" else pandas.read_csv
    return lambda: int(read(file).memory_usage(deep=True).sum())


READERS: dict[str, Callable[[Path], Callable[[], int]]] = {"automtl": ours, "pandas": pandas}


def report(file: Path, rounds: list[dict[str, dict[str, float]]]) -> None:
    print(f"{file.name} ({file.stat().st_size / 1e6:.0f} MB)")
    for reader in READERS:
        medians = {name: median(rounds, reader, name) for name in rounds[0][reader]}
        print(f"  {reader:8}" + "".join(f"{name} {m:7.2f}  " for name, m in medians.items()))
    ratios = {
        name: statistics.median(turn["automtl"][name] / turn["pandas"][name] for turn in rounds)
        for name in ("seconds", "processor")
    }
    print(
        f"  seconds of automtl / pandas {ratios['seconds']:.2f} (to reach: {TO_REACH['seconds']}), "
        f"of the processor {ratios['processor']:.2f}; memory / table "
        f"{median(rounds, 'automtl', 'memory'):.2f} (to reach: {TO_REACH['memory']})"
    )


def median(rounds: list[dict[str, dict[str, float]]], reader: str, name: str) -> float:
    return statistics.median(turn[reader][name] for turn in rounds)


if __name__ == "__main__":
    main()
