"""Kept parser tables save time and never change what is read."""

import json
from pathlib import Path

import pytest

from archc.diagnostics import Report
from archc.resources import grammar
from archc.source import Source
from archc.syntax import parse, parser, tables

TEXT = "model Net {\n    input x[2]\n    dense(3) as d -> relu\n    dense(1, bias = false)\n}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and no parser yet."""
    monkeypatch.setattr(tables, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def read() -> str:
    parser._lark.cache_clear()
    report = Report()
    file = parse(Source("net.arch", TEXT), report)
    assert not report.found
    return repr(file)


@pytest.fixture(autouse=True)
def _afresh() -> object:
    yield
    parser._lark.cache_clear()


def test_kept_tables_read_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computed = read()
    (kept,) = folder.iterdir()
    assert json.loads(kept.read_bytes())
    monkeypatch.setattr(tables, "_write", lambda *_: pytest.fail("the tables were computed again"))
    assert read() == computed


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"data": 1, "memo": {}}', '{"data": {"options": {}}, "memo": {"0": 1}}']
)
def test_damaged_tables_are_computed_again(damage: str, folder: Path) -> None:
    computed = read()
    (kept,) = folder.iterdir()
    kept.write_text(damage, encoding="utf-8")
    assert read() == computed
    assert json.loads(kept.read_bytes())["data"]


def test_a_folder_that_cannot_be_written_is_done_without(folder: Path) -> None:
    folder.write_text("a file is in the way", encoding="utf-8")
    assert "dense" in read()


def test_the_folder_is_private(folder: Path) -> None:
    read()
    assert folder.stat().st_mode & 0o077 == 0


def test_another_grammar_has_other_tables() -> None:
    assert tables.table_file(grammar()) != tables.table_file(grammar() + "\n// more")


def test_tables_for_other_start_symbols_are_computed_again(folder: Path) -> None:
    computed = read()
    (kept,) = folder.iterdir()
    tables.build(grammar(), start=["alone"])
    held = json.loads(kept.read_bytes())
    assert held["data"]["options"]["start"] == ["alone"]
    assert read() == computed
    assert "file" in json.loads(kept.read_bytes())["data"]["options"]["start"]
