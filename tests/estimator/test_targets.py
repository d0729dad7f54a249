from automtl.estimator.targets import separators_of, targets_of


def test_columns_that_nothing_is_said_of_are_tasks_of_their_own() -> None:
    asked = {"grade": "ordinal", "flags": {"columns": ["old", "rare"]}}
    assert targets_of(asked, ["price", "grade", "old", "rare"]) == {
        "grade": {"kind": "ordinal"},
        "flags": {"columns": ["old", "rare"]},
        "price": {},
    }


def test_separators_are_those_of_columns() -> None:
    asked = {"a": "binary", "b": {"separator": ";"}, "c": {"separator": ",", "columns": ["d"]}}
    assert separators_of(asked) == {"b": ";", "d": ","}
