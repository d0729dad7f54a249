import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pytest import mark, raises

from automtl.config import Config, bundled_config, load_config, override
from automtl.config.marks import read
from automtl.config.space import SPACES, read_space
from automtl.data.request import DataRequest, SplitRequest, TargetRequest
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


def test_paths_are_relative_to_the_file(write: Callable[..., Path]) -> None:
    file = write(FULL)
    config = load_config(file)
    assert config.data == file.resolve().parent / "a.csv"
    assert config.plugins == (file.resolve().parent / "p.py",)


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


@mark.parametrize("text", [FULL, "data: a.csv\ntargets: [x]\nsearch: {minutes: 3}\n"])
def test_what_is_dumped_loads_again_from_anywhere(write: Callable[..., Path], text: str) -> None:
    config = load_config(write(text))
    folder = config.document.file.parent / "elsewhere"
    folder.mkdir()
    (folder / "config.yaml").write_text(config.dump(), encoding="utf-8")
    again = load_config(folder / "config.yaml")
    assert again == config
    assert again.dump() == config.dump()


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
            lambda config: override(config, workers=0),
            "--workers: must be >= 1, but is the number 0.",
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
