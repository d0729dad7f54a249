from typing import Any

from automtl.report.pictures.labels import cooccurrence_picture, threshold_picture


def thresholds(**changes: Any) -> dict[str, Any]:
    return {
        "of": 2, "top_k": None, "names": ["a", "b"], "threshold": [0.4, 2.0],
        "precision": [0.5, None], "recall": [0.25, 0.0], "positives": [8, 3], **changes,
    }  # fmt: skip


def test_the_worst_label_is_named() -> None:
    sentence = threshold_picture(thresholds()).sentence.replace("\N{NO-BREAK SPACE}", " ")
    assert sentence == (
        "a fares worst: 25 % of its 8 rows are found, and 50 % of those that are predicted have it."
    )
    never = thresholds(names=["b", "c"], precision=[None, None], recall=[0.0, 0.0])
    assert "as it is never predicted; 2 of the 2 labels" in threshold_picture(never).sentence
    assert "Of 9 labels the 2" in threshold_picture(thresholds(of=9)).sentence


def test_a_mark_that_means_nothing_is_not_drawn() -> None:
    picture = threshold_picture(thresholds())
    assert picture.svg.count('class="spot"') == 2  # one is in the key
    assert picture.svg.count('class="notch"') == 3
    assert threshold_picture(thresholds(top_k=2)).svg.count('class="notch"') == 1


def pair(true: float, predicted: float) -> dict[str, Any]:
    return {
        "names": ["a", "b"],
        "true": [[1.0, true], [true, 1.0]],
        "predicted": [[1.0, predicted], [predicted, None]],
    }


def test_the_pair_that_differs_most_is_named() -> None:
    picture = cooccurrence_picture(pair(0.3, 0.55))
    assert picture.sentence.startswith("b and a differ most: they come together in 30")
    assert "55" in picture.sentence
    assert "no pair differs" in cooccurrence_picture(pair(0.3, 0.33)).sentence
    assert picture.svg.count("<rect") == 2  # true on one side, predicted on the other
