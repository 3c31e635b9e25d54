"""`archc fmt`."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from archc.cli.application import application
from archc.resources import models_folder
from archc.syntax import formatter
from tests.cli.conftest import Archc

UGLY = "model A{\n  input x [2] # in\n  dense( 1 )}\n"
NEAT = "model A {\n    input x[2]  # in\n    dense(1)\n}\n"
WRONG = "model A {\n    dense(1\n}\n"


def test_files_are_rewritten(archc: Archc) -> None:
    Path("a.arch").write_text(UGLY)
    Path("b.arch").write_text(NEAT)
    result = archc("fmt", "a.arch", "b.arch")
    assert (result.exit_code, result.stdout) == (0, "formatted a.arch\n")
    assert result.stderr == "1 of 2 files was changed\n"
    assert Path("a.arch").read_text() == Path("b.arch").read_text() == NEAT
    result = archc("fmt", "a.arch")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "1 file in order\n")
    assert sorted(path.name for path in Path().iterdir()) == ["a.arch", "b.arch"]


def test_quiet(archc: Archc) -> None:
    Path("a.arch").write_text(UGLY)
    assert archc("fmt", "-q", "--check", "a.arch").output == "a.arch\n"
    assert archc("fmt", "-q", "a.arch").output == ""


def test_check_names_what_would_change(archc: Archc) -> None:
    for name, text in {"a.arch": UGLY, "b.arch": NEAT, "c.arch": UGLY}.items():
        Path(name).write_text(text)
    result = archc("fmt", "--check", "c.arch", "b.arch", "a.arch")
    assert (result.exit_code, result.stdout) == (1, "c.arch\na.arch\n")
    assert result.stderr == "2 of 3 files would be changed\n"
    assert Path("a.arch").read_text() == UGLY
    assert archc("fmt", "--check", "b.arch").exit_code == 0


def test_diff(archc: Archc) -> None:
    Path("a.arch").write_text("let a=1")
    result = archc("fmt", "--diff", "a.arch")
    assert result.exit_code == 1
    assert result.stdout == (
        "--- a.arch\n+++ a.arch\n@@ -1 +1 @@\n-let a=1\n\\ No newline at end of file\n+let a = 1\n"
    )  # fmt: skip
    assert Path("a.arch").read_text() == "let a=1"
    assert "\x1b[31m-let a=1\x1b[0m\n" in archc("fmt", "--diff", "--color", "always", "a.arch").stdout
    Path("a.arch").write_text("let a = 1\n")
    result = archc("fmt", "--diff", "a.arch")
    assert (result.exit_code, result.stdout) == (0, "")


def test_line_ends_and_byte_order_mark(archc: Archc) -> None:
    Path("a.arch").write_bytes(b"\xef\xbb\xbf" + NEAT.replace("\n", "\r\n").encode())
    assert archc("fmt", "--check", "a.arch").exit_code == 1
    assert archc("fmt", "a.arch").exit_code == 0
    assert Path("a.arch").read_bytes() == NEAT.encode()


def test_a_file_with_errors_is_left_as_it_is(archc: Archc) -> None:
    Path("a.arch").write_text(WRONG)
    Path("b.arch").write_text(UGLY)
    result = archc("fmt", "a.arch", "b.arch", "c.arch")
    assert result.exit_code == 1
    assert "this `(` is never closed" in result.stderr and "`c.arch` cannot be read" in result.stderr
    assert Path("a.arch").read_text() == WRONG and Path("b.arch").read_text() == NEAT


def test_folders(archc: Archc, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    for name in ("nets/b.arch", "nets/deep/a.arch", "nets/.hidden/c.arch", "nets/runs/one/d.arch", "nets/note.txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(UGLY)
    Path("nets/runs/one/run.json").write_text("{}")
    (outside / "e.arch").write_text(UGLY)
    Path("nets/away").symlink_to(outside)
    Path("nets/link.arch").symlink_to(outside / "e.arch")
    result = archc("fmt", "nets", "nets/b.arch")
    assert result.stdout == "formatted nets/b.arch\nformatted nets/deep/a.arch\n"
    for path in (outside / "e.arch", Path("nets/.hidden/c.arch"), Path("nets/runs/one/d.arch")):
        assert path.read_text() == UGLY
    Path("empty").mkdir()
    result = archc("fmt", "empty")
    assert (result.exit_code, result.stderr) == (0, "there are no .arch files\n")


def test_a_link_that_is_named_stays_one_and_permissions_stay(archc: Archc) -> None:
    Path("a.arch").write_text(UGLY)
    Path("a.arch").chmod(0o640)
    Path("b.arch").symlink_to("a.arch")
    assert archc("fmt", "b.arch").exit_code == 0
    assert Path("b.arch").is_symlink() and Path("a.arch").read_text() == NEAT
    assert Path("a.arch").stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written(archc: Archc) -> None:
    Path("a.arch").write_text(UGLY)
    Path("a.arch").chmod(0o444)
    result = archc("fmt", "a.arch")
    assert result.exit_code == 1 and "`a.arch` cannot be written: permission denied" in result.stderr
    assert Path("a.arch").read_text() == UGLY


def test_a_failed_write_leaves_the_file(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    Path("a.arch").write_text(UGLY)
    monkeypatch.setattr(os, "fsync", full)
    result = archc("fmt", "a.arch")
    assert result.exit_code == 1 and "`a.arch` cannot be written: no space left on device" in result.stderr
    assert Path("a.arch").read_text() == UGLY and os.listdir() == ["a.arch"]


def test_standard_input() -> None:
    def fed(text: str, *words: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(application, ["fmt", "-", *words], input=text)
        return result.exit_code, result.stdout, result.stderr

    assert fed(UGLY) == (0, NEAT, "")
    assert fed("") == (0, "", "")
    assert fed("# ü→\r\n") == (0, "# ü→\n", "")
    assert fed(UGLY, "--check") == (1, "<stdin>\n", "")
    assert fed(NEAT, "--check") == (0, "", "")
    assert fed(UGLY, "--diff")[:2] == (1, fed(UGLY, "--diff")[1]) and "+    dense(1)\n" in fed(UGLY, "--diff")[1]
    status, said, wrong = fed(WRONG)
    assert (status, said) == (1, "") and "<stdin>:2:10" in wrong


def test_a_built_in_model_is_not_changed(archc: Archc) -> None:
    before = (models_folder() / "digits.arch").read_bytes()
    result = archc("fmt", "digits")
    assert result.exit_code == 1 and "archc models digits > digits.arch" in result.stderr
    assert (models_folder() / "digits.arch").read_bytes() == before


def test_a_fault_of_ours_leaves_the_file(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.arch").write_text(UGLY)
    monkeypatch.setattr(formatter, "align_comments", lambda lines: (line.text for line in lines))
    result = archc("fmt", "a.arch")
    assert result.exit_code == 2
    assert "a fault of archc itself" in result.stderr and "`a.arch` would say something else" in result.stderr
    assert Path("a.arch").read_text() == UGLY
