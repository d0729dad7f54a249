from dataclasses import asdict, fields
from pathlib import Path

from pytest import approx, mark

from automtl.config import bundled_config
from automtl.config.schema import SplitSection
from automtl.data.request import DataRequest, SplitRequest, TargetRequest


@mark.parametrize(
    ("columns", "expected"), [((), ("x",)), (("a",), ("a",)), (("b", "x", "a"), ("b", "x", "a"))]
)
def test_labels_are_in_the_column_of_its_name_unless_others_are_given(
    columns: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert TargetRequest("x", columns=columns).label_columns == expected


def test_shares_add_up_to_one() -> None:
    split = SplitRequest()
    assert split.train + split.validation + split.test == approx(1)


def test_without_a_word_a_split_is_what_a_configuration_without_one_asks_for() -> None:
    assert SplitSection().model_dump() == asdict(SplitRequest())
    assert bundled_config().data_request().split == SplitRequest()


def test_but_for_the_file_and_its_targets_nothing_needs_to_be_said() -> None:
    asked = DataRequest(Path("x.csv"), (TargetRequest("a"),))
    said = {"path", "targets", "split"}
    assert not any(getattr(asked, field.name) for field in fields(asked) if field.name not in said)
    assert asked.inputs is None  # not to be confused with no inputs at all


def test_requests_do_not_share_what_they_hold() -> None:
    one, other = (DataRequest(Path("x.csv"), (TargetRequest("a"),)) for _ in range(2))
    assert one == other
    for name in ("columns", "parts", "sources"):
        assert getattr(one, name) is not getattr(other, name)
    assert one.targets[0].options is not other.targets[0].options
