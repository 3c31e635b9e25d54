"""What README and docs show is what happens: consoles are run and their output compared, and every .arch is checked.

In expected output `…` stands for any text, and a line of its own for any lines.

A block in ```arch is a file, which is fine, without a warning. Its first line may give its name, `# net.arch`, for what
follows to use. ```arch fragment is a part of one: its `use`, `block` and `train` stand in the file, and all else in a
model of it, behind `input image[32, 32, 16]` unless the fragment has an `input` of its own. ```arch wrong and
```arch wrong fragment are followed by what `archc check` says of them, in ```text or a console; the last line
of it, which counts errors, may be left out of a text. ```arch elsewhere is a file that needs others, and which
another test reads from the page.
"""

import json
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from archc.cli.application import application

ROOT = Path(__file__).parent.parent
OF_A_COPY = ROOT / "docs" / "contributing.md"
"""Its files are of an archc with a layer more: tests/test_contributing.py."""
PAGES = [ROOT / "README.md", *sorted({*(ROOT / "docs").glob("*.md")} - {OF_A_COPY})]
REAL = os.environ.get("ARCHC_DATA", "")
OF_DIGITS = ROOT / "docs" / "fine-tuning.md"
"""It trains on published data, for minutes."""
SHOWN = [
    pytest.param(
        page,
        marks=[
            pytest.mark.slow,
            pytest.mark.skipif(
                not REAL or not all(Path(REAL, name).is_dir() for name in ("mnist", "usps")),
                reason="needs the MNIST and the USPS files: set ARCHC_DATA to the folder that holds mnist/ and usps/",
            ),
        ]
        if page == OF_DIGITS
        else [],
        id=page.name,
    )
    for page in PAGES
]


def blocks(page: Path, language: str) -> Iterator[str]:
    """The fenced blocks of a language, in order."""
    return (text for kind, text in fences(page) if kind == language)


def fences(page: Path) -> list[tuple[str, str]]:
    """What stands behind each opening fence, and the text between the fences."""
    return re.findall(r"^```([\w ]*)\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def wrapped(fragment: str) -> str:
    """The file that a fragment stands for."""
    outside: list[str] = []
    inside: list[str] = []
    depth = 0
    for line in fragment.splitlines():
        if not depth:
            lines = outside if re.match(r"(use|block|train)\b", line) else inside
        lines.append(line)
        code = line.partition("#")[0]
        depth += sum(map(code.count, "{([")) - sum(map(code.count, "})]"))
    if not any(line.startswith("input ") for line in inside):
        inside.insert(0, "input image[32, 32, 16]")
    return "\n".join([*outside, "model Net {", *inside, "}"]) + "\n"


def written(kind: str, text: str) -> str:
    """The name of the file that a block shows, which is written into the working folder."""
    words = kind.split()[1:]
    assert set(words) <= {"fragment", "wrong"}, kind
    named = re.match(r"# (\S+\.arch)\n", text)
    path = Path(named[1] if named else "net.arch")
    path.parent.mkdir(exist_ok=True)
    path.write_text(wrapped(text) if "fragment" in words else text, encoding="utf-8")
    return str(path)


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


def typed(command: str) -> str:
    """The output of a command."""
    words = shlex.split(command)
    assert words[0] == "archc"
    return CliRunner().invoke(application, words[1:]).output


@pytest.mark.parametrize("page", SHOWN)
def test_what_a_page_shows_happens(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if page == OF_DIGITS:
        monkeypatch.setenv("ARCHC_DATA", str(Path(REAL).resolve()))
    monkeypatch.chdir(tmp_path)
    shown = fences(page)
    for (kind, text), (after, said) in zip(shown, [*shown[1:], ("", "")][: len(shown)], strict=True):
        if kind == "python run":
            exec(compile(text, page.name, "exec"), {})
        if kind == "console":
            for command, expected in commands(text):
                output = typed(command)
                assert pattern(expected).fullmatch(output), f"$ {command}\n{output}\nis not\n{expected}"
        if not kind.startswith("arch") or kind == "arch elsewhere":
            continue
        name = written(kind, text)
        if not re.search(r"^ *(model|train|input)\b", Path(name).read_text(encoding="utf-8"), re.MULTILINE):
            # blocks for others, which are checked where they are used
            uses = [other for _, other in shown if f'use "{name}"' in other]
            assert uses, f"nothing uses {name}"
            continue
        output = typed(f"archc check {name}")
        if "wrong" not in kind:
            assert re.fullmatch(rf"{re.escape(name)}: fine .*\n", output), f"{text}\n{output}"
            continue
        assert "[E" in output or "[W" in output, f"nothing is wrong with\n{text}"
        if after == "console":
            assert f"$ archc check {name}\n" in said, f"nothing is said of\n{text}"
            continue
        assert after == "text", f"nothing is said of\n{text}"
        counted = re.sub(r"\n\d+ (error|warning)s?\n\Z", "", output)
        assert pattern(said).fullmatch(counted), f"{text}\n{output}\nis not\n{said}"


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
