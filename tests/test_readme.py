"""Every command of the README does what it says; CI runs the first block in a clean clone."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from automtl.data.bundled import PENGUINS
from automtl.report.summary import Summary

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def _commands(word: str) -> list[list[str]]:
    """The commands of the shell blocks in which ``word`` occurs, without comments."""
    lines = (
        line
        for kind, block in BLOCKS
        if kind == "sh" and word in block
        for line in block.split("\n")
    )
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


def _run(folder: Path, command: list[str]) -> None:
    assert command[0] == "automtl"
    words = [sys.executable, "-m", *command]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stderr}"


def test_the_commands_for_own_data_work_in_turn(tmp_path: Path) -> None:
    for name in ("data.csv", "new.csv"):
        (tmp_path / name).write_bytes(PENGUINS.read_bytes())
    commands = _commands("automtl init") + _commands("--resume")
    assert [command[1] for command in commands] == [
        "init", "validate", "search", "predict", "search"
    ]  # fmt: skip
    for command in commands:
        quick = ["--trials", "4"] if command[1] == "search" else []
        _run(tmp_path, [*command, *quick])
    assert (tmp_path / "out.csv").is_file()


def test_the_example_of_a_primitive_is_there() -> None:
    (command,) = _commands("my_primitive")  # run by the tests of the command line
    for file in (command[2], command[4]):
        assert (REPOSITORY / file).is_file()


def test_the_python_snippet_runs(finished: Summary) -> None:
    (snippet,) = [block for kind, block in BLOCKS if kind == "python"]
    code = snippet.replace("runs/penguins", str(finished.folder)) + "print(species, mass)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"\['(Adelie|Chinstrap|Gentoo)'\] \[\d{4}\.?\d*\]\n", done.stdout)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (REPOSITORY / target).exists(), target
