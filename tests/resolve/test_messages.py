"""What people read whose network can't be: every file of tests/bad/resolve has its messages beside it."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archc.diagnostics import CATALOGUE, Diagnostic, Report
from archc.diagnostics.render import render_all
from archc.ir import Module
from archc.resolve import resolve
from archc.source import Source
from archc.syntax import parse, read_source
from tests.syntax.test_mistakes import edited

FOLDER = Path(__file__).parents[1] / "bad" / "resolve"
BAD = sorted(FOLDER.glob("*.arch"))
OF_OVERRIDES = {"E0320", "E0321", "W0501", "W0502"}
"""Codes of what is set from outside: tests/resolve/test_overrides.py."""
OF_CHOICE = {"E0414"}
"""Codes of what is asked for by name: tests/resolve/test_file.py."""


def resolved(source: Source) -> tuple[list[Diagnostic], list[Module]]:
    report = Report()
    modules = resolve(parse(source, report), Path("data"), report)
    return report.found, modules


def read(path: Path) -> list[Diagnostic]:
    return resolved(read_source(path, path.name))[0]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_messages(path: Path, golden: Callable[[Path, str], None]) -> None:
    start = time.perf_counter()
    found, modules = resolved(read_source(path, path.name))
    seconds = time.perf_counter() - start
    assert found
    assert all(diagnostic.severity == "warning" for diagnostic in found) == bool(modules)
    assert seconds < 1, "however large the numbers are, nothing is allocated or tried out"
    golden(path.with_suffix(".txt"), render_all(found, color=False) + "\n")


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_fix_mends_its_error(path: Path) -> None:
    found = read(path)
    for diagnostic in found:
        for fix in diagnostic.fixes:
            mended, _ = resolved(Source(path.name, edited(fix.edits)))
            assert (diagnostic.code, diagnostic.title) not in [(other.code, other.title) for other in mended]
            assert not {other.code[:3] for other in mended} & {"E00", "E01"}, "a fix is well formed"


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_message_is_told_once_in_the_order_of_the_file(path: Path) -> None:
    found = read(path)
    places = [diagnostic.span.start for diagnostic in found if diagnostic.span]
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
    assert wanted - OF_OVERRIDES - OF_CHOICE <= tried


def test_no_golden_is_left_behind(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--update"):
        pytest.skip("they are being written")
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in BAD}
