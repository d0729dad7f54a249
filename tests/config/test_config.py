import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pytest import MonkeyPatch, mark, raises

from automtl.config import Config, bundled_config, config_of, load_config, override
from automtl.config.marks import read
from automtl.config.space import SPACES, read_space
from automtl.core.space import Choice, Uniform
from automtl.data.request import DataRequest, LongRequest, SplitRequest, TargetRequest
from automtl.data.table import ColumnKind
from automtl.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "examples/penguins.yaml"
FULL = """
name: all
data: sub/../a.csv
targets:
  x:
  "no": {kind: regression, metric: mae, weight: 2}
inputs: [a, "1e-4", é]
ignore: [b]
columns: {a: categorical}
split: {train: 0.5, validation: 0.25, test: 0.25, groups: g}
plugins: [p.py]
search: {trials: 9, minutes: 1.5, searcher: random, affinity: a, seeds: 2, workers: 2, seed: 7,
         device: cpu, objective: [flops, latency_ms], max_parameters: 1000, max_latency_ms: 0.5,
         max_loss_per_task: 0.02, fidelity: 0.3, ensemble: 3}
space:
  stages: 1
  primitives: [hard]
  blocks: {z: {o: [yes, 1, 2.5, "yes"]}, a: {}}
  balancers: {sum: }
  schedules: {constant: {}}
"""

DATA = "data: a.csv\n"
FORMS = {
    "parts": "data: {train: sub/../a.csv, test: b.csv}\ntargets: [x]\n",
    "three parts": "data: {train: a.csv, validation: v.csv, test: b.csv}\ntargets: [x]\n",
    "sources": "sources: {sub/../a.csv: [x, y], b.csv: [y, z]}\n",
    "sources and targets": "sources: {a.csv: [x], b.csv: [y]}\ntargets: {'*': {weight: 2}, x: }\n",
    "long": f"{DATA}long: {{task: t, value: v}}\n",
    "long and targets": f"{DATA}long: {{task: t, value: v}}\ntargets: {{'*': {{loss: focal}}}}\n",
    "labels": "data: a.arff\nlabels: sub/../b.xml\ntargets: {x: {kind: multilabel}}\n",
    "columns": f"{DATA}targets: {{x: {{kind: multilabel, columns: [a, 'no', '1e3']}}}}\n",
    "separator": f"{DATA}targets: {{x: {{separator: '; '}}, y: {{separator: '|'}}}}\n",
    "split": f"{DATA}targets: {{x: {{columns: [a, b], split_labels: true}}}}\n",
    "query": f"{DATA}targets: {{x: {{query: q}}}}\n",
    "options": f"{DATA}targets: {{x: {{kind: ordinal, options: {{levels: [a, 'no', 3, 1.5]}}}}}}\n",
    "loss": f"{DATA}targets: {{x: {{loss: huber}}, y: {{loss: [own, focal]}}}}\n",
    "head": f"{DATA}targets: {{x: {{head: {{linear: , chain: {{order: [random], seed: 3}}}}}}}}\n",
    "ranges": f"{DATA}targets: {{x: {{loss: {{huber: {{delta: {{low: 1, high: 2}}}}}}}}}}",
    "bags": f"{DATA}targets: [x]\nsearch: {{bags: 5}}\n",
    "skip": f"{DATA}targets: [x]\nspace: {{stages: 1, primitives: [hard], blocks: [mlp], "
    "balancers: [sum], schedules: [constant], skip: [linear, none]}\n",
}


def test_paths_are_relative_to_the_file(write: Callable[..., Path]) -> None:
    file = write(FULL)
    config = load_config(file)
    assert config.data == file.resolve().parent / "a.csv"
    assert config.plugins == (file.resolve().parent / "p.py",)


