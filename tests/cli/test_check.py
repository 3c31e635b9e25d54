"""`archc check`."""

import json
from pathlib import Path

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
