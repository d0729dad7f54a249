from pathlib import Path

from pytest import raises

from automtl.config import load_config
from automtl.data.read import read_data
from automtl.errors import DataError
from automtl.pipeline import write_starter
from automtl.plugins import Plugins
from automtl.starter import MANY, propose, told

XML = '<labels xmlns="http://mulan.sourceforge.net/labels">{}</labels>'
TAGS = ("red", "green", "red;green", "blue;red", "blue", "", "green;blue")


def table(file: Path, flags: int) -> Path:
    """A table of an input, columns of 0 and 1, and one of separated tags."""
    names = [f"f{number}" for number in range(flags)]
    lines = [",".join(["x", *names, "tags"])]
    for row in range(84):
        bits = [str((row >> at % 6) & 1) for at in range(flags)]
        lines.append(",".join([str(row * 7 % 83), *bits, TAGS[row % len(TAGS)]]))
    file.write_text("\n".join(lines))
    return file


def arff(file: Path, n_rows: int = 60) -> Path:
    rows = [f"{row * 7 % 31}.5,{row % 2},{row // 2 % 2}" for row in range(n_rows)]
    head = ["@relation r", "@attribute x numeric", "@attribute a {0,1}", "@attribute b {0,1}"]
    file.write_text("\n".join([*head, "@data", *rows]))
    return file


def test_a_few_flags_are_tasks_and_many_are_a_set(tmp_path: Path, plugins: Plugins) -> None:
    names = [f"f{number}" for number in range(MANY + 1)]
    file = table(tmp_path / "a.csv", MANY + 1)
    few = propose(file, names[:MANY], plugins)
    assert [target.name for target in few.targets] == names[:MANY]
    (labels, tags) = propose(file, [*names, "tags"], plugins).targets
    assert (labels.name, labels.kind, labels.columns) == ("labels", "multilabel", tuple(names))
    assert tags.separator == ";"
    assert told(tags, "multilabel") == {"kind": "multilabel", "separator": ";"}


def test_a_column_of_separated_labels_is_written_as_such(tmp_path: Path, plugins: Plugins) -> None:
    file = table(tmp_path / "a.csv", 1)
    write_starter(file, ["tags", "f0"], tmp_path / "a.yaml")
    config = load_config(tmp_path / "a.yaml")
    assert {target.name: target.kind for target in config.targets} == {
        "tags": "multilabel",
        "f0": "binary",
    }
    data = read_data(config.data_request(), plugins)
    assert data.kinds[0].columns == ("blue", "green", "red")


def test_arff_with_labels_needs_no_targets(tmp_path: Path, plugins: Plugins) -> None:
    names = '<label name="a"/><label name="b"/>'
    (tmp_path / "r.xml").write_text(XML.format(names))
    train = arff(tmp_path / "r-train.arff")
    out = tmp_path / "a.yaml"
    write_starter(train, [], out)
    config = load_config(out)
    assert config.data == train
    assert config.parts == {}
    arff(tmp_path / "r-test.arff", 30)
    out.unlink()
    write_starter(train, [], out)
    config = load_config(out)
    assert config.parts == {"train": train, "test": tmp_path / "r-test.arff"}
    (target,) = config.targets
    assert (target.name, target.kind, target.columns) == ("labels", "multilabel", ("a", "b"))
    assert len(read_data(config.data_request(), plugins).test.rows) == 30


def test_without_targets_or_labels_it_says_what_there_is(tmp_path: Path, plugins: Plugins) -> None:
    with raises(DataError, match=r"a\.csv: nothing says .* --targets.* x, f0, tags\."):
        propose(table(tmp_path / "a.csv", 1), [], plugins)


def test_an_unknown_column_is_left_to_the_reading(tmp_path: Path) -> None:
    with raises(DataError, match="nope"):
        write_starter(table(tmp_path / "a.csv", 1), ["nope"], tmp_path / "a.yaml")
