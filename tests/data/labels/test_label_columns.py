from typing import Any

import numpy as np

from automtl.data.labels.label_columns import label_columns

INPUTS = {"x": np.random.default_rng(0).normal(size=50)}
WORDS = np.array(["a", "b", None, "c", "a"] * 10, object)
NUMBERS = np.append(np.arange(100.0, 149.0), np.nan)
FLAGS = np.random.default_rng(1).integers(0, 2, (50, 3)).astype(float)


def test_each_column_of_labels_is_one(make_data: Any) -> None:
    data = make_data(INPUTS, {"word": WORDS, "flag": FLAGS, "number": NUMBERS})
    word, *flags, number = label_columns(data)
    assert (word.task, word.name, word.classes) == ("word", "word", ("a", "b", "c"))
    assert word.values[:2].tolist() == [0, 1]
    assert word.known.tolist() == [value is not None for value in WORDS]
    assert [(flag.task, flag.name) for flag in flags] == [("flag", f"flag{i}") for i in range(3)]
    assert all(flag.classes == ("0", "1") for flag in flags)
    assert np.array_equal(np.column_stack([flag.values for flag in flags]), FLAGS)
    assert number.classes == ()
    np.testing.assert_allclose(number.values, NUMBERS, rtol=1e-5)  # in their own units


def test_the_name_of_a_group_is_no_label(make_data: Any) -> None:
    data = make_data(INPUTS, {"relevance": FLAGS[:, :2], "number": NUMBERS}, grouped=True)
    relevance, number = label_columns(data)
    assert (relevance.name, relevance.classes) == ("relevance", ())
    assert np.array_equal(relevance.values, FLAGS[:, 0])
    assert number.name == "number"
