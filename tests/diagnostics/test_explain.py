"""Every code has a page, and what a page shows happens: Wrong gives the code, Right is without it."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner

from archc.cli.application import application
from archc.diagnostics.catalogue import CATALOGUE
from archc.diagnostics.explain import FOLDER, Part, grouped, nearest, read_page
from tests.diagnostics.examples import Example
from tests.diagnostics.situations import SITUATIONS, Around

PAGES = sorted(path.stem for path in FOLDER.glob("*.md"))

UNUSED: set[str] = set()
"""Codes that nothing gives at present, so that no example could show them."""

BEHIND_OTHERS = {"E0120"}
"""Codes that can't be the first ones told."""


def section(code: str, heading: str) -> list[Part]:
    """The examples below a heading."""
    parts, under = [], ""
    for part in read_page(code):
        if part.kind == "heading":
            under = part.text
        elif part.kind == "code" and under == heading:
            parts.append(part)
    return parts


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the run of `archc train xor`."""
    run = tmp_path_factory.mktemp("trained") / "xor-1"
    result = CliRunner().invoke(application, ["train", "xor", "--run", str(run)])
    assert result.exit_code == 0, result.output
    return run


def shown(code: str, heading: str, folder: Path, request: pytest.FixtureRequest) -> Example:
    """Everything that a page shows below a heading, in a folder of its own.

    What is mended has the files of Wrong beside it. Where no command is shown, the file is checked.
    """
    parts = section(code, heading)
    needed = any("xor" in part.text for part in parts if part.language == "console")
    trained = request.getfixturevalue("trained") if needed else Path()
    folder.mkdir()
    with ExitStack() as end, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("ARCHC_OFFLINE", "1")
        patch.delenv("ARCHC_DATA", raising=False)
        patch.setattr("archc.data.folder.cache_folder", lambda: folder / "cache")
        if (code, heading) in SITUATIONS:
            SITUATIONS[code, heading](Around(patch, end, trained))
        example = Example(trained, patch)
        if heading == "Right":
            example.run(part for part in section(code, "Wrong") if part.language != "console")
        example.run(parts)
        if not any(part.language == "console" for part in parts):
            example.type(f"archc check {example.file}")
    return example


def test_every_code_has_a_page() -> None:
    missing = sorted(CATALOGUE.keys() - UNUSED - set(PAGES))
    assert not missing, f"archc/diagnostics/pages lacks {', '.join(f'{code}.md' for code in missing)}"
    assert not sorted(set(PAGES) - CATALOGUE.keys()), "pages of codes that the catalogue doesn't have"
    assert not UNUSED - CATALOGUE.keys() and not UNUSED & set(PAGES)


def test_every_code_is_in_a_group() -> None:
    assert sorted(code for codes in grouped().values() for code in codes) == sorted(CATALOGUE)


@pytest.mark.parametrize("code", PAGES)
def test_a_page_has_the_form(code: str) -> None:
    page = read_page(code)
    headings = [part.text for part in page if part.kind == "heading"]
    assert headings == [f"{code}: {CATALOGUE[code]}", "Wrong", "Right"]
    assert page[0].kind == "heading" and page[1].kind == "text"
    assert 2 <= len(re.findall(r"\.(?: |$)", page[1].text)) <= 5
    assert section(code, "Wrong") and section(code, "Right")
    assert max(map(len, (FOLDER / f"{code}.md").read_text(encoding="utf-8").splitlines())) <= 100


@pytest.mark.parametrize("code", PAGES)
def test_wrong_examples_give_the_code(code: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    example = shown(code, "Wrong", tmp_path / "wrong", request)
    assert code in example.codes, example.said
    assert example.codes[0] == code or code in BEHIND_OTHERS, example.said
    assert example.failed == (code[0] == "E")


@pytest.mark.parametrize("code", PAGES)
def test_right_examples_are_without_it(code: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    example = shown(code, "Right", tmp_path / "right", request)
    assert not example.failed, example.said
    assert code not in example.codes, example.said


@pytest.mark.parametrize(
    ("word", "codes"),
    [
        ("204", ["E0204"]),
        ("E204", ["E0204"]),
        ("201", ["E0201", "W0201"]),
        ("E0240", ["E0204", "E0210"]),
        ("error[E0204]", ["E0204"]),
        ("x", []),
        ("9" * 5000, []),
    ],
)
def test_the_nearest_codes(word: str, codes: list[str]) -> None:
    assert nearest(word)[:2] == codes
