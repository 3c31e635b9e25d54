"""How wide a text is, in the font of every figure: DejaVu Sans, a part of which travels with archc."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
FAMILY = "DejaVu Sans"
FILES = {False: FONTS / "DejaVuSans.ttf", True: FONTS / "DejaVuSans-Bold.ttf"}
"""The font, by whether it is bold."""

UNITS = 2048
"""Of the font, in an em."""

ASCENT, DESCENT = 0.76, 0.24
"""How far what is printed reaches above and below the base line, in em: of letters, not of accents on capitals."""

_BLANK = re.compile(r"\s")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]")
"""What no printer can print, and what would turn around the text behind it."""


def printable(text: str) -> str:
    """A text as it is printed: in one line, every blank a space."""
    if text.isascii() and text.isprintable():
        return text
    return _UNPRINTABLE.sub("", _BLANK.sub(" ", text))


@cache
def _advances() -> dict[bool, dict[str, int]]:
    found = json.loads((FONTS / "widths.json").read_text(encoding="utf-8"))
    return {False: found["regular"], True: found["bold"]}


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a text of one line is, in px; `size` is that of the em. What the font lacks counts as one em."""
    advances = _advances()[bold]
    return sum(advances.get(character, UNITS) for character in printable(text)) * size / UNITS


def lacking(text: str) -> Iterator[str]:
    """The characters of a text that the font doesn't have."""
    known = _advances()[False]
    return (character for character in printable(text) if character not in known)


def fitted(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """As much of a text as fits into `room` px, with an ellipsis where it was cut."""
    if width(text, size, bold=bold) <= room:
        return text
    while text and width(text + "…", size, bold=bold) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """A text in lines of at most `room` px, broken at spaces; a word that is wider keeps a line of its own."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, bold=bold) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
