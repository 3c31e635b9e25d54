"""What `archc explain` prints, and what it needs for that."""

import subprocess
import sys

import pytest

from archc.cli.terminal import Terminal
from archc.diagnostics import Diagnostic
from archc.diagnostics.catalogue import CATALOGUE
from tests.cli.conftest import Archc

PAGE = """\
E0106: an arrow is missing

Two steps stand side by side on one line with nothing between them. `->` says that the value of the
first goes into the second; instead of an arrow there may also be a new line.

Wrong

    model Net {
        input image[28, 28, 1]
        conv(32, 3x3) relu
    }

Right

    model Net {
        input image[28, 28, 1]
        conv(32, 3x3) -> relu
    }
"""


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


@pytest.mark.parametrize("code", ["E0106", "e0106", " E0106 "])
def test_a_page_is_plain_where_it_is_piped(archc: Archc, code: str) -> None:
    result = archc("explain", code)
    assert (result.exit_code, result.stdout, result.stderr) == (0, PAGE, "")


def test_headings_are_bold_in_colour(archc: Archc) -> None:
    text = archc("--color", "always", "explain", "E0106").stdout
    for heading in ("E0106: an arrow is missing", "Wrong", "Right"):
        assert f"\x1b[1m{heading}\x1b[0m\n" in text
        text = text.replace(f"\x1b[1m{heading}\x1b[0m", heading)
    assert text == PAGE


@pytest.mark.parametrize("columns", [40, 72, 300])
def test_text_is_wrapped_to_the_terminal(archc: Archc, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    text = archc("explain", "E0106").stdout
    assert max(map(len, text.splitlines())) <= min(columns, 100)
    assert text.split() == PAGE.split()


def test_all_codes_are_listed_in_groups(archc: Archc) -> None:
    result = archc("explain")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.strip() for line in lines if line.startswith("  ")] == [
        f"{code}  {CATALOGUE[code]}" for code in sorted(CATALOGUE, key=lambda code: (code[1:3], code[0], code))
    ]
    assert lines[0] == "files and text" and lines[lines.index("layers and shapes") - 1] == ""


@pytest.mark.parametrize(
    ("word", "advice"),
    [
        ("E0240", "did you mean `E0204` or `E0210`?"),
        ("204", "did you mean `E0204`?"),
        ("e201", "did you mean `E0201` or `W0201`?"),
        ("conv", "`archc explain` lists all there are"),
    ],
)
def test_words_that_are_no_code(archc: Archc, word: str, advice: str) -> None:
    result = archc("explain", word)
    assert (result.exit_code, result.stdout) == (2, "")
    first, *rest = result.stderr.splitlines()
    assert first == f"archc explain: there is no code `{word}`: {advice}"
    assert rest == ["for example: archc explain E0204", "all about it: archc explain --help"]


def test_nothing_heavy_is_imported() -> None:
    heavy = "{'jax', 'pydantic', 'lark', 'numpy', 'archc.ir', 'archc.syntax'}"
    script = f"""
import sys
from archc.cli.application import application
try:
    application(["explain", "E0204"], prog_name="archc")
finally:
    assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("E0204: ")


def test_codes_are_completed(archc: Archc) -> None:
    from archc.cli.explain import command

    found = command.params[0].shell_complete(command.make_context("explain", []), "w02")
    assert [item.value for item in found] == [code for code in CATALOGUE if code.startswith("W02")]


@pytest.mark.parametrize(("screen", "quiet"), [(True, False), (True, True), (False, False)])
def test_messages_on_a_screen_end_with_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], screen: bool, quiet: bool
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: screen)
    found = [Diagnostic("W0201", "this"), Diagnostic("E0204", "that"), Diagnostic("E0205", "those")]
    Terminal(quiet=quiet, color="never").tell(found)
    said = capsys.readouterr().err
    assert said.endswith("2 errors, 1 warning\n" + "for more: archc explain E0204\n" * (screen and not quiet))
    Terminal().tell([])
    assert capsys.readouterr().err == ""