def test_a_tilde_is_the_users_folder(
    write: Callable[..., Path], monkeypatch: MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    file = write(
        "data: ~/d.csv\ntargets: [y]\nlabels: ~/l.xml\nplugins: [~/p.py, ~nobody-is/p.py]\n"
    )
    config = load_config(file)
    home = (tmp_path / "me").resolve()
    assert (config.data, config.labels) == (home / "d.csv", home / "l.xml")
    assert config.plugins == (home / "p.py", tmp_path.resolve() / "~nobody-is" / "p.py")


def test_the_data_room_gets_all_it_needs(write: Callable[..., Path]) -> None:
    config = load_config(write(FULL))
    assert config.data_request() == DataRequest(
        path=config.data,
        targets=(TargetRequest("x"), TargetRequest("no", "regression", "mae", 2.0)),
        inputs=("a", "1e-4", "é"),
        ignore=("b",),
        columns={"a": ColumnKind.CATEGORICAL},
        split=SplitRequest(0.5, 0.25, 0.25, groups="g"),
        seed=7,
    )


def test_only_data_and_targets_are_required(write: Callable[..., Path]) -> None:
    config = load_config(write("data: a.csv\ntargets: [x]\n", "My data (2).yaml"))
    assert config.name == "My-data-2"
    assert config.inputs is None
    assert (config.search.trials, config.search.minutes) == (24, None)
    assert config.split == SplitRequest()
    assert config.space == read_space(read(SPACES / "default.yaml"))


@mark.parametrize(
    "text",
    [FULL, "data: a.csv\ntargets: [x]\nsearch: {minutes: 3}\n", *FORMS.values()],
    ids=["full", "short", *FORMS],
)
def test_what_is_dumped_loads_again_from_anywhere(write: Callable[..., Path], text: str) -> None:
    config = load_config(write(text))
    folder = config.document.file.parent / "elsewhere"
    folder.mkdir()
    (folder / "config.yaml").write_text(config.dump(), encoding="utf-8")
    again = load_config(folder / "config.yaml")
    assert again == config
    assert again.dump() == config.dump()


def test_forms_of_data(write: Callable[..., Path]) -> None:
    def load(name: str) -> Config:
        return load_config(write(FORMS[name]))

    folder = load("parts").document.file.resolve().parent
    a, b = folder / "a.csv", folder / "b.csv"
    assert load("parts").data_request().parts == {"train": a, "test": b}
    assert load("parts").data == a
    assert list(load("three parts").parts) == ["train", "validation", "test"]
    sources = load("sources").data_request()
    assert sources.sources == {a: ("x", "y"), b: ("y", "z")}
    assert sources.targets == (TargetRequest("*"),)
    named = load("sources and targets").targets
    assert named == (TargetRequest("*", weight=2.0), TargetRequest("x"))
    assert load("long").data_request().long == LongRequest("t", "v")
    assert load("long").targets == (TargetRequest("*"),)
    assert load("labels").data_request().labels == folder / "b.xml"
    assert load("labels").data_request(fold=(1, 5)).fold == (1, 5)


def test_targets_of_several_columns(write: Callable[..., Path]) -> None:
    def first(name: str) -> TargetRequest:
        return load_config(write(FORMS[name])).targets[0]

    assert first("columns") == TargetRequest("x", "multilabel", columns=("a", "no", "1e3"))
    assert first("separator") == TargetRequest("x", separator="; ")
    assert first("query") == TargetRequest("x", query="q")
    assert first("options").options == {"levels": ["a", "no", 3, 1.5]}


def test_losses_and_heads_are_of_the_space(write: Callable[..., Path]) -> None:
    losses = load_config(write(FORMS["loss"])).space.losses
    assert losses == {"x": {"huber": {}}, "y": {"own": {}, "focal": {}}}
    heads = load_config(write(FORMS["head"])).space.heads["x"]
    assert heads == {"linear": {}, "chain": {"order": Choice(("random",)), "seed": Choice((3,))}}
    ranges = load_config(write(FORMS["ranges"])).space.losses["x"]
    assert ranges == {"huber": {"delta": Uniform(1, 2)}}


def test_the_penguins_load() -> None:
    config = bundled_config()
    assert config.name == "penguins"
    assert config.data.is_file()
    assert [target.name for target in config.targets] == ["species", "sex", "body_mass_g"]
    assert all(target.kind is None for target in config.targets)
    assert load_config(EXAMPLE).data == config.data


def test_flags_override_the_file() -> None:
    config = override(
        bundled_config(), name="x", trials=5, minutes=2, seed=3, workers=1, plugins=[Path("p.py")]
    )
    assert (config.name, config.plugins) == ("x", (Path.cwd() / "p.py",))
    search = config.search
    assert (search.trials, search.minutes, search.seed, search.workers) == (5, 2.0, 3, 1)
    assert override(bundled_config()) == bundled_config()
    both = override(bundled_config(), objective="parameters, latency_ms")
    assert both.search.aim.against == ("parameters", "latency_ms")
    assert override(both, objective="gain").search.aim.against == ()


def test_minutes_replace_the_default_of_trials_only(write: Callable[..., Path]) -> None:
    free = load_config(write("data: a.csv\ntargets: [x]\n"))
    assert override(free, minutes=5).search.trials is None
    bound = load_config(write("data: a.csv\ntargets: [x]\nsearch: {trials: 7}\n"))
    assert override(bound, minutes=5).search.trials == 7


def _with_name(config: Config) -> Config:
    return override(config, name="../x")


@mark.parametrize(
    ("change", "expected"),
    [
        (lambda config: override(config, trials=1), "--trials: must be >= 2, but is the number 1."),
        (
            lambda config: override(config, minutes=-1),
            "--minutes: must be > 0, but is the number -1.",
        ),
        (
            lambda config: override(config, workers=-1),
            "--workers: must be >= 0, but is the number -1.",
        ),
        (lambda config: override(config, seed=-1), "--seed: must be >= 0, but is the number -1."),
        (
            lambda config: override(config, objective="size,flops"),
            "--objective: 'size' is not on offer; there are 'flops', 'latency_ms' and 'parameters'",
        ),
        (_with_name, "--name: must be a folder's name"),
    ],
)
def test_flags_keep_the_same_rules(change: Callable[[Config], Config], expected: str) -> None:
    with raises(ConfigError) as caught:
        change(bundled_config())
    assert str(caught.value).startswith(expected)


def test_reading_a_configuration_needs_no_torch() -> None:
    code = "import sys, automtl.config as c; c.bundled_config(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_settings_in_memory_are_what_a_file_with_them_is(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(FULL.replace("sub/../a.csv", str(tmp_path / "a.csv")))
    settings = dict(read(file).data)
    settings |= {"data": tmp_path / "a.csv", "plugins": (tmp_path / "p.py",)}
    assert config_of(settings) == load_config(file)
    assert config_of({"data": "a.csv", "targets": ("x",)}).data == Path("a.csv").resolve()


@mark.parametrize("value", [object(), 1j])
def test_settings_in_memory_are_plain(value: object) -> None:
    with raises(ConfigError, match=r"settings: must be made of mappings.*Convert it"):
        config_of({"data": "a.csv", "targets": ["x"], "search": {"trials": value}})
