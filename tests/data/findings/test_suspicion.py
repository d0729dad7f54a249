from automtl.data.findings.suspicion import listed, shortened


def test_names_are_listed_as_many_as_one_can_read() -> None:
    assert listed(["a"]) == "'a'"
    assert listed(["a", "b", "c"]) == "'a', 'b' and 'c'"
    assert listed(list("abcdefghij"), "input") == (
        "10 inputs ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h' and 2 more)"
    )
    assert listed(list("abcdefghi"), "class", "classes").startswith("9 classes (")


def test_words_are_shortened() -> None:
    assert shortened(["a", "b"], "; ") == "a; b"
    assert shortened(["a"] * 10).endswith("a and 2 more")
