"""`archc check`."""

import json
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from click.testing import Result

from archc.cli.fixing import Files
from tests.cli.conftest import GIVEN, Archc


def test_all_is_well(archc: Archc) -> None:
    Path("given.arch").write_text(GIVEN)
    result = archc("check", "lenet5", "given.arch")
    assert result.exit_code == 0 and result.stderr == ""
    assert result.stdout == (
        "lenet5: fine (LeNet5, 61,706 parameters)\n"
        "given.arch: fine (And, 2 parameters; Nor, 3 parameters)\n"
    )  # fmt: skip


def test_every_mistake_of_every_file_is_told(archc: Archc) -> None:
    Path("a.arch").write_text("model A {\n    input x[2]\n    dens(1)\n    dense(1, bais = false)\n}\n")
    Path("b.arch").write_text("model B {\n    input x[2]\n    dense(1)\n}\n")
    result = archc("check", "a.arch", "b.arch", "c.arch", "lenet")
    assert result.exit_code == 1
    assert result.stdout == "b.arch: fine (B, 3 parameters)\n"
    for said in ("a.arch:3:5", "a.arch:4:", "`c.arch` cannot be read", "did you mean `lenet5`?", "4 errors"):
        assert said in result.stderr


def test_files_that_are_none(archc: Archc) -> None:
    Path("folder.arch").mkdir()
    Path("mynet.arch").write_text(GIVEN)
    for name, help in {
        "mynet": "did you mean the file `mynet.arch`?",
        "mynett.arch": "did you mean `mynet.arch`?",
        "digits.arch": "the built-in model is called `digits`",
        "no/such.arch": "check the spelling and the folder",
        "folder.arch": "it is a folder",
    }.items():
        result = archc("check", name)
        assert result.exit_code == 1 and help in result.stderr, result.stderr


def test_a_file_comes_before_a_built_in_model(archc: Archc) -> None:
    Path("digits").write_text(GIVEN)
    assert archc("check", "digits").stdout.startswith("digits: fine (And")
    Path("lenet5").mkdir()
    assert "61,706" in archc("check", "lenet5").stdout


def test_json(archc: Archc) -> None:
    Path("a.arch").write_text("model A {\n    input x[2]\n    dens(1)\n}\n")
    result = archc("check", "digits", "a.arch", "c.arch", "--format", "json")
    assert result.exit_code == 1 and result.stderr == ""
    first, second = json.loads(result.stdout)
    assert (first["severity"], first["file"], first["line"], first["column"]) == ("error", "a.arch", 3, 5)
    assert (second["code"], second["severity"], second["file"]) == ("E0001", "error", None)
    assert json.loads(archc("check", "digits", "--format", "json").stdout) == []


WRONG = "model A {\n    input x[2]\n    dens(3) relu\n    dense(1, bais = False)\n}\n"
RIGHT = "model A {\n    input x[2]\n    dense(3) -> relu\n    dense(1, bias = false)\n}\n"


def test_fix(archc: Archc) -> None:
    Path("a.arch").write_text(WRONG)
    Path("b.arch").write_text(WRONG.replace("A", "B") + "}\n")
    result = archc("check", "a.arch", "b.arch", "digits", "--fix")
    assert result.exit_code == 0 and result.stderr == ""
    assert Path("a.arch").read_text() == RIGHT
    assert Path("b.arch").read_text().rstrip() == RIGHT.replace("A", "B").rstrip()
    said = result.stdout.splitlines()
    assert said[0] == "a.arch:3:13: fixed E0106: put `->` before it"
    assert said[-3:] == [
        "a.arch: fine (A, 12 parameters)",
        "b.arch: fine (B, 12 parameters)",
        "digits: fine (Digits, 76,586 parameters)",
    ]
    assert archc("check", "a.arch", "--fix", "-q").stdout == ""


def test_fix_says_what_is_left(archc: Archc) -> None:
    Path("a.arch").write_text("model A {\n    input x[2]\n    frobnicate(3)\n    dens(1)\n}\n")
    result = archc("check", "a.arch", "--fix")
    assert result.exit_code == 1
    assert result.stdout == "a.arch:4:5: fixed E0301: write `dense(1)`\n"
    assert "frobnicate" in result.stderr and "1 error" in result.stderr
    before = Path("a.arch").read_text()
    assert archc("check", "a.arch", "no.arch", "--fix", "--format", "json").exit_code == 1
    assert Path("a.arch").read_text() == before


