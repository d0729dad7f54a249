from automtl.report.pictures.front import front_picture
from automtl.report.summary import FrontPoint
from automtl.search.entry import Estimate


def point(digest: str, gain: float, parameters: int) -> FrontPoint:
    return FrontPoint(digest, "", Estimate(gain, 0.01), (), {"parameters": parameters}, {})


POINTS = [point("a", 0.1, 9000), point("b", 0.04, 3000)]


def test_it_says_what_the_cheapest_saves() -> None:
    assert front_picture(POINTS, "parameters", "a").sentence == (
        "The exported candidate has 9,000 parameters and a mean gain of +10.0 %; the cheapest has "
        "3,000 parameters, with a mean gain of +4.0 %: 3 times less for 6.0 points of gain."
    )
    assert "is the cheapest of the front" in front_picture(POINTS, "parameters", "b").sentence
    assert front_picture(POINTS, "parameters", "elsewhere").sentence.startswith("The cheapest of")
