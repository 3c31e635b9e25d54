"""What commands that only read files import: the rooms of archc, the packages of others, and no more."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import LINES

READING = {"diagnostics", "locate", "resources", "source", "syntax"}
CHECKING = READING | {"code", "data", "ir", "ops", "parameters", "pipeline", "recipes", "resolve", "types"}

LARK = {"interegular", "lark", "platformdirs"}
"""lark itself imports interegular where that is installed: not with archc, but with what its tests need."""
PYDANTIC = {"annotated_types", "pydantic", "pydantic_core", "typing_extensions", "typing_inspection"}

COMMANDS: dict[str, tuple[set[str], set[str]]] = {
    "--help": (set(), set()),
    "check --help": ({"locate"}, set()),
    "fmt lines.arch": (READING, LARK),
    "check lines.arch": (CHECKING, LARK | PYDANTIC),
    "summary lines.arch": (CHECKING | {"memory", "passes", "summary"}, LARK | PYDANTIC),
    "draw lines.arch -o lines.svg": (CHECKING | {"draw"}, LARK | PYDANTIC),
}
"""By command the rooms and the packages beside the command line itself and click."""

FOR_OTHER_THINGS = {"asyncio", "concurrent", "email", "http", "multiprocessing", "sqlite3", "ssl", "unittest", "xml"}
"""Of Python's own library: the network, processes, tests."""


def imported(words: str, folder: Path) -> set[str]:
    """The modules that a command has imported when it ends."""
    code = (
        "import sys\n"
        "from archc.cli import main\n"
        "try:\n    main()\n"
        "finally:\n    print('', *sys.modules, sep='\\n@', file=sys.stderr)"
    )
    words_ = [sys.executable, "-c", code, *words.split()]
    done = subprocess.run(words_, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {line[1:] for line in done.stderr.splitlines() if line.startswith("@")}


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_imports_only_what_it_needs(words: str, tmp_path: Path) -> None:
    (tmp_path / "lines.arch").write_text(LINES, encoding="utf-8")
    modules = imported(words, tmp_path)
    rooms, packages = COMMANDS[words]
    mine = {name.split(".")[1] for name in modules if name.startswith("archc.")}
    assert mine == rooms | {"cli"}
    others = {name.partition(".")[0] for name in modules if name[0] != "_"} - sys.stdlib_module_names
    # what a package adds to every start of Python, such as hooks of an editable install, is nobody's choice here
    bare = subprocess.run([sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True)
    others -= {name.partition(".")[0] for name in bare.stdout.split()}
    assert others <= packages | {"archc", "click"}
    assert not modules & FOR_OTHER_THINGS


def test_reading_a_file_needs_few_of_the_readers_of_data(tmp_path: Path) -> None:
    """A recipe says what its data are like; what reads rows stays where it is."""
    (tmp_path / "lines.arch").write_text(LINES, encoding="utf-8")
    data = {name for name in imported("check lines.arch", tmp_path) if name.startswith("archc.data.")}
    assert "archc.data.catalog" in data
    assert not data & {f"archc.data.{name}" for name in ("readers", "download", "images", "npz", "table", "pictures")}
