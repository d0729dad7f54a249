import threading
from collections.abc import Iterator

from pytest import mark, raises

from automtl.deploy.predictions.overlap import n_cores, overlapped


@mark.parametrize("n_threads", [1, 2, 5])
def test_results_are_in_order(n_threads: int) -> None:
    assert list(overlapped(lambda x: x * x, range(20), n_threads)) == [x * x for x in range(20)]
    assert list(overlapped(abs, [], n_threads)) == []


def test_few_items_wait() -> None:
    read, used, most = 0, 0, 0

    def items() -> Iterator[int]:
        nonlocal read, most
        for item in range(50):
            read += 1
            most = max(most, read - used)
            yield item

    for _ in overlapped(abs, items(), 3):
        used += 1
    assert most <= 3 + 2  # those that wait, the one that is read and the one that is used


def test_reads_on_while_it_computes() -> None:
    second_was_read = threading.Event()

    def items() -> Iterator[int]:
        yield 0
        second_was_read.set()
        yield 1

    assert list(overlapped(lambda _: second_was_read.wait(10), items(), 1)) == [True, True]


def test_the_first_error_ends_it() -> None:
    results = overlapped(lambda x: 6 // (2 - x), range(1_000_000), 2)
    assert [next(results), next(results)] == [3, 6]
    with raises(ZeroDivisionError):
        next(results)


def test_there_are_cores() -> None:
    assert n_cores() >= 1
