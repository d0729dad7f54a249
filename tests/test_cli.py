"""The command line as a user meets it: what it prints, what it refuses, with which exit code."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper
from pytest import CaptureFixture, MonkeyPatch, fixture, mark, param, raises

from automtl import cli
from automtl.core.trial import Trial
from automtl.data.bundled import PENGUINS
from automtl.report.summary import Summary

REPOSITORY = Path(__file__).resolve().parents[1]
Run = Callable[..., tuple[int, str, str]]

CONFIG = """
data: data.csv
targets: [species, sex]
space: tiny
"""
SPACE = """
  stages: 1
  primitives: [hard]
  blocks: [mlp]
  balancers: [sum]
  schedules: [constant]
  training: {epochs: 2, patience: 2}
"""
PLUGIN = """
from automtl.hookspecs import hookimpl
from automtl_plugins.primitives.hard import Hard

class Mine(Hard):
    name, citation = "mine", "https://example.org"

@hookimpl
def automtl_primitives():
    return [Mine]
"""


@fixture
def run(tmp_path: Path, monkeypatch: MonkeyPatch, capsys: CaptureFixture[str]) -> Run:
    """Runs the command line in this process, in an empty folder with the penguins in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_bytes(PENGUINS.read_bytes())
    (tmp_path / "config.yaml").write_text(CONFIG)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["automtl", *arguments])
        with raises(SystemExit) as exit_:
            cli.main()
        out, error = capsys.readouterr()
        return int(exit_.value.code or 0), out, error

    return call


def _lines(*rows: str) -> str:
    return "\n".join(["x,species,sex", *rows * 15]) + "\n"


GOOD = ("1,a,m", "2,b,f", "3.5,a,f", "4,b,m")


