import numpy as np
from pytest import approx, mark, raises

from automtl.core.labels import (
    as_number,
    chosen,
    class_indices,
    class_weights,
    count_classes,
    entropy,
    listing,
    respelt,
    smoothed_frequencies,
)
from automtl.errors import DataError

LABELS = np.array(["no", "yes", None, "no", "yes", "no"], dtype=object)


def test_counts_training_rows_in_the_order_of_the_text() -> None:
    train = np.array([True, True, True, True, False, False])
    assert list(count_classes(LABELS, train).items()) == [("no", 2), ("yes", 1)]


def test_a_class_absent_from_training_is_named() -> None:
    train = np.array([True, False, True, True, False, True])
    with raises(DataError, match="Every class has a row in the training part, but 'yes' has none"):
        count_classes(LABELS, train)


def test_indices_pick_the_labels_back() -> None:
    indices = class_indices(LABELS, ("no", "yes"))
    known = ~np.isnan(indices)
    assert known.tolist() == [label is not None for label in LABELS]
    assert np.array(["no", "yes"])[indices[known].astype(int)].tolist() == LABELS[known].tolist()


def test_an_unknown_label_is_named() -> None:
    with raises(DataError, match="Labels are of 'no', 'maybe', but there is 'yes'"):
        class_indices(LABELS, ("no", "maybe"))


def test_labels_that_are_the_same_number_are_spelt_alike() -> None:
    labels = np.array(["2.0", "1", None, "-0.0", "many", "1e0"], dtype=object)
    found = respelt(labels, ("0", "1", "2", "many", "inf"))
    assert found.tolist() == ["2", "1", None, "0", "many", "1"]
    assert class_indices(labels, ("0", "1", "2", "many"))[:2].tolist() == [2, 1]
    assert respelt(np.array(["inf", "nan"], dtype=object), ["infinity"]).tolist() == ["inf", "nan"]


@mark.parametrize("word", ["1_000", "", "one", "nan", "-inf", "True"])
def test_what_is_no_number(word: str) -> None:
    assert as_number(word) is None


def test_of_levels_the_median_is_chosen_and_of_classes_the_most_probable() -> None:
    probabilities = np.array(
        [[0.4, 0.3, 0.3], [0.5, 0.1, 0.4], [0.2, 0.3, 0.5], [0.0, 0.0, 1.0], [0.3, 0.35, 0.35]]
    )
    assert chosen(probabilities, ordered=True).tolist() == [1, 0, 1, 2, 1]
    assert chosen(probabilities, ordered=False).tolist() == [0, 0, 2, 2, 1]
    exceeded = probabilities[:, ::-1].cumsum(1)[:, ::-1][:, 1:]  # P(y > k) of the paper
    assert chosen(probabilities, ordered=True).tolist() == (exceeded > 0.5).sum(1).tolist()


def test_smoothed_frequencies_add_up_to_one_and_keep_the_order() -> None:
    frequencies = smoothed_frequencies((1, 5, 94))
    assert frequencies.sum() == approx(1.0)
    assert frequencies.tolist() == sorted(frequencies)
    assert frequencies[0] > 0.01


def test_entropy_is_greatest_where_classes_are_equal() -> None:
    assert entropy((7, 7, 7)) == approx(np.log(3))
    assert entropy((1, 10, 10)) < entropy((7, 7, 7))


def test_a_long_list_is_cut() -> None:
    assert listing([str(number) for number in range(7)]).endswith("'4' and 2 more")


COUNTS = {"rare": 10, "common": 30, "none": 0}


def test_class_weights_are_one_on_average_over_the_training_labels() -> None:
    weights = class_weights({"rare": 3, "none": 0.5}, COUNTS)
    assert np.dot(weights, list(COUNTS.values())) == approx(40)
    assert np.array(weights) / weights[1] == approx([3, 1, 0.5])
    assert class_weights({}, COUNTS) == (1, 1, 1)
    assert class_weights(None, COUNTS) == ()
    assert class_weights({1: 2.0}, {"1": 5, "2": 5}) == approx((4 / 3, 2 / 3))
    assert class_weights({1: 2.0}, {"1.0": 5, "2.0": 5}) == approx((4 / 3, 2 / 3))


@mark.parametrize(
    ("given", "message"),
    [
        ({"rear": 2}, "there is no class 'rear'; did you mean 'rare'"),
        (
            {"rare": 0},
            r"a positive number for each class, such as \{rare: 2\}, but got",
        ),
        ({"rare": True}, "a positive number for each class"),
        ({"rare": "2"}, "a positive number for each class"),
        ({"rare": float("inf")}, "a positive number for each class"),
        ({"rare": 2, 1: 2, 1.5: 2}, "there is no class '1'"),
        ([1, 2], r"a positive number for each class, .* but got \[1, 2\]"),
    ],
)
def test_class_weights_that_are_none(given: object, message: str) -> None:
    with raises(DataError, match=message):
        class_weights(given, COUNTS)


def test_a_class_has_one_weight() -> None:
    with raises(DataError, match=r"Each class has one weight.*twice in \{1: 2, '1.0': 3\}"):
        class_weights({1: 2, "1.0": 3}, {"1": 5, "2": 5})


def test_entropy_of_weighed_classes_is_that_of_so_many() -> None:
    assert entropy((10, 30, 0), (3.0, 1.0, 2.0)) == approx(entropy((30, 30)))
