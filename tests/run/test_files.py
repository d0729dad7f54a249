from pytest import raises

from automtl.errors import RunError
from automtl.run import RunFolder


def test_files_are_written_whole_or_not_at_all(run: RunFolder) -> None:
    run.write_json("data.json", {"digest": "ä1"})
    with raises(TypeError):
        run.write_json("data.json", {"digest": object()})
    assert run.about.digest() == "ä1"
    run.write_text("MODEL_CARD.md", "größe ± 1\n")
    assert (run.path / "MODEL_CARD.md").read_text(encoding="utf-8") == "größe ± 1\n"
    names = {file.name for file in run.path.iterdir()}
    assert names == {
        "config.yaml", "trials.jsonl", "models", "curves", "data.json", "MODEL_CARD.md",
    }  # fmt: skip


def test_json_is_read_back_and_a_broken_file_named(run: RunFolder) -> None:
    run.write_json("best.json", {"a": [1, None]})
    assert run.read_json("best.json") == {"a": [1, None]}
    assert run.read_json("gone.json") is None
    run.write_text("best.json", "{")
    with raises(RunError, match=r"best\.json: this file cannot be read"):
        run.read_json("best.json")