@mark.parametrize(
    ("config", "data", "message"),
    [
        param("data: nothing.csv\ntargets: [a]", None, "nothing.csv: no such file", id="no file"),
        param(CONFIG, "", "data.csv", id="empty file"),
        param(CONFIG, "x,species,sex\n", "data.csv", id="no rows"),
        param("data: data.csv\ntargets: [spieces]", None, "did you mean 'species'?", id="target"),
        param(CONFIG, _lines("1,a,m", "2,b,m"), "sex", id="one class"),
        param(CONFIG, _lines("1,a,NA", "2,b,"), "sex", id="no label"),
        param(CONFIG, _lines(*GOOD) + "9,c,m\n", "line 62", id="a class with one row"),
        param(CONFIG + "inputs: [sex]", None, "config.yaml:5:10", id="target and input"),
        param(CONFIG + "tragets: [sex]", None, "config.yaml:5:1", id="unknown key"),
        param(CONFIG + "search: {trials: many}", None, "config.yaml:5:18", id="wrong type"),
        param(CONFIG + "space: tiny", None, "config.yaml:5:1", id="duplicate key"),
        param("data: data.csv\n\ttargets: [a]", None, "config.yaml:2:1", id="tab"),
        param("", None, "config.yaml", id="empty configuration"),
        param(
            f"data: data.csv\ntargets: [sex]\nspace: {SPACE}".replace("[hard]", "[hard, sfot_l2]"),
            None,
            "did you mean 'soft_l2'?",
            id="unknown primitive",
        ),
    ],
)
def test_refuses_what_cannot_be_searched(
    config: str, data: str | None, message: str, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text(config)
    if data is not None:
        (tmp_path / "data.csv").write_text(data)
    for command in ("search", "validate"):
        code, _, error = run(command, "config.yaml")
        assert code == 2
        assert error.startswith("automtl: ")
        assert message in error
        assert "Traceback" not in error
    assert not (tmp_path / "runs").exists()


PARTS = ["train"] * 36 + ["validation"] * 12 + ["test"] * 12
UNLABELLED = {
    part: [str(row % 2) if own != part else "" for row, own in enumerate(PARTS)]
    for part in ("train", "validation")
}
XML = '<labels xmlns="http://mulan.sourceforge.net/labels"><label name="l3"/></labels>'
ARFF = "@relation r\n@attribute x numeric\n@attribute l1 {0,1}\n@data\n" + "1,0\n2,1\n" * 15


def _table(**columns: Sequence[object]) -> str:
    """60 rows with an input ``x`` and these columns."""
    table = {"x": [f"{row * row % 7}.5" for row in range(60)], **columns}
    rows = zip(*table.values(), strict=True)
    return "\n".join([",".join(table), *(",".join(map(str, row)) for row in rows)]) + "\n"


@mark.parametrize(
    ("config", "files", "messages"),
    [
        param(
            "data: d.csv\ntargets: {m: {kind: multilabel, columns: [a, b]}}",
            {"d.csv": _table(a=[0, 1] * 30, b=[0, 1, 2] * 20)},
            ["d.csv, column 'b', line 4: labels of a set are 0 or 1, but here is 2. Correct it"],
            id="labels that are not 0 or 1",
        ),
        param(
            "data: d.csv\ntargets: {t: {kind: ordinal, options: {levels: [low, high]}}}",
            {"d.csv": _table(t=["low", "high"] * 29 + ["huge", "low"])},
            ["d.csv, column 't', line 60: Labels are of the levels 'low', 'high', but here"],
            id="an unknown level",
        ),
        param(
            "data: d.csv\ntargets: {t: {query: q}}",
            {"d.csv": _table(t=[0, 1] * 30, q=range(60))},
            ["d.csv: target 't': A query of the training part has rows of different relevance"],
            id="queries of one row",
        ),
        param(
            "data: d.csv\ntargets: [t]\nsplit: {column: part}",
            {"d.csv": _table(t=[0, 1] * 30, part=["train"] * 60)},
            ["d.csv, column 'part': must say 'test' in some rows, but in none does: all say"],
            id="a split column with one value",
        ),
        param(
            "sources: {d.csv: [t], e.csv: [u]}",
            {"d.csv": _table(t=[0, 1] * 30), "e.csv": _table(u=[0, 1] * 30, z=[1] * 60)},
            ["e.csv: every source must have the inputs of ", "but it has 'z' besides. Rename or"],
            id="a source with other columns",
        ),
        param(
            "data: d.arff\ntargets: {m: {kind: multilabel}}",
            {"d.arff": ARFF, "d.xml": XML},
            ["d.arff: every label in ", "d.xml must be one of its attributes, but ['l3'] are not."],
            id="labels that are not in the ARFF",
        ),
        *(
            param(
                "data: d.csv\ntargets: [t, u]\nsplit: {column: part}",
                {"d.csv": _table(t=UNLABELLED[part], u=[0, 1] * 30, part=PARTS)},
                [f"d.csv, column 't': every part of the split must have labels, but the {part}"],
                id=f"no labels in {part}",
            )
            for part in ("train", "validation")
        ),
        param(
            "data: d.csv\ntargets: {t: {loss: {quantile: {level: [0.5, 2.0]}}}}",
            {"d.csv": _table(t=[row / 7 for row in range(60)])},
            ["config.yaml:2:40: targets.t.loss.quantile.level: `0 < level < 1` must hold, but got"],
            id="a loss that refuses a value",
        ),
        param(
            "data: d.csv\ntargets: {t: {head: chain}}",
            {"d.csv": _table(t=[0, 1] * 30)},
            ["config.yaml:2:21: targets.t.head.chain: The head 'chain' serves tasks of the kind"],
            id="a head of another kind",
        ),
    ],
)
def test_validation_says_where_and_what(
    config: str, files: Mapping[str, str], messages: Sequence[str], run: Run, tmp_path: Path
) -> None:
    for name, text in {**files, "config.yaml": config}.items():
        (tmp_path / name).write_text(text)
    code, _, error = run("validate", "config.yaml")
    assert code == 2
    assert "Traceback" not in error
    assert all(message in error for message in messages), error


def test_validation_reports_what_is_left_out(run: Run, tmp_path: Path) -> None:
    queries = ["alone", *(f"q{row // 4}" for row in range(59))]
    (tmp_path / "d.csv").write_text(_table(t=[0, 1, 2] * 20, q=queries, a=[0, 1] * 30, b=[0] * 60))
    (tmp_path / "config.yaml").write_text(
        "data: d.csv\ntargets: {t: {query: q}, m: {columns: [a, b], split_labels: true}}"
    )
    code, out, error = run("validate", "config.yaml")
    assert (code, error) == (0, "")
    assert "t: 1 of 16 groups of 'q' have one row; nothing is to be ranked there" in out
    assert "m: 'b' is left out, as it is never 0, or never 1, in the train part" in out


@mark.parametrize(
    ("plugin", "message"),
    [
        param(None, "no such plugin file", id="no file"),
        param("import nothing_of_this_name", "plugin.py:1", id="does not import"),
        param("x = (", "plugin.py:1", id="is not Python"),
        param("x = 1", "at least one hook", id="no hook"),
        param(
            PLUGIN.replace("automtl_primitives()", "automtl_primitive()"),
            "did you mean 'automtl_primitives'?",
            id="misspelt",
        ),
        param(PLUGIN.replace('"mine"', '"hard"'), "Rename one of them", id="clash"),
        param(PLUGIN.replace("[Mine]", "[Mine()]", 1), "plugin.py", id="raises"),
        param(PLUGIN.replace("[Mine]", "3"), "but returned 3", id="wrong type"),
    ],
)
def test_refuses_a_plugin_that_breaks_the_contract(
    plugin: str | None, message: str, run: Run, tmp_path: Path
) -> None:
    if plugin is not None:
        (tmp_path / "plugin.py").write_text(plugin)
    code, _, error = run("search", "config.yaml", "--plugin", "plugin.py")
    assert code == 2
    assert message in error
    assert "Traceback" not in error
    assert not (tmp_path / "runs").exists()


def test_refuses_a_folder_that_is_taken(run: Run, tmp_path: Path) -> None:
    (tmp_path / "runs" / "config").mkdir(parents=True)
    code, _, error = run("search", "config.yaml")
    assert code == 2
    assert "the run folder exists" in error
    assert "--resume" in error


def test_refuses_a_folder_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file where a folder should be")
    code, _, error = run("search", "config.yaml")
    assert code == 2
    assert "cannot be written" in error


def test_refuses_an_address_where_nobody_listens(run: Run, tmp_path: Path) -> None:
    code, _, error = run("search", "config.yaml", "--address", "127.0.0.1:9")
    assert code == 2
    assert "no Ray cluster answers" in error
    assert not (tmp_path / "runs").exists()


@mark.parametrize(
    "flag",
    [
        ("--trials", "1"),
        ("--minutes", "0"),
        ("--workers", "-1"),
        ("--objective", "size"),
        ("--folds", "1"),
        ("--folds", "0"),
    ],
)
def test_refuses_a_flag_that_breaks_a_rule(flag: Sequence[str], run: Run) -> None:
    code, _, error = run("search", "config.yaml", *flag)
    assert code == 2
    assert flag[0] in error


def test_refuses_to_resume_what_is_no_run(run: Run, tmp_path: Path) -> None:
    code, _, error = run("search", "--resume", str(tmp_path))
    assert code == 2
    assert "not a run folder" in error


@mark.parametrize("arguments", [("--folds", "2"), ("config.yaml",)])
def test_refuses_to_resume_and_to_begin_at_once(
    arguments: Sequence[str], run: Run, tmp_path: Path
) -> None:
    code, _, error = run("search", "--resume", str(tmp_path), *arguments)
    assert code == 2
    assert "give --resume, or CONFIG.yaml and --folds, not both" in " ".join(error.split())


def test_refuses_to_change_the_seed_of_a_search(run: Run, finished: Summary) -> None:
    code, _, error = run("search", "--resume", str(finished.folder), "--seed", "5")
    assert code == 2
    assert "has the seed 0" in error


@mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_refuses_a_gpu_that_is_not_there(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG + "search: {device: cuda}")
    code, _, error = run("search", "config.yaml")
    assert code == 2
    assert "there is no GPU" in error


def test_validate_tells_what_it_sees(run: Run) -> None:
    code, out, _ = run("validate", "config.yaml")
    assert code == 0
    assert "task species: multiclass" in out
    assert "input island: categorical" in out


def test_plugins_lists_everything(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text(PLUGIN)
    code, out, _ = run("plugins", "--plugin", "plugin.py")
    assert code == 0
    for name in ("mine", "mtan", "tabm", "uncertainty", "evolution", "https://arxiv.org/"):
        assert name in out


def test_a_name_with_a_comma_stands_in_quotes(run: Run, tmp_path: Path) -> None:
    rows = "".join(f"{n / 7},{n % 3},{n % 2}\n" for n in range(40))
    (tmp_path / "comma.csv").write_text(f'x,"a,b",c\n{rows}')
    assert run("init", "comma.csv", "--targets", '"a,b", c', "-o", "new.yaml")[0] == 0
    code, out, _ = run("validate", "new.yaml")
    assert (code, "task a,b: multiclass" in out, "task c: binary" in out) == (0, True, True)


def test_init_writes_what_validate_accepts(run: Run) -> None:
    assert run("init", "data.csv", "--targets", "species,sex", "-o", "new.yaml")[0] == 0
    assert run("validate", "new.yaml")[0] == 0
    code, _, error = run("init", "data.csv", "--targets", "species", "-o", "new.yaml")
    assert code == 2
    assert "new.yaml" in error


def test_predicts_in_the_users_own_terms(run: Run, finished: Summary, tmp_path: Path) -> None:
    code, out, _ = run("predict", str(finished.folder / "best.onnx"), "data.csv", "-o", "out.csv")
    assert code == 0
    assert out == "out.csv\n"
    head, first, *_ = (tmp_path / "out.csv").read_text().splitlines()
    row = dict(zip(head.split(","), first.split(","), strict=True))
    assert row["species"] in ("Adelie", "Chinstrap", "Gentoo")
    assert row["sex"] in ("male", "female")
    assert 2000 < float(row["body_mass_g"]) < 7000
    assert 0 <= float(row["species_probability_Adelie"]) <= 1


def test_predict_takes_columns_in_any_order(run: Run, finished: Summary, tmp_path: Path) -> None:
    model = str(finished.folder / "best.onnx")
    table = [line.split(",") for line in PENGUINS.read_text().splitlines()]
    turned = "\n".join(",".join([*reversed(row), "extra"]) for row in table)
    (tmp_path / "turned.csv").write_text(turned + "\n")
    assert run("predict", model, "data.csv", "-o", "a.csv")[0] == 0
    code, _, notes = run("predict", model, "turned.csv", "-o", "b.csv")
    assert code == 0
    assert "ignored" in notes
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "b.csv").read_text()


def test_predict_says_which_categories_are_new(run: Run, finished: Summary, tmp_path: Path) -> None:
    text = PENGUINS.read_text().replace("Torgersen", "Mars")
    (tmp_path / "mars.csv").write_text(text)
    model = str(finished.folder / "best.onnx")
    code, _, notes = run("predict", model, "mars.csv", "-o", "out.csv")
    assert code == 0
    assert "'Mars'" in notes


def _foreign(path: Path) -> None:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [value], [
        helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    ])  # fmt: skip
    onnx.save(
        helper.make_model(graph, ir_version=9, opset_imports=[helper.make_opsetid("", 20)]), path
    )


