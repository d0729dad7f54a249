from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pytest import mark, raises

from automtl.config.config import load_config
from automtl.config.schema import SearchSettings
from automtl.core.objective import COSTS, Objective
from automtl.errors import ConfigError

HEAD = "data: a.csv\ntargets: [x, y]\n"
WRONG = {
    "targets: [x]": "1:1: data: this key is missing; add it.",
    "data: a.csv": "1:1: targets: this key is missing; add it.",
    "data: ''\ntargets: [x]": "1:7: data: must be a path, but is empty",
    'data: "a\\0"\ntargets: [x]': "1:7: data: must be a path, but is empty or has a null",
    "data: 3\ntargets: [x]": "1:7: data: must be text, but is the number 3; write it in quotes.",
    "data: a.csv\ntargets: []": "2:10: targets: must not be empty",
    "data: a.csv\ntargets: x": "2:10: targets: must be a list of names or a mapping",
    "data: a.csv\ntargets: [x, x]": "2:14: targets.1: 'x' is in this list twice; remove one",
    "data: a.csv\ntargets: {x: binary}": "2:14: targets.x: must be a mapping (`key: value`), but",
    "data: a.csv\ntargets: {x: {kind: no}}": "2:21: targets.x.kind: must be text, but is the bool",
    "data: a.csv\ntargets: {x: {wieght: 2}}": "2:15: targets.x.wieght: there is no such key; did",
    "data: a.csv\ntargets: {x: {loss: [own, {focal: {gamma: 1}}]}}": "2:21: targets.x.loss: names w"
    "ith something behind them must be a mapping, but are a list; write `{own: {}, focal: {gamma",
    "data: a.csv\ntargets: {x: {weight: 0}}": "2:23: targets.x.weight: must be > 0, but is the nu",
    f"{HEAD}tragets: []": "3:1: tragets: there is no such key; did you mean 'targets'?",
    f"{HEAD}name: a/b": "3:7: name: must be a folder's name of at most 100 letters",
    f"{HEAD}name: ..": "3:7: name: must be a folder's name",
    f"{HEAD}inputs: []": "3:9: inputs: must be at least 1 long, but is a list.",
    f"{HEAD}inputs: [a, on]": "3:13: inputs.1: must be text, but is the boolean true; write it in",
    f"{HEAD}inputs: [a, y]": "3:13: inputs.1: 'y' is a target already; remove it from one of them.",
    f"{HEAD}inputs: [a, a]": "3:13: inputs.1: 'a' is in this list twice",
    f"{HEAD}ignore: [x]": "3:10: ignore.0: 'x' is a target already; remove it from one of them.",
    f"{HEAD}inputs: [a]\nignore: [a]": "4:10: ignore.0: 'a' is an input already; remove it",
    f"{HEAD}columns: {{a: currency}}": "3:14: columns.a: 'currency' is not on offer; there are",
    f"{HEAD}columns: {{a: categorial}}": "3:14: columns.a: 'categorial' is not on offer; did you m",
    f"{HEAD}split: {{train: 0.7}}": "3:8: split: train + validation + test must be 1, but 0.7 + 0",
    f"{HEAD}split: {{train: 1}}": "3:16: split.train: must be < 1, but is the number 1.",
    f"{HEAD}split: {{test: 0}}": "3:15: split.test: must be > 0, but is the number 0.",
    f"{HEAD}split: {{groups: a, time: b}}": "3:26: split.time: 'groups' divides the rows already",
    f"{HEAD}split: {{groups: x}}": "3:17: split.groups: 'x' is a target, and must not divide",
    f"{HEAD}space: [a]": "3:8: space: must be a mapping (`key: value`), but is a list.",
    f"{HEAD}space: {{stages: x}}": "3:8: space.primitives: this key is missing; add it.",
    f"{HEAD}plugins: a.py": "3:10: plugins: must be a list, but is 'a.py'.",
    f"{HEAD}search: {{trials: 1}}": "3:18: search.trials: must be >= 2, but is the number 1.",
    f"{HEAD}search: {{trials: 0}}": "3:18: search.trials: must be >= 2, but is the number 0.",
    f"{HEAD}search: {{trial: 9}}": "3:10: search.trial: there is no such key; did you mean 'trials",
    f"{HEAD}search: {{minutes: 0}}": "3:19: search.minutes: must be > 0, but is the number 0.",
    f"{HEAD}search: {{minutes: .inf}}": "3:19: search.minutes: must be a finite number, but is",
    f"{HEAD}search: {{seeds: 21}}": "3:17: search.seeds: must be <= 20, but is the number 21.",
    f"{HEAD}search: {{seeds: 0}}": "3:17: search.seeds: must be >= 1, but is the number 0.",
    f"{HEAD}search: {{workers: -1}}": "3:19: search.workers: must be >= 0, but is the number -1.",
    f"{HEAD}search: {{callbacks: mlflow}}": "3:21: search.callbacks: must be a list of names or a",
    f"{HEAD}search: {{callbacks: [a, a]}}": "3:21: search.callbacks: 'a' is in this list twice",
    f"{HEAD}search: {{callbacks: {{a: {{b: []}}}}}}": "3:29: search.callbacks.a.b: must be a",
    f"{HEAD}search: {{seed: -1}}": "3:16: search.seed: must be >= 0, but is the number -1.",
    f"{HEAD}search: {{objective: gian}}": "3:21: search.objective: 'gian' is not on offer; did you",
    f"{HEAD}search: {{objective: [size]}}": "3:22: search.objective.0: 'size' is not on offer; the",
    f"{HEAD}search: {{objective: [flops, flops]}}": "3:21: search.objective: 'flops' is in this li",
    f"{HEAD}search: {{objective: []}}": "3:21: search.objective: must be at least 1 long, but is a",
    f"{HEAD}search: {{max_parameters: 0}}": "3:26: search.max_parameters: must be >= 1, but is the",
    f"{HEAD}search: {{max_parameters: 1.5}}": "3:26: search.max_parameters: must be a whole numb",
    f"{HEAD}search: {{max_latency_ms: 0}}": "3:26: search.max_latency_ms: must be > 0, but is",
    f"{HEAD}search: {{max_loss_per_task: -1}}": "3:29: search.max_loss_per_task: must be >= 0, but",
    f"{HEAD}search: {{fidelity: 0}}": "3:20: search.fidelity: must be > 0, but is the number 0.",
    f"{HEAD}search: {{fidelity: 1.5}}": "3:20: search.fidelity: must be <= 1, but is the num",
    f"{HEAD}search: {{ensemble: 0}}": "3:20: search.ensemble: must be >= 1, but is the number 0.",
    f"{HEAD}search: {{device: xla}}": "3:18: search.device: 'xla' is not on offer; there",
    f"{HEAD}search: {{bags: 1}}": "3:16: search.bags: must be 0 for none, or 2 or more, but is 1.",
    f"{HEAD}search: {{bags: 21}}": "3:16: search.bags: must be <= 20, but is the number 21.",
    f"{HEAD}search: {{bags: 2}}\nsplit: {{time: z}}": "3:16: search.bags: bags would train on new",
    f"{HEAD}sources: {{b.csv: [x]}}": "3:10: sources: `data` names the file already; keep one",
    f"{HEAD}long: {{task: a}}": "3:7: long.value: this key is missing; add it.",
    f"{HEAD}long: {{task: a, value: a}}": "3:24: long.value: 'a' names the tasks already.",
    f"{HEAD}labels: ''": "3:9: labels: must be a path, but is empty",
    "data: [a.csv]\ntargets: [x]": "1:7: data: must be text, but is a list",
    "data: {train: a.csv}\ntargets: [x]": "1:7: data.test: this key is missing; add it.",
    "data: {train: a.csv, test: ./a.csv}\ntargets: [x]": "1:28: data.test: './a.csv' is the file o",
    "data: {train: a.csv, test: b.csv, tset: c.csv}\ntargets: [x]": "1:35: data.tset: there is no",
    "data: {train: a.csv, test: b.csv}": "1:1: targets: this key is missing; add it.",
    "data: {train: a.csv, test: b.csv}\ntargets: [x]\nsplit: {column: c}": "3:17: split.column: th",
    "data: {train: a.csv, test: b.csv}\ntargets: [x]\nsplit: {groups: c}": "3:17: split.groups: th",
    "data: {train: a.csv, test: b.csv}\nlong: {task: a, value: b}": "2:7: long: is for one file",
    "sources: {}": "1:10: sources: must not be empty; write at least one name.",
    "sources: {a.csv: x}": "1:18: sources.a.csv: must be a list, but is 'x'.",
    "sources: {a.csv: []}": "1:18: sources.a.csv: must not be empty; write at least one name.",
    "sources: {a.csv: [x, x]}": "1:18: sources.a.csv: 'x' is in this list twice",
    "sources: {a.csv: [x], b/../a.csv: [y]}": "1:23: sources.b/../a.csv: 'b/../a.csv' is the file",
    "data: a.csv\ntargets: {x: {columns: []}}": "2:24: targets.x.columns: must not be empty; write",
    "data: a.csv\ntargets: {x: {columns: [a, a]}}": "2:24: targets.x.columns: 'a' is in this list",
    "data: a.csv\ntargets: {x: {columns: a}}": "2:24: targets.x.columns: must be a list, but is",
    "data: a.csv\ntargets: {x: {columns: [a]}}\ninputs: [a]": "3:10: inputs.0: 'a' is a target alr",
    "data: a.csv\ntargets: {x: {separator: ''}}": "2:26: targets.x.separator: must be at least 1",
    "data: a.csv\ntargets: {x: {separator: ;, columns: [a, b]}}": "2:38: targets.x.columns: one co",
    "data: a.csv\ntargets: {x: {query: q}}\ninputs: [q]": "2:22: targets.x.query: a query only say",
    "data: a.csv\ntargets: {x: {split_labels: 1}}": "2:29: targets.x.split_labels: must be true or",
    "data: a.csv\ntargets: {x: {options: [a]}}": "2:24: targets.x.options: must be a mapping",
    "data: a.csv\ntargets: {x: {loss: []}}": "2:21: targets.x.loss: must not be empty; write at",
    "data: a.csv\ntargets: {x: {loss: {a: 3}}}": "2:25: targets.x.loss.a: must be a mapping",
    "sources: {a.csv: [x]}\ntargets: {'*': {columns: [a]}}": "2:26: targets.*.columns: each tas",
    f"{HEAD}search: 3": "3:9: search: must be a mapping (`key: value`), but is the number 3.",
}


