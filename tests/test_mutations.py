"""Slips of the pen: every word and sign of good files misspelt, left out, doubled, or swapped with the next.

Each must be told where it is, and a misspelt name must find its right spelling.
"""

import dataclasses
import random
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from archc.diagnostics import Diagnostic, Report
from archc.resolve import Choice, resolve
from archc.source import Source
from archc.syntax import parse

MODELS = [
    *sorted((Path(__file__).parents[1] / "models").rglob("*.arch")),
    *sorted((Path(__file__).parent / "golden" / "blocks").glob("*.arch")),
]
"""Files that are resolved as well; those of GOOD try the grammar, and name layers and data that there aren't."""

GOOD = sorted((Path(__file__).parent / "syntax" / "good").glob("*.arch"))
SAMPLED = 1_500

TOKEN = re.compile(r'(#[^\n]*)|"[^"\n]*"|[A-Za-z_]\w*|\d[\w.]*%?|->|[=!<>]=|//|\*\*|\S')
WORD = re.compile(r"[A-Za-z_]\w+")


@dataclass(frozen=True)
class Slip:
    """What is written instead of `old`, which stands from `start` to `end`; `kind` says how it came about."""

    kind: str
    start: int
    end: int
    old: str
    new: str

    def of(self, text: str) -> str:
        return text[: self.start] + self.new + text[self.end :]


def slips(text: str) -> Iterator[Slip]:
    """All that are looked at; which letter takes the place of another is drawn, the same in every run."""
    chosen = random.Random(len(text))
    tokens = [match for match in TOKEN.finditer(text) if not match[1]]
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        start, end, old = token.start(), token.end(), token[0]
        yield Slip("deleted", start, end, old, "")
        yield Slip("doubled", start, end, old, f"{old} {old}")
        if following:
            between = text[end : following.start()]
            swapped = f"{following[0]}{between}{old}"
            yield Slip("swapped", start, following.end(), text[start : following.end()], swapped)
        if old[0] == '"' or len(old) < 2:
            continue
        kind = "misspelt" if WORD.fullmatch(old) else "changed"
        for at in range(len(old)):
            letters = string.ascii_lowercase if kind == "misspelt" else "=-<>*/0123456789"
            yield Slip(kind, start, end, old, old[:at] + chosen.choice(letters) + old[at + 1 :])
            yield Slip(kind, start, end, old, old[:at] + old[at + 1 :])
            yield Slip(kind, start, end, old, old[:at] + old[at] + old[at:])
            yield Slip(kind, start, end, old, old[:at] + old[at + 1 : at + 2] + old[at] + old[at + 2 :])


def errors(path: Path, text: str) -> list[Diagnostic]:
    """What is wrong with a file that has this text. Those of MODELS are resolved too."""
    report = Report()
    file = parse(Source(path.name, text), report)
    if path in MODELS:
        resolve(file, path.parent, report, Choice(whole=True))
    return [diagnostic for diagnostic in report.found if diagnostic.severity == "error"]


def plain(node: Any) -> Any:
    """A tree without its places."""
    if isinstance(node, tuple):
        return tuple(map(plain, node))
    if not dataclasses.is_dataclass(node):
        return node
    fields = [getattr(node, f.name) for f in dataclasses.fields(node) if f.name not in ("span", "source")]
    return (type(node).__name__, *map(plain, fields))


@dataclass
class Tally:
    """How many slips were told, how many well; the others by what they were."""

    told: int = 0
    far: list[str] = field(default_factory=list)
    misspelt: int = 0
    unguessed: list[str] = field(default_factory=list)
    guessed: int = 0
    unmended: list[str] = field(default_factory=list)


def judge(path: Path, slip: Slip, tally: Tally) -> None:
    text = path.read_text(encoding="utf-8")
    wrong = slip.of(text)
    found = errors(path, wrong)
    if not found:
        return
    if all(diagnostic.code.startswith("E05") for diagnostic in found):
        return  # another number, with which the file makes sense: a promise tells that, and can't tell where
    first = found[0]
    lines = (text.count("\n", 0, slip.start) + 1, text.count("\n", 0, slip.end) + 1)
    name = f"{path.stem}:{lines[0]} {slip.kind} `{slip.old}` -> `{slip.new}`: {first.title}"
    tally.told += 1
    if not first.span or not lines[0] - 1 <= first.span.line <= lines[1] + 1:
        tally.far.append(f"{name} (line {first.span and first.span.line})")
    if slip.kind != "misspelt":
        return
    tally.misspelt += 1
    suggested = " ".join((first.help, *(fix.title for fix in first.fixes)))
    if re.search(rf"`{slip.new}\b", suggested) and re.search(rf"`{slip.old}\b", first.title):
        return  # what gives the name is misspelt, and a place that uses it is told so
    if not re.search(rf"`{slip.old}\b", suggested):
        tally.unguessed.append(f"{name} ({first.help})")
        return
    tally.guessed += 1
    mended = fixed(wrong, first)
    if mended is None or not same(text, mended):
        tally.unmended.append(name)


def fixed(text: str, diagnostic: Diagnostic) -> str | None:
    """The text with the first fix applied; None if there is none."""
    if not diagnostic.fixes:
        return None
    for edit in sorted(diagnostic.fixes[0].edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def same(text: str, other: str) -> bool:
    """Whether two texts have one tree, and so one IR."""
    return text == other or plain(parse(Source("a", text), Report())) == plain(parse(Source("b", other), Report()))


def all_slips() -> list[tuple[Path, Slip]]:
    return [
        (path, slip)
        for path in [*MODELS, *GOOD]
        for slip in slips(path.read_text(encoding="utf-8"))
        if slip.new != slip.old
    ]


def check(slips: list[tuple[Path, Slip]]) -> None:
    tally = Tally()
    for path, slip in slips:
        judge(path, slip, tally)
    assert tally.told > len(slips) / 3 and tally.misspelt > len(slips) / 10
    assert len(tally.far) <= 0.05 * tally.told, tally.far
    assert len(tally.unguessed) <= 0.1 * tally.misspelt, tally.unguessed
    assert len(tally.unmended) <= 0.1 * tally.guessed, tally.unmended


def test_some_slips() -> None:
    check(random.Random(0).sample(all_slips(), SAMPLED))


@pytest.mark.slow
def test_all_slips() -> None:
    check(all_slips())
