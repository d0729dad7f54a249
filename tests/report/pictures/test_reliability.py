from typing import Any

import numpy as np
from pytest import approx

from automtl.report.evidence.calibration import calibration
from automtl.report.pictures.reliability import calibration_picture, mean_picture


def bins(*rows: tuple[int, float, float]) -> dict[str, Any]:
    count, predicted, observed = zip(*rows, strict=True)
    gap = sum(n * abs(p - o) for n, p, o in rows) / sum(count)
    return {"of": "yes", "count": count, "predicted": predicted, "observed": observed, "gap": gap}


def said(*rows: tuple[int, float, float]) -> str:
    return calibration_picture(bins(*rows)).sentence.replace("\N{NO-BREAK SPACE}", " ")


def test_it_says_where_probabilities_are_too_sure() -> None:
    assert said((100, 0.1, 0.12), (200, 0.85, 0.6), (200, 0.95, 0.7)) == (
        "Probabilities of yes are too high from 85 % to 95 % (90 % predicted, 65 % happened); on "
        "average over rows they are off by 20.4 points, where chance alone would make about 1.8."
    )
    assert "too low around 10 %" in said((100, 0.1, 0.4), (200, 0.85, 0.84))
    both = said((100, 0.1, 0.4), (200, 0.85, 0.5))
    assert " and too low" in both
    assert "too high" in both


def test_what_chance_allows_is_not_called_wrong() -> None:
    assert said((68, 0.9997, 67 / 68)).startswith("No probability")
    assert said((4, 0.5, 1.0), (50, 0.5, 0.6)).startswith("No probability of yes is off by more")


def test_what_is_due_to_chance_is_about_the_gap_of_true_probabilities() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.beta(0.5, 0.5, (50, 300))
    found = [calibration(row, rng.random(300) < row, "yes") for row in probabilities]
    sentences = [calibration_picture(one).sentence for one in found]
    by_chance = [float(one.rsplit(maxsplit=1)[1].rstrip(".")) for one in sentences]
    assert np.mean(by_chance) == approx(100 * np.mean([one["gap"] for one in found]), rel=0.1)
    assert np.mean(["No probability" in one for one in sentences]) > 0.9


def test_a_bin_that_is_off_differs() -> None:
    picture = calibration_picture(bins((100, 0.1, 0.1), (200, 0.9, 0.5)))
    assert picture.svg.count('class="spot"') == 1
    assert picture.svg.count('class="spot off"') == 1


def test_means_are_told_at_both_ends() -> None:
    picture = mean_picture(bins((10, 0.5, 0.7), (10, 2.0, 2.1), (10, 9.0, 12.0)), "visits")
    assert picture.sentence == (
        "Where the lowest are predicted, 0.5 on average, 0.7 were counted; where the highest are, "
        "9, 12 were."
    )