@mark.parametrize(("text", "expected"), WRONG.items(), ids=range(len(WRONG)))
def test_refuses_with_the_place(write: Callable[..., Path], text: str, expected: str) -> None:
    file = write(text)
    with raises(ConfigError) as caught:
        load_config(file)
    assert str(caught.value).startswith(f"{file}:{expected}")


def test_a_search_has_a_limit() -> None:
    assert SearchSettings().trials == 24
    assert SearchSettings(minutes=1).trials is None
    assert SearchSettings(trials=5).minutes is None


@mark.parametrize(
    ("objective", "against"),
    [
        ("gain", ()),
        ("flops", ("flops",)),
        (["parameters", "latency_ms"], ("parameters", "latency_ms")),
    ],
)
def test_the_objective_is_gain_or_its_trade_against_costs(
    objective: Any, against: tuple[str, ...]
) -> None:
    aim = SearchSettings(objective=objective, max_parameters=7, max_loss_per_task=0.5).aim
    assert aim == Objective(against, max_parameters=7, max_loss_per_task=0.5)


def test_every_cost_can_be_named() -> None:
    assert SearchSettings(objective=[*COSTS]).aim.against == COSTS  # type: ignore[list-item]


def test_settings_do_not_change() -> None:
    with raises(ValidationError):
        SearchSettings().trials = 5  # type: ignore[misc]


def test_workers_default_to_the_cores() -> None:
    assert SearchSettings().n_workers >= 1
    assert SearchSettings(workers=3).n_workers == 3
