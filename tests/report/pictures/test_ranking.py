from automtl.report.pictures.ranking import ranking_picture


def test_it_compares_with_a_random_order() -> None:
    found = {"queries": 7, "k": [1, 2, 3, 5], "ndcg": [0.6, 0.7, 0.75, 0.8], "chance": [0.5] * 4}
    picture = ranking_picture(found)
    assert picture.sentence == (
        "The first 5 places of 7 queries are better than a random order: NDCG 0.800 against 0.500, "
        "of 1 at best."
    )
    assert picture.svg.count('class="spot"') == 4
    assert "no better than" in ranking_picture({**found, "ndcg": [0.4] * 4}).sentence