def test_fix_of_a_file_that_is_fine_writes_nothing(archc: Archc) -> None:
    Path("a.arch").write_text(RIGHT)
    os.utime("a.arch", ns=(1, 1))
    assert archc("check", "a.arch", "--fix").exit_code == 0
    assert Path("a.arch").stat().st_mtime_ns == 1


def test_diff_shows_and_writes_nothing(archc: Archc) -> None:
    Path("a.arch").write_text(WRONG.rstrip("\n"))
    for words in (["--diff"], ["--fix", "--diff"]):
        result = archc("check", "a.arch", *words)
        assert result.exit_code == 1 and result.stderr == ""
        assert result.stdout == (
            "--- a.arch\n+++ a.arch\n@@ -1,5 +1,5 @@\n model A {\n     input x[2]\n"
            "-    dens(3) relu\n-    dense(1, bais = False)\n+    dense(3) -> relu\n+    dense(1, bias = false)\n"
            " }\n\\ No newline at end of file\n"
        )
    assert Path("a.arch").read_text() == WRONG.rstrip("\n")
    assert archc("check", "digits", "--diff").output == ""
    assert archc("check", "digits", "--diff", "--format", "json").exit_code == 2


def test_fix_keeps_marks_line_ends_permissions_and_links(archc: Archc) -> None:
    windows = WRONG.replace("\n", "\r\n").encode("utf-8-sig")
    Path("real.arch").write_bytes(windows)
    Path("real.arch").chmod(0o640)
    Path("link.arch").symlink_to("real.arch")
    assert archc("check", "link.arch", "--fix").exit_code == 0
    assert Path("real.arch").read_bytes() == RIGHT.replace("\n", "\r\n").encode("utf-8-sig")
    assert Path("real.arch").stat().st_mode & 0o777 == 0o640 and Path("link.arch").is_symlink()
    assert sorted(path.name for path in Path().iterdir()) == ["link.arch", "real.arch"]


def test_a_file_that_changed_meanwhile_is_left(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.arch").write_text(WRONG)

    def changed(self: object, drafts: dict[str, str]) -> None:
        Path("a.arch").write_text("mine")
        write(self, drafts)  # type: ignore[arg-type]

    write = Files.write
    monkeypatch.setattr(Files, "write", changed)
    result = archc("check", "a.arch", "--fix")
    assert result.exit_code == 1 and "changed by someone else" in result.stderr
    assert Path("a.arch").read_text() == "mine"


def test_models_that_come_with_archc_are_not_fixed(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("shipped").mkdir()
    Path("shipped/net.arch").write_text(WRONG)
    for module in ("archc.resources", "archc.cli.fixing"):
        monkeypatch.setattr(f"{module}.models_folder", lambda: Path("shipped"))
    assert archc("check", "net", "--fix").exit_code == 1
    assert Path("shipped/net.arch").read_text() == WRONG
    assert archc("check", "shipped/net.arch", "--fix").exit_code == 0


def test_github_and_sarif(archc: Archc) -> None:
    Path("a.arch").write_text(WRONG)
    result = archc("check", "a.arch", "digits", "--format", "github")
    assert result.exit_code == 1 and result.stderr == ""
    assert result.stdout.startswith("::error file=a.arch,line=3,endLine=3,col=13,endColumn=17,title=archc E0106::")
    assert archc("check", "digits", "--format", "github").output == ""
    log = json.loads(archc("check", "a.arch", "--format", "sarif").stdout)
    assert log["runs"][0]["results"][0]["fixes"][0]["description"]["text"] == "put `->` before it"


@pytest.mark.parametrize("folder", ["syntax", "resolve"])
def test_fix_leaves_no_file_worse(archc: Archc, folder: str) -> None:
    bad = Path(__file__).parents[1] / "bad" / folder
    names = [shutil.copy(path, path.name) for path in sorted(bad.glob("*.arch"))]
    before = errors(archc("check", *names, "--format", "json"))
    result = archc("check", *names, "--fix", "--format", "json")
    after = errors(result)
    assert result.exit_code == 1 and sum(after.values()) < sum(before.values())
    for name in names:
        # what a syntax error has hidden may be more than one
        assert after[name] <= before[name] or "E01" in archc("check", str(bad / name), "--format", "json").stdout


def errors(result: Result) -> Counter[str]:
    return Counter(said["file"] for said in json.loads(result.stdout) if said["severity"] == "error")
