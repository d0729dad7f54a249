from pathlib import Path

from automtl.exporting import Change, Exported, lines


def test_of_a_part_size_and_latency_are_against_the_whole() -> None:
    found = lines(Exported(Path("x"), (2048, 4096), (0.05, 0.125), 69, False, {"a": 0.0}))
    assert found == [
        "2.0 KiB, 0.050 ms for one row (median, one thread); "
        "the whole in floats: 4.0 KiB, 0.125 ms",
        "On 69 rows it predicts what the whole predicts, bit for bit.",
    ]
    [_, nearly] = lines(Exported(Path("x"), (1, 1), (1.0, 1.0), 69, False, {"a": 6e-8, "b": 0.0}))
    assert nearly.endswith("up to 6e-08.")


def test_of_a_smaller_file_every_task_has_a_row() -> None:
    changes = {"a": Change("rmse", 2.0, 2.01, -0.005)}
    found = lines(Exported(Path("x"), (1, 2), (1.0, 1.0), 69, True, {}, changes))
    assert found[1] == "The whole agrees with the network on test."
    assert found[-1].split() == ["a", "rmse", "2", "2.01", "-0.50", "%"]


def test_of_the_whole_nothing_is_compared() -> None:
    found = lines(Exported(Path("x"), (1024, 1024), (0.5, 0.5), 69, False))
    assert found == ["1.0 KiB, 0.500 ms for one row (median, one thread)"]
