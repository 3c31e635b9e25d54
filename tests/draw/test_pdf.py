"""Figures as PDF: text that can be selected, fonts that travel along, vectors, the page as wide as asked."""

import io
import re

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from archc.draw.formats import Width, printed
from archc.draw.pdf import MOST_POINTS
from archc.draw.scene import Part, Rect, Scene, Text
from archc.draw.theme import THEMES
from tests.draw.figures import MEAN, NAMES, SYMBOLS, figure, sample
from tests.draw.processes import digests, digests_elsewhere


def read(scene: Scene, theme: str = "light", width: Width | None = None) -> PdfReader:
    return PdfReader(io.BytesIO(printed(scene, "pdf", theme, width)), strict=True)


def content(reader: PdfReader) -> str:
    found = reader.pages[0].get_contents()
    assert found is not None
    return found.get_data().decode("latin-1")


@pytest.mark.parametrize("name", NAMES)
def test_every_text_can_be_selected(name: str) -> None:
    scene = figure(name)
    reader = read(scene)
    assert len(reader.pages) == 1
    words = re.sub(r"\s+", "", reader.pages[0].extract_text())
    for text in scene.texts():
        assert re.sub(r"\s+", "", text.text) in words


def test_symbols_can_be_selected() -> None:
    found = read(sample()).pages[0].extract_text()
    assert SYMBOLS in found
    assert "x\u0302 é" in found and MEAN["markup"] in found and "turned" in found


def test_the_rim_of_a_text_is_no_text() -> None:
    """Whoever copies a text that has a halo gets it once."""
    scene = Scene(200, 40, (Part("label", (Text(10, 20, "halo", 12, halo="paper"),)),))
    rim = r"/Span <</ActualText \(\)>> BDC\nBT .* \(halo\) Tj .*ET\nEMC\n"
    text = content(read(scene))
    assert len(re.findall(rim, text)) == 1
    assert re.sub(rim, "", text).count("(halo) Tj") == 1


@pytest.mark.parametrize("name", [*NAMES, "sample"])
def test_every_font_is_embedded(name: str) -> None:
    reader = read(sample() if name == "sample" else figure(name))
    fonts = reader.pages[0]["/Resources"]["/Font"]
    assert fonts
    for key in fonts:
        font = fonts[key].get_object()
        assert isinstance(font, DictionaryObject)
        assert re.fullmatch(r"/[A-Z]{6}\+DejaVuSans(-Bold)?", font["/BaseFont"])
        assert font["/FontDescriptor"].get_object()["/FontFile2"].get_object().get_data()[:4] == b"\0\1\0\0"
        assert font["/ToUnicode"].get_object().get_data()
    used = set(re.findall(r"/(F\d+\S*) [\d.]+ Tf", content(reader)))
    assert used <= {key.removeprefix("/") for key in fonts}


def test_vectors_and_no_pictures() -> None:
    reader = read(sample())
    assert not reader.pages[0].images
    assert len(re.findall(r"^.* re\b", content(reader), re.MULTILINE)) >= 5
    assert not reader.trailer["/Root"].get("/Names") and not reader.trailer["/Root"].get("/OpenAction")
    assert "/Annots" not in reader.pages[0]


@pytest.mark.parametrize("theme", THEMES)
def test_colors(theme: str) -> None:
    """A page in the theme's paper, and layers in their family's fill."""
    text = content(read(sample(), theme))
    fills = {
        tuple(round(255 * float(part)) for part in found)
        for found in re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) rg", text)
    }
    for role in ("paper", "conv", "conv.text", "merge"):
        assert tuple(bytes.fromhex(THEMES[theme][role][1:])) in fills


@pytest.mark.parametrize(
    ("width", "points"),
    [(None, None), (Width(3.3, "in"), 237.6), (Width(84, "mm"), 238.11), (Width(252, "pt"), 252)],
    ids=str,
)
def test_page(width: Width | None, points: float | None) -> None:
    scene = sample()
    box = read(scene, width=width).pages[0].mediabox
    wide = points or scene.width * 0.75
    assert float(box.width) == pytest.approx(wide, abs=0.01)
    assert float(box.height) == pytest.approx(wide * scene.height / scene.width, abs=0.01)


@pytest.mark.parametrize(("wide", "high"), [(100, 60_000), (60_000, 100)])
def test_no_page_that_programs_refuse(wide: float, high: float) -> None:
    scene = Scene(wide, high, (Part("node", (Rect(0, 0, 10, 10, "conv"),)),))
    box = read(scene).pages[0].mediabox
    assert max(float(box.width), float(box.height)) == pytest.approx(MOST_POINTS)
    assert float(box.width) / float(box.height) == pytest.approx(wide / high, rel=0.001)


def test_said_to_those_who_cannot_see() -> None:
    reader = read(sample())
    assert reader.metadata is not None
    assert reader.metadata.title == sample().title
    assert reader.metadata.subject == "It shows abc[31m d"
    assert reader.trailer["/Root"]["/Lang"] == "en"


@pytest.mark.parametrize("what", MEAN)
def test_mean_texts(what: str) -> None:
    assert "turned" in read(sample({what: MEAN[what]})).pages[0].extract_text()


def test_same_bytes_whatever_was_printed_before() -> None:
    first = printed(sample(), "pdf")
    printed(figure("googlenet"), "pdf")
    assert printed(sample(), "pdf") == first


def test_same_bytes_in_another_process() -> None:
    assert (
        digests("pdf") == digests_elsewhere("pdf", PYTHONHASHSEED="1") == digests_elsewhere("pdf", PYTHONHASHSEED="2")
    )


def test_no_date_and_no_machine() -> None:
    found = printed(sample(), "pdf")
    assert re.findall(rb"D:(\d{4})", found) in ([], [b"2000", b"2000"])
