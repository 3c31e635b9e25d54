"""What people read who mistyped something: every file of tests/bad/syntax has its messages beside it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from archc.diagnostics import Diagnostic, Edit, Failed, Report
from archc.diagnostics.render import render_all
from archc.source import Source
from archc.syntax import parse, read_source

BAD = sorted((Path(__file__).parents[1] / "bad" / "syntax").glob("*.arch"))


def messages(source: Source) -> list[Diagnostic]:
    report = Report()
    parse(source, report)
    return report.found


def read(path: Path) -> Sequence[Diagnostic]:
    try:
        return messages(read_source(path, path.name))
    except Failed as failed:
        return failed.diagnostics


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_messages(path: Path, golden: Callable[[Path, str], None]) -> None:
    found = read(path)
    assert found
    golden(path.with_suffix(".txt"), render_all(found, color=False) + "\n")


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_fix_mends_its_error(path: Path) -> None:
    found = read(path)
    for diagnostic in found:
        for fix in diagnostic.fixes:
            titles = [other.title for other in found]
            mended = [other.title for other in messages(Source(path.name, edited(fix.edits)))]
            assert len(mended) <= len(titles)
            assert mended.count(diagnostic.title) < titles.count(diagnostic.title)
            assert trailing_blanks(edited(fix.edits)) <= trailing_blanks(fix.edits[0].span.source.text)


def trailing_blanks(text: str) -> int:
    return sum(line != line.rstrip() for line in text.split("\n"))


def edited(edits: Sequence[Edit]) -> str:
    text = edits[0].span.source.text
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def test_titles_are_one_line_and_no_sentence() -> None:
    for path in BAD:
        for diagnostic in read(path):
            for words in (diagnostic.title, diagnostic.label, diagnostic.help):
                assert "\n" not in words
                assert not words.endswith(".")
