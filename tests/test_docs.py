"""What README and docs show is what happens: every console block is run, and its output compared.

In expected output `…` stands for any text, and a line of its own for any lines.
"""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from archc.cli.application import application

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> Iterator[str]:
    """The fenced blocks of a language, in order."""
    yield from re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def fences(page: Path) -> Iterator[tuple[str, str]]:
    yield from re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def pattern(expected: str) -> re.Pattern[str]:
    lines = [
        r"(?:.*\n)*?" if line == "…" else ".*?".join(map(re.escape, line.split("…"))) + r" *\n"
        for line in expected.splitlines()
    ]
    return re.compile("".join(lines))


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each `$ command` and the output that follows it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        yield command, expected


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_console_blocks_print_what_they_show(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for language, text in fences(page):
        if language == "arch":
            named = re.match(r"# (\S+\.arch)\n", text)
            if named:
                Path(named[1]).write_text(text, encoding="utf-8")
        if language != "console":
            continue
        for command, expected in commands(text):
            words = shlex.split(command)
            assert words[0] == "archc"
            done = CliRunner().invoke(application, words[1:])
            assert pattern(expected).fullmatch(done.output), f"$ {command}\n{done.output}\nis not\n{expected}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_readme_has_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "pip install -e . && archc train digits" in text
    assert 'pip install -e ".[test]" && pytest' in text


def test_readme_shows_the_built_in_model_and_program() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    model = (ROOT / "models" / "digits.arch").read_text(encoding="utf-8")
    assert model[model.index("model Digits") :].strip() in text
    program = (ROOT / "tests" / "golden" / "lenet5.py").read_text(encoding="utf-8")
    shown = next(blocks(ROOT / "README.md", "python"))
    assert shown in program
    assert f"writes {len(program.splitlines())} lines" in text


def test_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    book = json.loads((ROOT / "docs" / "library.ipynb").read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), "library.ipynb", "exec"), names)
