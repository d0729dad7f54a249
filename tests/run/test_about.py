import math
from pathlib import Path

from pytest import mark, raises

from automtl.errors import RunError
from automtl.run import RunFolder


def test_the_errors_of_constants_are_read_back(run: RunFolder) -> None:
    assert run.about.constants() is None
    run.write_json("data.json", {"digest": "d", "constants": {"a": 0.5, "b": math.nan}})
    constants = run.about.constants()
    assert constants is not None
    assert constants["a"] == 0.5
    assert math.isnan(constants["b"])


@mark.parametrize("content", [None, "", "{}", "[]", "\0"])
def test_without_a_digest_of_the_data_a_search_cannot_go_on(
    run: RunFolder, content: str | None
) -> None:
    (run.path / "data.json").unlink()
    if content is not None:
        (run.path / "data.json").write_text(content)
    with raises(RunError, match=r"data\.json: there is no digest.*Remove the folder"):
        run.about.digest()


def test_the_report_of_the_data_is_read_back(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", "", {"digest": "d", "report": {"rows": {}}})
    assert run.about.report() == {"rows": {}}
    (tmp_path / "run" / "data.json").write_text("{}")
    assert run.about.report() == {}