def test_predict_refuses_with_a_reason(run: Run, finished: Summary, tmp_path: Path) -> None:
    model = str(finished.folder / "best.onnx")
    (tmp_path / "few.csv").write_text("island\nDream\n")
    (tmp_path / "text.onnx").write_text("no model")
    _foreign(tmp_path / "foreign.onnx")
    for arguments, message in (
        ((model, "few.csv"), "bill_length_mm"),
        ((model, "nothing.csv"), "no such file"),
        (("nothing.onnx", "data.csv"), "no such file"),
        (("text.onnx", "data.csv"), "text.onnx"),
        (("foreign.onnx", "data.csv"), "not exported by automtl"),
    ):
        code, _, error = run("predict", *arguments, "-o", "out.csv")
        assert code == 2, error
        assert message in error
        assert not (tmp_path / "out.csv").exists()


BROKEN = """
import torch
from automtl.hookspecs import hookimpl
from automtl_plugins.primitives.hard import Hard

class Raises(Hard):
    name, citation = "raises", "https://example.org"
    def forward(self, features, /):
        raise RuntimeError("this primitive is broken")

class Narrow(Hard):
    name, citation = "narrow", "https://example.org"
    def forward(self, features, /):
        return [feature[:, :3] for feature in super().forward(features)]

class Nan(Hard):
    name, citation = "nan", "https://example.org"
    def forward(self, features, /):
        return [feature * float("nan") for feature in super().forward(features)]

@hookimpl
def automtl_primitives():
    return [Raises, Narrow, Nan]
"""


