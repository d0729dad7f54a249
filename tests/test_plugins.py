import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from textwrap import dedent

from pytest import MonkeyPatch, fixture, mark, raises

import automtl_plugins
from automtl.core.graph import HARD
from automtl.core.trial import Trial
from automtl.errors import PluginError
from automtl.plugins import GROUP, load_plugins, options, pick
from automtl_plugins.primitives.cross_stitch import CrossStitch
from automtl_plugins.primitives.hard import Hard

Write = Callable[..., Path]

SCHEDULE = """
from automtl.core.schedule import Schedule
from automtl.hookspecs import hookimpl

class Halving(Schedule):
    name = "halving"
    citation = "https://example.org/halving"

    def __init__(self, n_epochs: int, base: float = 0.5) -> None:
        super().__init__(n_epochs)
        self.base = base

    def factor(self, epoch: int) -> float:
        return self.base**epoch

@hookimpl
def automtl_schedules():
    return [Halving]
"""


@fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """Each test loads afresh and leaves no module and nothing cached behind."""
    load_plugins.cache_clear()
    yield
    load_plugins.cache_clear()
    for name in [name for name in sys.modules if name.startswith(("automtl_file_", "stranger"))]:
        del sys.modules[name]


@fixture
def write(tmp_path: Path) -> Write:
    """Writes a plugin file."""

    def write(code: str, name: str = "mine.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(code))
        return path

    return write


def message(*files: Path) -> str:
    """What loading the files says is wrong, in one line that begins with the last of them."""
    with raises(PluginError) as caught:
        load_plugins(files)
    text = str(caught.value)
    assert text.startswith(str(files[-1]))
    assert "\n" not in text
    return text


def test_built_ins_come_through_the_door() -> None:
    plugins = load_plugins()
    assert plugins.primitives[HARD] is Hard
    assert plugins.primitives["cross_stitch"] is CrossStitch
    assert list(plugins.primitives) == sorted(plugins.primitives)


def test_every_built_in_file_offers_something() -> None:
    root = Path(automtl_plugins.__path__[0])
    files = {path for path in root.rglob("*.py") if path.name != "__init__.py"}
    offering = {path for path in files if "@hookimpl" in path.read_text()}
    plugins = load_plugins()
    offered = {
        Path(str(sys.modules[plugin.__module__].__file__))
        for registry in vars(plugins).values()
        if registry is not plugins.hook
        for plugin in registry.values()
    }
    assert offering <= offered


def test_a_file_needs_no_packaging(write: Write) -> None:
    halving = load_plugins((write(SCHEDULE),)).schedules["halving"]
    assert halving(n_epochs=3).factor(2) == 0.25
    assert "halving" not in load_plugins().schedules


def test_plugins_are_loaded_once(write: Write) -> None:
    path = write(SCHEDULE)
    assert load_plugins((path,)) is load_plugins((path,))


def test_a_registry_cannot_be_changed() -> None:
    with raises(TypeError):
        load_plugins().primitives["mine"] = Hard  # type: ignore[index]


def test_a_file_named_twice_is_loaded_once(write: Write) -> None:
    path = write(SCHEDULE)
    plugins = load_plugins((path, path.parent / "." / "folder" / ".." / path.name))
    assert "halving" in plugins.schedules


def test_files_of_the_same_name(write: Write) -> None:
    here = write(SCHEDULE, "here/mine.py")
    there = write(SCHEDULE.replace('"halving"', '"thirding"'), "there/mine.py")
    assert {"halving", "thirding"} <= load_plugins((here, there)).schedules.keys()


def test_an_offer_may_be_any_iterable(write: Write) -> None:
    path = write(SCHEDULE.replace("return [Halving]", "yield Halving"))
    assert "halving" in load_plugins((path,)).schedules


def test_a_file_may_use_its_own_module(write: Write) -> None:
    lazy = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    point = "\n@dataclass\nclass Point:\n    x: int\n"  # looks itself up in `sys.modules`
    assert "halving" in load_plugins((write(lazy + SCHEDULE + point),)).schedules


def test_callbacks_are_told(write: Write, tmp_path: Path) -> None:
    path = write(
        """
        from automtl.hookspecs import hookimpl

        @hookimpl
        def automtl_search_end(folder):
            (folder / "told").write_text("search ended")
        """
    )
    trials: list[Trial] = []
    load_plugins((path,)).hook.automtl_search_end(folder=tmp_path, trials=trials)
    assert (tmp_path / "told").read_text() == "search ended"


def test_no_such_file(tmp_path: Path) -> None:
    assert "no such plugin file" in message(tmp_path / "missing.py")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "no such plugin file" in message(tmp_path)


def test_a_file_that_is_not_python(write: Write) -> None:
    assert "must end in '.py'" in message(write(SCHEDULE, "mine.txt"))


@mark.parametrize(
    ("code", "error", "line"),
    [
        ("x = 1\n\ndef f(:\n", "SyntaxError: invalid syntax", 3),
        ("x = 1\nimport no_such_module\n", "ModuleNotFoundError: No module named", 2),
        ("from automtl.errors import NoSuchError\n", "ImportError: cannot import name", 1),
        ("\n\n\nx = 1 / 0\n", "ZeroDivisionError: division by zero", 4),
        ("def f():\n    return undefined\n\nf()\n", "NameError: name 'undefined'", 2),
    ],
)
def test_an_import_that_fails_names_its_line(
    write: Write, code: str, error: str, line: int
) -> None:
    path = write(code)
    text = message(path)
    assert f"the import raised {error}" in text
    assert f"(at {path}:{line})" in text


@mark.parametrize("code", ["", "x = 1", "def offer(): return []", "import automtl_plugins"])
def test_no_hook(write: Write, code: str) -> None:
    text = message(write(code))
    assert "implements at least one hook, but this has none" in text
    assert "put `@hookimpl` (from automtl.hookspecs) on it" in text


def test_an_unmarked_hook(write: Write) -> None:
    text = message(write(SCHEDULE.replace("@hookimpl", "")))
    assert "put `@hookimpl` (from automtl.hookspecs) on 'automtl_schedules'" in text


def test_an_unmarked_hook_beside_a_marked_one(write: Write) -> None:
    text = message(write(SCHEDULE + "\ndef automtl_blocks(): return []\n"))
    assert "put `@hookimpl` (from automtl.hookspecs) on 'automtl_blocks'" in text


@mark.parametrize("mark_it", [True, False])
def test_a_misspelt_hook(write: Write, mark_it: bool) -> None:
    code = SCHEDULE.replace("automtl_schedules", "automtl_shedules")
    text = message(write(code if mark_it else code.replace("@hookimpl", "")))
    assert "there is no hook 'automtl_shedules'; did you mean 'automtl_schedules'?" in text


def test_a_hook_of_another_name(write: Write) -> None:
    text = message(write(SCHEDULE.replace("automtl_schedules", "schedules")))
    assert "there is no hook 'schedules'; did you mean 'automtl_schedules'?" in text


def test_a_hook_with_other_arguments(write: Write) -> None:
    text = message(write(SCHEDULE.replace("automtl_schedules()", "automtl_schedules(config)")))
    assert "automtl_schedules(config)" in text
    assert "{'config'} are declared in the hookimpl but can not be found in the hookspec" in text


def test_a_hook_that_raises(write: Write) -> None:
    path = write(SCHEDULE.replace("return [Halving]", "return [Halving][1]"))
    text = message(path)
    line = 1 + path.read_text().splitlines().index("    return [Halving][1]")
    assert "'automtl_schedules' raised IndexError: list index out of range" in text
    assert f"(at {path}:{line})" in text


@mark.parametrize("offer", ["None", "Halving", "42"])
def test_an_offer_that_is_no_list(write: Write, offer: str) -> None:
    text = message(write(SCHEDULE.replace("[Halving]", offer)))
    assert "'automtl_schedules' must return a list of classes, but returned" in text


@mark.parametrize("offer", ["'ab'", "[Halving(3)]", "[object]", "[Halving, 3]", "{'a': Halving}"])
def test_an_offer_of_something_else(write: Write, offer: str) -> None:
    text = message(write(SCHEDULE.replace("[Halving]", offer)))
    assert "classes that derive from automtl.core.schedule.Schedule, but returned" in text


@mark.parametrize("hook", ["automtl_primitives", "automtl_blocks", "automtl_readers"])
def test_an_offer_to_another_hook(write: Write, hook: str) -> None:
    text = message(write(SCHEDULE.replace("automtl_schedules", hook)))
    assert f"'{hook}' must return classes that derive from" in text


@mark.parametrize("attribute", ["name", "citation"])
@mark.parametrize("line", ["pass", '{} = ""', "{} = 3", "{} = None"])
def test_a_class_says_its_name_and_its_source(write: Write, attribute: str, line: str) -> None:
    code = re.sub(rf"    {attribute} = .*", f"    {line.format(attribute)}", SCHEDULE)
    text = message(write(code))
    assert f"Halving needs a text as its class attribute '{attribute}'" in text


def test_an_abstract_class(write: Write) -> None:
    text = message(write(SCHEDULE.replace("def factor", "def factors")))
    assert "Halving must define factor" in text


def test_a_clash_of_two_files(write: Write) -> None:
    here, there = write(SCHEDULE, "here.py"), write(SCHEDULE, "there.py")
    text = message(here, there)
    assert "'automtl_schedules' offers 'halving' (Halving), but so does" in text
    assert str(here) in text
    assert "Rename one of them" in text


def test_a_clash_with_a_built_in(write: Write) -> None:
    path = write(
        """
        from automtl_plugins.primitives.hard import Hard
        from automtl.hookspecs import hookimpl

        class Harder(Hard):
            pass

        @hookimpl
        def automtl_primitives():
            return [Harder]
        """
    )
    text = message(path)
    assert "offers 'hard' (Harder)" in text
    assert "automtl_plugins.primitives.hard (Hard)" in text


def test_the_same_class_offered_twice_is_no_clash(write: Write) -> None:
    path = write("from automtl_plugins.primitives.hard import automtl_primitives")
    assert load_plugins((path,)).primitives[HARD] is Hard


def test_options_are_what_has_a_default(write: Write) -> None:
    assert options(Hard) == {}
    assert options(CrossStitch)["share"].default == 0.2
    halving = load_plugins((write(SCHEDULE),)).schedules["halving"]
    assert list(options(halving)) == ["base"]


def test_pick() -> None:
    registry = {"mlp": int, "tabm": float}
    assert pick(registry, "block", "mlp") is int
    with raises(PluginError, match=re.escape("There is no block 'mpl'; did you mean 'mlp'?")):
        pick(registry, "block", "mpl")
    with raises(PluginError, match="there are 'mlp' and 'tabm'"):
        pick(registry, "block", "transformer")


# Packages of strangers.


@fixture
def enter(monkeypatch: MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Makes these the only entry points, with modules in ``tmp_path``."""

    def enter(**values: str) -> None:
        monkeypatch.syspath_prepend(tmp_path)
        found = [EntryPoint(name, value, GROUP) for name, value in values.items()]
        monkeypatch.setattr("automtl.plugins.entry_points", lambda group: found)

    return enter


def test_all_modules_of_a_package_are_plugins(write: Write, enter: Callable[..., None]) -> None:
    write("", "stranger/__init__.py")
    write("", "stranger/deep/__init__.py")
    write(SCHEDULE, "stranger/deep/schedules.py")
    write(SCHEDULE.replace('"halving"', '"thirding"'), "stranger/more.py")
    enter(stranger="stranger")
    assert list(load_plugins().schedules) == ["halving", "thirding"]


def test_a_module_named_by_two_entry_points(write: Write, enter: Callable[..., None]) -> None:
    write("", "stranger/__init__.py")
    write(SCHEDULE, "stranger/schedules.py")
    enter(package="stranger", module="stranger.schedules")
    assert list(load_plugins().schedules) == ["halving"]


@mark.parametrize(
    ("value", "wrong"),
    [
        ("stranger:Halving", "must name a module, but names <class 'stranger.Halving'>"),
        ("stranger:Thirding", "the import raised AttributeError"),
        ("estranged", "the import raised ModuleNotFoundError: No module named 'estranged'"),
        ("math", "implements at least one hook, but this has none"),
    ],
)
def test_an_entry_point_that_is_no_plugin(
    write: Write, enter: Callable[..., None], value: str, wrong: str
) -> None:
    write(SCHEDULE, "stranger.py")
    enter(mine=value)
    with raises(PluginError, match=f"^entry point 'mine = {value}': .*{wrong}"):
        load_plugins()


def test_a_broken_module_in_a_package(write: Write, enter: Callable[..., None]) -> None:
    write("", "stranger/__init__.py")
    broken = write("x = 1\n1 / 0", "stranger/broken.py")
    enter(mine="stranger")
    place = re.escape(f"(at {broken}:2)")
    with raises(PluginError, match=f"^entry point 'mine = stranger': .*ZeroDivisionError.*{place}"):
        load_plugins()


def test_a_wrong_module_in_a_package_is_named(write: Write, enter: Callable[..., None]) -> None:
    write("", "stranger/__init__.py")
    write(SCHEDULE.replace("automtl_schedules", "automtl_shedules"), "stranger/wrong.py")
    enter(mine="stranger")
    with raises(PluginError, match=r"^entry point 'mine = stranger', stranger.wrong: there is no"):
        load_plugins()


def test_an_installed_package_is_found_by_its_entry_point(write: Write, tmp_path: Path) -> None:
    pyproject = """
        [build-system]
        requires = ["hatchling"]
        build-backend = "hatchling.build"

        [project]
        name = "stranger"
        version = "1.0"

        [project.entry-points."automtl.plugins"]
        stranger = "stranger"
    """
    write(pyproject, "source/pyproject.toml")
    write(SCHEDULE, "source/stranger/__init__.py")
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    install = ["-m", "pip", "install", "--quiet", *offline, "--target", "target", "./source"]
    subprocess.run([sys.executable, *install], cwd=tmp_path, check=True)
    printed = subprocess.run(
        [sys.executable, "-c", "import automtl.plugins as p; print(*p.load_plugins().schedules)"],
        env=os.environ | {"PYTHONPATH": str(tmp_path / "target")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "halving" in printed.stdout.split()
