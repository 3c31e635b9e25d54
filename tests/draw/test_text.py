"""How wide texts are: as wide as the font's own numbers say, in every printer."""

import json
from itertools import pairwise, product

import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

from archc.draw import text as font
from archc.draw.scene import Text
from tests.draw.figures import MEAN, NAMES, figure


@pytest.fixture(scope="module", params=[False, True], ids=["regular", "bold"])
def ours(request: pytest.FixtureRequest) -> tuple[bool, TTFont]:
    """Whether it is bold, and the font that travels with archc."""
    return request.param, TTFont(font.FILES[request.param])


def test_widths_are_the_fonts_own(ours: tuple[bool, TTFont]) -> None:
    bold, file = ours
    own = {chr(code): file["hmtx"][glyph][0] for code, glyph in file.getBestCmap().items()}
    noted = json.loads((font.FONTS / "widths.json").read_text(encoding="utf-8"))["bold" if bold else "regular"]
    assert noted == own
    assert file["head"].unitsPerEm == font.UNITS
    assert file["name"].getDebugName(1) == font.FAMILY
    for character, advance in own.items():
        if font.printable(character) == character:
            assert font.width(character, 10, bold=bold) == advance / font.UNITS * 10


def test_neighbours_do_not_change_widths(ours: tuple[bool, TTFont]) -> None:
    """The font holds no kerning and no ligatures, which a browser would apply and a sum of widths does not know."""
    assert not {"GPOS", "GSUB", "kern", "morx"} & set(ours[1].keys())


def test_what_figures_write_is_in_the_font(ours: tuple[bool, TTFont]) -> None:
    known = {chr(code) for code in ours[1].getBestCmap()}
    needed = set(map(chr, range(0x20, 0x7F))) | set(
        "×·…⋮–—−±→←↑↓∂∇∑∏√∞≈≤≥≠∈ℝŷâŵx̂⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ₀₁₂₃₄₅₆₇₈₉αβγδεηθλμσφψωΣΔ½°µ§"
    )
    assert needed - known == set()
    assert {character for name in NAMES for text in figure(name).texts() for character in text.text} <= known


def test_letters_lie_between_ascent_and_descent(ours: tuple[bool, TTFont]) -> None:
    """What `bounds` of a text promise, by the outlines of the font. Brackets and marks reach out by little."""
    _, file = ours
    glyphs, names = file.getGlyphSet(), file.getBestCmap()
    for character in map(chr, range(0x21, 0x7F)):
        pen = BoundsPen(glyphs)
        glyphs[names[ord(character)]].draw(pen)
        _, low, _, high = pen.bounds
        slack = 0.001 if character.isalnum() else 0.05
        assert high / font.UNITS <= font.ASCENT + slack, character
        assert low / font.UNITS >= -font.DESCENT - slack, character


def test_width_adds_up() -> None:
    texts = ["conv1", "× ", "∂L/∂W", "", "3×3, 64"]
    for first, second in product(texts, texts):
        assert font.width(first + second, 7) == pytest.approx(font.width(first, 7) + font.width(second, 7))
    assert font.width("conv", 20) == pytest.approx(2 * font.width("conv", 10))
    assert font.width("conv", 10, bold=True) > font.width("conv", 10)
    assert font.width("\U0010ffff", 10) == 10


@pytest.mark.parametrize(
    ("anchor", "turned", "box"),
    [
        ("start", False, (100, 42.4, 110, 52.4)),
        ("middle", False, (95, 42.4, 105, 52.4)),
        ("end", False, (90, 42.4, 100, 52.4)),
        ("start", True, (92.4, 40, 102.4, 50)),
        ("middle", True, (92.4, 45, 102.4, 55)),
        ("end", True, (92.4, 50, 102.4, 60)),
    ],
)
def test_bounds(anchor: str, turned: bool, box: tuple[float, ...]) -> None:
    """A turned text reads upwards: it starts at the bottom."""
    text = Text(100, 50, "\U0010ffff", 10, anchor=anchor, turned=turned)  # type: ignore[arg-type]
    assert text.bounds == pytest.approx(box)


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("room", [0, 5, 20, 50.5, 100, 1000])
@pytest.mark.parametrize("text", ["", "a", "conv1 × ŷ", "a very long name of a layer", "word " * 40])
def test_what_is_fitted_fits(text: str, room: float, bold: bool) -> None:
    found = font.fitted(text, 12, room, bold=bold)
    if font.width(text, 12, bold=bold) <= room:
        assert found == text
    else:
        assert found.endswith("…") and text.startswith(found[:-1])
        assert font.width(found, 12, bold=bold) <= max(room, font.width("…", 12, bold=bold))


@pytest.mark.parametrize("room", [1, 30, 60, 200])
def test_what_is_wrapped_keeps_its_words(room: float) -> None:
    text = "a text of several words, incomprehensibilities among them"
    lines = font.wrapped(text, 12, room)
    assert " ".join(lines) == text
    assert all(font.width(line, 12) <= room or " " not in line for line in lines)
    for line, following in pairwise(lines):
        assert font.width(f"{line} {following.split()[0]}", 12) > room, "it would have fitted"


def test_printable() -> None:
    assert font.printable("conv1 × ∂L/∂ŷ₁") == "conv1 × ∂L/∂ŷ₁"
    assert font.printable(MEAN["blanks"]) == " a  b c d e "
    assert font.printable(MEAN["control"]) == "abc[31m d"
    assert font.printable(MEAN["turned around"]) == "a gnorw b"
    assert font.printable(MEAN["surrogate"]) == "ab"
    assert font.printable(MEAN["no character"]) == "abcd"
    for text in MEAN.values():
        assert font.width(text, 12) == font.width(font.printable(text), 12)
        font.printable(text).encode("utf-8", "strict")