CALLBACKS = """
@hookimpl
def automtl_trial_end(trial):
    if trial.seed == 0 and trial.phase == "anchors":
        raise LookupError("no callback today")

@hookimpl
def automtl_search_end(folder, trials):
    (folder / "seen.txt").write_text(str(len(trials)))
"""


@mark.usefixtures("inline")
def test_a_broken_plugin_fails_its_trials_and_the_search_goes_on(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text(BROKEN + CALLBACKS)
    space = SPACE.replace("[hard]", "[hard, raises, narrow, nan]").replace("stages: 1", "stages: 2")
    (tmp_path / "config.yaml").write_text(
        f"data: data.csv\ntargets: [species, sex]\nplugins: [plugin.py]\nspace: {space}\n"
        "search: {trials: 24, searcher: random, seeds: 1}"
    )
    code, out, error = run("search", "config.yaml")
    assert code == 0, error
    assert "RuntimeError: this primitive is broken" in out
    assert "primitive 'narrow' must give features of the shape" in out
    assert "primitive 'nan' gave NaN or infinity" in out
    assert "A callback failed on trial" in out
    assert (tmp_path / "runs" / "config" / "seen.txt").read_text() == "24"
    assert (tmp_path / "runs" / "config" / "best.onnx").is_file()


@mark.usefixtures("inline")
def test_no_success_at_all_is_a_failed_run(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text(
        BROKEN.replace("primitives.hard", "blocks.mlp").replace("(Hard)", "(MLP)")
        .replace("import Hard", "import MLP").replace("_primitives", "_blocks")
    )  # fmt: skip
    (tmp_path / "config.yaml").write_text(
        f"data: data.csv\ntargets: [species, sex]\nplugins: [plugin.py]\n"
        f"space: {SPACE.replace('[mlp]', '[raises]')}\nsearch: {{trials: 6}}"
    )
    code, _, error = run("search", "config.yaml")
    assert code == 1
    assert "2 × RuntimeError: this primitive is broken" in error
    assert "Traceback" not in error
    assert not (tmp_path / "runs" / "config" / "best.onnx").exists()


def test_the_example_primitive_works_in_the_workers(run: Run, tmp_path: Path) -> None:
    examples = REPOSITORY / "examples"
    plugin = ("--plugin", str(examples / "my_primitive.py"))
    code, _, error = run("search", str(examples / "film.yaml"), *plugin, "--trials", "6")
    assert code == 0, error
    lines = (tmp_path / "runs" / "film" / "trials.jsonl").read_text().splitlines()
    trials = [Trial.from_json(json.loads(line)) for line in lines]
    assert any(trial.done and "film" in trial.candidate.graph.primitives for trial in trials)
    assert (tmp_path / "runs" / "film" / "best.onnx").is_file()


def test_lists_the_trials_of_a_search(run: Run, finished: Summary, tmp_path: Path) -> None:
    code, out, error = run("trials", str(finished.folder))
    assert (code, error) == (0, "")
    assert len(out.splitlines()) == 1 + finished.trials
    code, out, _ = run("trials", str(finished.folder), "-o", "trials.csv")
    assert (code, out) == (0, "trials.csv\n")
    assert (tmp_path / "trials.csv").read_text().count("\n") == 1 + finished.trials


def test_help_is_light() -> None:
    code = (
        "import sys; sys.argv = ['automtl', '--help']\n"
        "from automtl.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'ray', 'onnx', 'numpy', 'pydantic', 'rich'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_affinity_prints_a_matrix_a_stage_its_cost_and_a_grouping(run: Run, tmp_path: Path) -> None:
    (tmp_path / "space.yaml").write_text("\n".join(line[2:] for line in SPACE.splitlines()))
    text = CONFIG.replace("space: tiny", "space: space.yaml")
    (tmp_path / "config.yaml").write_text(text.replace("[species, sex]", "[species, sex, island]"))
    before = {*tmp_path.iterdir()}
    code, out, error = run("affinity", "config.yaml", "--estimator", "label_correlation")
    assert (code, error) == (0, "")
    assert "receiver \\ helper  island" in out
    assert "cost: 0 J" in out
    assert "Recommended grouping" in out
    assert {*tmp_path.iterdir()} == before, "It writes nothing unless it is asked to."
    code, out, _ = run(
        "affinity", "config.yaml", "--estimator", "label_correlation", "-o", "a.json"
    )
    assert code == 0
    assert json.loads((tmp_path / "a.json").read_text())["estimator"] == "label_correlation"


@mark.parametrize(
    ("arguments", "message"),
    [
        (["--estimator", "cosin"], "did you mean 'cosine'?"),
        (["--out", "nowhere/a.json"], "nowhere/a.json: cannot be written"),
        (["--seed", "-1"], "--seed"),
    ],
)
def test_affinity_refuses_a_mistake(arguments: list[str], message: str, run: Run) -> None:
    code, _, error = run("affinity", "config.yaml", *arguments)
    assert code == 2
    assert message in error


def test_compares_runs_and_writes_a_page(run: Run, finished: Summary, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(finished.folder, other, ignore=shutil.ignore_patterns("models", "tune"))
    code, out, error = run("compare", str(finished.folder), str(other), "-o", "page.html")
    assert (code, error) == (0, "")
    assert "penguins and other had the same data" in out
    assert "other is as good as penguins" in out
    assert out.endswith("\npage.html\n")
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")


def test_compare_refuses_what_is_no_run(run: Run, finished: Summary, tmp_path: Path) -> None:
    for folders, message in (([tmp_path], "not a run folder"), ([], "two or more")):
        code, _, error = run("compare", *map(str, [finished.folder, *folders]))
        assert code == 2
        assert message in error
        assert not (tmp_path / "compare.html").exists()


def test_a_report_is_written_again(run: Run, finished: Summary, tmp_path: Path) -> None:
    page = finished.folder / "report.html"
    before = page.read_text(encoding="utf-8")
    page.unlink()
    code, out, _ = run("report", str(finished.folder))
    assert (code, out.strip()) == (0, str(page))
    assert page.read_text(encoding="utf-8") == before
    code, _, error = run("report", str(tmp_path))
    assert code == 2
    assert "this is not a run folder" in error


def test_exports_a_part(run: Run, finished: Summary, tmp_path: Path) -> None:
    code, out, _ = run("export", str(finished.folder), "--tasks", "sex, species", "-o", "part.onnx")
    assert code == 0
    assert "bit for bit" in out
    assert out.endswith("part.onnx\n")
    assert (tmp_path / "part.onnx").is_file()


def test_export_refuses_with_a_reason(run: Run, finished: Summary, tmp_path: Path) -> None:
    folder = str(finished.folder)
    code, _, error = run("export", folder, "--fp16", "--int8", "-o", "x.onnx")
    assert (code, "not both" in error) == (2, True)
    code, _, error = run("export", folder, "--tasks", "sexes", "-o", "x.onnx")
    assert (code, "did you mean 'sex'" in error) == (2, True)
    assert not (tmp_path / "x.onnx").exists()
