"""Files and their drafts, as `archc check --fix` keeps them: also those that a file uses."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from archc.cli.fixing import Files
from archc.diagnostics import Diagnostic, Edit, Failed, Fix
from archc.diagnostics.fixing import Drafts, mend
from archc.source import Source


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("blocks").mkdir()
    Path("net.arch").write_text("use blocks/heads.arch\ndens\n")
    Path("blocks/heads.arch").write_text("relu dens\n")


def misspelt(source: Source) -> Iterator[Diagnostic]:
    for found in re.finditer(r"\bdens\b", source.text):
        span = source.span(*found.span())
        yield Diagnostic("E0301", "no layer `dens`", span, fixes=(Fix("write `dense`", (Edit(span, "dense"),)),))


def mended(files: Files, *names: str) -> Drafts:
    def check(drafts: Drafts) -> list[Diagnostic]:
        files.drafts = drafts
        return [said for name in names for said in misspelt(files.read(Path(name), name))]

    return mend(check, files.changeable).drafts


def test_a_file_that_is_used_is_mended_where_it_is() -> None:
    files = Files(frozenset({Path("net.arch")}))
    drafts = mended(files, "net.arch", "blocks/heads.arch")
    assert list(files.differences(drafts))[:3] == ["--- net.arch", "+++ net.arch", "@@ -1,2 +1,2 @@"]
    assert Path("net.arch").read_text() == "use blocks/heads.arch\ndens\n"
    files.write(drafts)
    assert Path("net.arch").read_text() == "use blocks/heads.arch\ndense\n"
    assert Path("blocks/heads.arch").read_text() == "relu dense\n"


def test_a_file_of_two_names_is_mended_once() -> None:
    other = str(Path("blocks/heads.arch").resolve())
    files = Files(frozenset())
    drafts = mended(files, "blocks/heads.arch", other)
    files.write(drafts)
    assert list(drafts) == ["blocks/heads.arch"] and Path(other).read_text() == "relu dense\n"
    assert list(misspelt(files.read(Path(other), other))) == []


def test_two_files_of_one_name_are_left() -> None:
    files = Files(frozenset())
    files.read(Path("net.arch"), "x")
    files.read(Path("blocks/heads.arch"), "x")
    assert files.changeable("x") is None and files.changeable("y") is None


def test_what_comes_with_archc_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archc.cli.fixing.models_folder", lambda: Path("blocks"))
    assert mended(Files(frozenset({Path("net.arch")})), "net.arch", "blocks/heads.arch").keys() == {"net.arch"}
    assert mended(Files(frozenset({Path("blocks/heads.arch")})), "blocks/heads.arch")


def test_a_file_that_may_not_be_written_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    files = Files(frozenset())
    drafts = mended(files, "net.arch")
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(Failed, match=r"E0612.*cannot be written: permission denied"):
        files.write(drafts)
    assert Path("net.arch").read_text().endswith("dens\n")
