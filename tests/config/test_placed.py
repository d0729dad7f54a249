import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pytest import fixture, mark, raises

from automtl.config import config_of, load_config, placed
from automtl.data.read import read_data
from automtl.errors import ConfigError, DataError
from automtl.plugins import Plugins

LONG = "data: d.csv\nlong: {task: o, value: y}\n"


@fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    rows = [f"{rng.normal():.3f},{row % 2},{'uvw'[row % 3]},{'ab'[row % 2]};c" for row in range(60)]
    for name in ("d.csv", "e.csv"):
        (tmp_path / name).write_text("\n".join(["x,y,o,m", *rows]) + "\n")
    return tmp_path / "d.csv"


@mark.usefixtures("table")
@mark.parametrize(
    ("text", "expected"),
    [
        (
            "data: d.csv\ntargets: [y, zz]",
            "2:14: targets.zz: d.csv: there is no column 'zz', named",
        ),
        ("data: d.csv\ntargets: {zz: {kind: binary}}", "2:11: targets.zz: d.csv: there is no col"),
        ("data: d.csv\ntargets: {z: {columns: [y, q]}}", "2:28: targets.z.columns.q: d.csv: ther"),
        ("data: d.csv\ntargets: {y: {query: q}}", "2:22: targets.y.query: d.csv: there is no co"),
        ("data: d.csv\ntargets: [y]\nignore: [o, q]", "3:13: ignore.q: d.csv: there is no colum"),
        ("data: d.csv\ntargets: [y]\ncolumns: {q: text}", "3:11: columns.q: d.csv: there is no c"),
        ("data: d.csv\ntargets: [y]\ncolumns: {y: text}", "3:11: columns.y: d.csv, column 'y': i"),
        ("data: d.csv\ntargets: [y]\nsplit: {time: q}", "3:15: split.time: d.csv: there is no col"),
        ("data: d.csv\ntargets: {y: {metric: rmse}}", "2:23: targets.y.metric: d.csv, column 'y'"),
        ("data: f.csv\ntargets: [y]", "1:7: data: f.csv: no such file"),
        ("data: {train: d.csv, test: f.csv}\ntargets: [y]", "1:28: data.test: f.csv: no such file"),
        ("sources: {d.csv: [y], f.csv: [y]}", "1:30: sources.f.csv: f.csv: no such file"),
        ("sources: {d.csv: [y, q], e.csv: [y]}", "1:22: sources.d.csv.q: d.csv: there is no colu"),
        ("data: d.csv\nlabels: l.xml\ntargets: [y]", "2:9: labels: l.xml: no such file"),
        (
            "data: d.csv\ntargets: {y: {options: {class_weights: {'7': 2}}}}",
            "2:40: targets.y.options.class_weights: d.csv, column 'y': Class weights are of",
        ),
        (
            "data: d.csv\ntargets: {o: {kind: ordinal, options: {levels: [u, u]}}}",
            "2:48: targets.o.options.levels: d.csv, column 'o': Levels are distinct, but got",
        ),
        (
            "data: d.csv\ntargets: {y: {options: {class_weight: {}}}}",
            "2:25: targets.y.options.class_weight: d.csv, column 'y': there is no option 'class_w",
        ),
        (
            "data: d.csv\ntargets: {m: {separator: ';', options: {rule: topk}}}",
            "2:47: targets.m.options.rule: d.csv: target 'm': There is no rule",
        ),
        (f"{LONG}targets: {{'*': {{metric: rmse}}}}", "3:25: targets.*.metric: d.csv, task 'u': a"),
        (f"{LONG}ignore: [o]", "3:10: ignore.o: d.csv, column 'o': is named in 'long' and to be"),
    ],
)
def test_an_error_of_the_data_is_given_the_place_of_its_cause(
    write: Callable[..., Path], plugins: Plugins, text: str, expected: str
) -> None:
    file = write(text + "\n")
    with (
        raises(ConfigError, match=f"^{re.escape(f'{file}:{expected}')}"),
        placed(load_config(file)),
    ):
        read_data(load_config(file).data_request(), plugins)


@mark.parametrize("values", ["2", "x"])
def test_an_error_in_a_cell_stays_one_of_the_data(
    write: Callable[..., Path], plugins: Plugins, table: Path, values: str
) -> None:
    table.write_text(f"{table.read_text()}0,1,{values},a\n")
    options = "{kind: ordinal, options: {levels: [u, v, w]}}"
    config = load_config(write(f"data: d.csv\ntargets: {{o: {options}}}\n"))
    with raises(DataError, match=f"^{table}, column 'o', line 62: Labels are of"), placed(config):
        read_data(config.data_request(), plugins)


@mark.parametrize("settings", [{"targets": ["zz"]}, {"targets": {"y": {"metric": "rmse"}}}])
def test_settings_in_memory_have_no_places(
    plugins: Plugins, table: Path, settings: dict[str, Any]
) -> None:
    config = config_of({"data": table, **settings})
    with raises(DataError, match=f"^{table}"), placed(config):
        read_data(config.data_request(), plugins)


def test_what_the_file_does_not_say_has_no_place_in_it(write: Callable[..., Path]) -> None:
    config = load_config(write("data: d.csv\ntargets: [y]\n"))
    for error in (DataError("It is wrong."), DataError("It is wrong.").at("ignore", "x")):
        with raises(DataError, match=r"^It is wrong\.$"), placed(config):
            raise error


def test_data_elsewhere_are_named_in_full(write: Callable[..., Path]) -> None:
    config = load_config(write("data: /d.csv\ntargets: [y]\n"))
    message = r":1:7: data: /d\.csv: no such file\.\n    data: /d\.csv\n          \^$"
    with raises(ConfigError, match=message), placed(config):
        raise DataError("/d.csv: no such file.").at("data")
