"""The pages of `archc explain`: a Markdown file for each code, in one small form.

# E0204: the title as in the catalogue
what it means, and why archc insists
## Wrong
an example in fences
## Right
the same, mended, and perhaps a last remark
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from archc.diagnostics.catalogue import CATALOGUE
from archc.diagnostics.suggest import closest

FOLDER = Path(__file__).parent / "pages"

GROUPS = {
    "00": "files and text",
    "01": "syntax",
    "02": "layers and shapes",
    "03": "names and values",
    "04": "recipes",
    "05": "promises",
    "06": "data",
    "07": "runs and checkpoints",
    "08": "training",
    "09": "prediction",
    "10": "figures",
    "11": "forms of layers",
}
"""What the two digits after the letter stand for."""

_SEVERAL = 3


@dataclass(frozen=True, slots=True)
class Part:
    """A heading, a paragraph in one line, or the lines of an example, whose fence names a `language`."""

    kind: Literal["heading", "text", "code"]
    text: str
    language: str = ""


def read_page(code: str) -> tuple[Part, ...]:
    """The page of a code of the catalogue, the title first."""
    return tuple(_parts((FOLDER / f"{code}.md").read_text(encoding="utf-8")))


def grouped() -> dict[str, list[str]]:
    """The codes of the catalogue under what they are about, warnings behind the errors of their group."""
    return {name: [code for code in CATALOGUE if code[1:3] == digits] for digits, name in GROUPS.items()}


def nearest(word: str) -> list[str]:
    """The codes that may have been meant by a word that is none, the likeliest first."""
    number = re.search(r"\d+", word)
    same = [code for code in CATALOGUE if number and int(code[1:]) == int(number[0][:9])]
    return same or closest(word.upper(), CATALOGUE, _SEVERAL)


def _parts(text: str) -> Iterator[Part]:
    for piece in re.split(r"^(```\w*\n.*?^```)$", text, flags=re.MULTILINE | re.DOTALL):
        if piece.startswith("```"):
            opening, _, rest = piece.partition("\n")
            yield Part("code", rest.removesuffix("```").rstrip("\n"), opening.removeprefix("```"))
            continue
        for paragraph in re.split(r"\n{2,}", piece.strip()):
            if paragraph.startswith("#"):
                yield Part("heading", paragraph.lstrip("# "))
            elif paragraph:
                yield Part("text", " ".join(paragraph.split()))
