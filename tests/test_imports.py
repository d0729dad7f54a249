"""Imports point one way; this file says which, and walks all of them."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from pytest import mark

ROOT = Path(__file__).resolve().parents[1]

# A room imports rooms above its own line, and itself. Rooms on one line do not know each other.
ORDER = [
    {"errors"},
    {"suggest"},
    {"core"},
    {"hookspecs"},
    {"plugins", "testing"},
    {"data"},
    {"model"},
    {"train"},
    {"search"},
    {"deploy", "run", "config"},
    {"report", "init", "starter", "serve"},
    {"conclusion", "tracking"},
    {"pipeline", "measure", "progress"},
    {"exporting"},
    {"cross_validation", "results"},
    {"estimator"},
    {"cli", "__init__"},
    {"__main__"},
]
BUILT_INS_MAY_IMPORT = {"core", "hookspecs", "errors"}
ONLY_IN = {"ray": "automtl/search/tune.py", "yaml": "automtl/config/", "onnx": "automtl/deploy/"}


def module_of(path: Path) -> str:
    """The dotted name of a file's module."""
    top = ROOT / "plugins" if path.is_relative_to(ROOT / "plugins") else ROOT
    return ".".join(path.relative_to(top).with_suffix("").parts).removesuffix(".__init__")


FILES = sorted([*ROOT.glob("automtl/**/*.py"), *ROOT.glob("plugins/automtl_plugins/**/*.py")])
MODULES = {module_of(path): path for path in FILES}


def imported(module: str) -> Iterator[str]:
    """All that a module imports, wherever in it: the names of our modules, or of libraries."""
    for statement in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            assert statement.level == 0, f"{module} imports relatively; write the whole name."
            origin = str(statement.module)
            for alias in statement.names:
                inner = f"{origin}.{alias.name}"
                yield inner if inner in MODULES else origin
        elif isinstance(statement, ast.Call):
            called = ast.unparse(statement.func).endswith("import_module")
            arguments = [arg.value for arg in statement.args if isinstance(arg, ast.Constant)]
            yield from (str(argument) for argument in arguments if called)


def room(module: str) -> str:
    """The room of one of our modules: ``core`` for ``automtl.core.graph``."""
    return [*module.split("."), "__init__"][1]


OURS = [module for module in MODULES if module.split(".")[0] == "automtl"]
BUILT_INS = [module for module in MODULES if module.startswith("automtl_plugins.")]


def test_every_module_is_walked() -> None:
    assert {"automtl.core.graph", "automtl.plugins", "automtl_plugins.primitives.hard"} <= set(
        MODULES
    )
    assert "automtl.core.graph" in imported("automtl.core.moves")
    assert "automtl.hookspecs" in imported("automtl.plugins")


def test_imports_point_one_way() -> None:
    rank = {name: level for level, names in enumerate(ORDER) for name in names}
    homeless = {room(module) for module in OURS} - rank.keys()
    assert not homeless, "Give these rooms a place in the order."
    wrong = [
        f"{module} → {other}"
        for module in OURS
        for other in imported(module)
        if other in OURS and room(other) != room(module) and rank[room(other)] >= rank[room(module)]
    ]
    assert not wrong


def test_built_ins_import_the_contract_and_not_each_other() -> None:
    wrong = [
        f"{module} → {other}"
        for module in BUILT_INS
        for other in imported(module)
        if (other in OURS and room(other) not in BUILT_INS_MAY_IMPORT)
        or (other.startswith("automtl_plugins") and room(other) != room(module))
    ]
    assert not wrong


def test_built_ins_come_through_the_door_alone() -> None:
    wrong = [
        f"{module} → {other}"
        for module in OURS
        for other in imported(module)
        if other.startswith("automtl_plugins")
    ]
    assert not wrong


@mark.parametrize("library", ONLY_IN)
def test_a_library_has_one_room(library: str) -> None:
    users = {
        MODULES[module].relative_to(ROOT).as_posix()
        for module in MODULES
        if library in {name.split(".")[0] for name in imported(module)}
    }
    assert users
    assert all(user.startswith(ONLY_IN[library]) for user in users), users


def test_no_module_imports_itself_in_a_circle() -> None:
    arrows = {module: set(imported(module)) & MODULES.keys() for module in MODULES}
    order = TopologicalSorter(arrows).static_order()  # CycleError would name the circle
    assert set(order) == MODULES.keys()


def test_every_module_says_what_it_is() -> None:
    trees = {module: ast.parse(path.read_text()) for module, path in MODULES.items()}
    assert not [name for name, tree in trees.items() if tree.body and not ast.get_docstring(tree)]


@mark.parametrize("module", ["automtl", "automtl.cli", "automtl.deploy.predict", "automtl.errors"])
def test_a_light_module_stays_light(module: str) -> None:
    heavy = "{'torch', 'ray', 'onnx', 'pandas', 'scipy', 'pyarrow'}"
    code = f"import sys, {module}; print(*({heavy} & sys.modules.keys()))"
    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert printed.stdout.split() == []
