"""What people read whose network can't be: every file of tests/bad/resolve has its messages beside it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from archc.diagnostics import CATALOGUE, Diagnostic, Report
from archc.diagnostics.render import render_all
from archc.ir import Module
from archc.resolve import Choice, override, resolve
from archc.source import Source
from archc.syntax import parse, read_source
from tests.cost import timed
from tests.syntax.test_mistakes import edited

FOLDER = Path(__file__).parents[1] / "bad" / "resolve"
USES = FOLDER / "uses"
"""Files that use others, and in `parts` those that they use."""
BAD = [*sorted(FOLDER.glob("*.arch")), *sorted(USES.glob("*.arch"))]
SET = re.compile(r"# (--set .*)\n")
"""What a file is compiled with stands in its first line."""
WITHOUT_A_PLACE = {"E0320", "E0321"}
"""Codes of what the command line sets, and no file holds: tests/resolve/test_overrides.py."""
OF_CHOICE = {"E0414", "W0402"}
"""Codes of what is asked for by name: tests/resolve/test_file.py."""
OF_IMPORTS = {"E0009"}
"""Codes of what takes many files: tests/resolve/test_imports.py."""


def resolved(source: Source, folder: Path) -> tuple[list[Diagnostic], list[Module]]:
    report = Report()
    given = SET.match(source.text)
    settings = [setting.strip() for setting in given[1].split("--set")[1:]] if given else []
    source = override(source, settings, report)
    modules = resolve(parse(source, report), folder, report, Choice(overridden=bool(settings)))
    return report.found, modules


def folder_of(path: Path) -> Path:
    """Where the paths in a file start."""
    return path.parent if path.parent == USES else Path("data")


def read(path: Path) -> list[Diagnostic]:
    return resolved(read_source(path, path.name), folder_of(path))[0]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_messages(path: Path, golden: Callable[[Path, str], None]) -> None:
    (found, modules), seconds = timed(lambda: resolved(read_source(path, path.name), folder_of(path)))
    assert found
    assert all(diagnostic.severity == "warning" for diagnostic in found) == bool(modules)
    assert seconds < 1, (
        "a fiftieth on a machine of its own: however large the numbers are, nothing is allocated or tried out"
    )
    golden(path.with_suffix(".txt"), render_all(found, color=False) + "\n")


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_fix_mends_its_error(path: Path) -> None:
    found = read(path)
    told = [(each.code, each.title) for each in found]
    for diagnostic in found:
        for fix in diagnostic.fixes:
            if fix.edits[0].span.source.name != path.name:
                continue  # in a file that this one uses
            # what was set stands in the text already
            text = edited(fix.edits).replace("# --set", "# ", 1)
            mended = [(each.code, each.title) for each in resolved(Source(path.name, text), folder_of(path))[0]]
            this = (diagnostic.code, diagnostic.title)
            assert mended.count(this) < told.count(this)
            unreadable = {code for code, _ in mended if code[:3] in ("E00", "E01")}
            assert unreadable <= {code for code, _ in told}, "a fix is well formed"


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_message_is_told_once_in_the_order_of_the_file(path: Path) -> None:
    found = read(path)
    places = [
        diagnostic.span.start for diagnostic in found if diagnostic.span and diagnostic.span.source.name == path.name
    ]
    assert places == sorted(places)
    assert len({(diagnostic.title, diagnostic.span) for diagnostic in found}) == len(found)
    for diagnostic in found:
        assert diagnostic.span is not None
        for words in (
            diagnostic.title,
            diagnostic.label,
            diagnostic.help,
            *(related.text for related in diagnostic.related),
        ):
            assert "\n" not in words
            assert not words.endswith(".")
            assert not re.search(r"object at 0x|[A-Z]\w+\(\w+=|None", words), "nobody reads Python"


def test_every_code_is_tried() -> None:
    tried = {diagnostic.code for path in BAD for diagnostic in read(path)}
    wanted = {code for code in CATALOGUE if re.match("E0[2345]|W", code)}
    wanted |= {"E0001", "E0006", "E0007", "E0008", "E0009"}
    assert wanted - WITHOUT_A_PLACE - OF_CHOICE - OF_IMPORTS <= tried


def test_many_files_hold_several_mistakes() -> None:
    counts = [sum(diagnostic.severity == "error" for diagnostic in read(path)) for path in BAD]
    assert sum(count >= 3 for count in counts) >= 30
    assert len(BAD) >= 200


def test_bad_files_show_ninety_codes() -> None:
    shown = {code for path in FOLDER.parent.rglob("*.txt") for code in re.findall(r"\[([EW]\d{4})\]", path.read_text())}
    assert shown <= set(CATALOGUE) and len(shown) >= 90


def test_no_golden_is_left_behind(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--update"):
        pytest.skip("they are being written")
    assert set(FOLDER.glob("**/*.txt")) == {path.with_suffix(".txt") for path in BAD}
