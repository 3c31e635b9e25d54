"""Figures as SVG: valid, of plain shapes alone, titled, and safe whatever people call their layers."""

import re
from xml.etree import ElementTree
from xml.parsers import expat

import pytest

from archc.draw import text as font
from archc.draw.formats import Width, printed
from archc.draw.scene import Circle, Line, Part, Polygon, Rect, Scene, Text
from archc.draw.svg import number, svg
from archc.draw.theme import THEMES
from tests.draw.figures import MEAN, NAMES, SYMBOLS, figure, sample
from tests.draw.processes import digests, digests_elsewhere

SVG = "{http://www.w3.org/2000/svg}"
XML = "{http://www.w3.org/XML/1998/namespace}"
PLAIN = {"svg", "title", "desc", "g", "rect", "circle", "polygon", "path", "text"}
"""Elements that every viewer knows; no `marker`, `filter`, `pattern`, `use`, `image`, `style` or `script`."""

ATTRIBUTES = {
    *("width", "height", "viewBox", "role", "font-family", "class", "data-id", "data-line", "x", "y", "rx", "cx", "cy"),
    *("r", "d", "points", "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "font-size"),
    *("font-weight", "text-anchor", "transform", "textLength", "lengthAdjust", "aria-hidden", f"{XML}space"),
}

SCENES = {"sample": sample, **{name: lambda name=name: figure(name) for name in NAMES}}


def tree_of(scene: Scene, theme: str = "light", width: Width | None = None) -> ElementTree.Element:
    return ElementTree.fromstring(printed(scene, "svg", theme, width))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", SCENES)
def test_valid_and_plain(name: str, theme: str) -> None:
    text = printed(SCENES[name](), "svg", theme)
    text.decode("utf-8", "strict")
    parser = expat.ParserCreate(namespace_separator=" ")
    declared: list[str] = []
    parser.StartNamespaceDeclHandler = lambda prefix, uri: declared.append(uri)
    parser.StartDoctypeDeclHandler = lambda *_: pytest.fail("a document type")
    parser.ProcessingInstructionHandler = lambda *_: pytest.fail("a processing instruction")
    parser.Parse(text, True)
    assert declared == ["http://www.w3.org/2000/svg"]
    for element in ElementTree.fromstring(text).iter():
        assert element.tag.removeprefix(SVG) in PLAIN
        assert set(element.attrib) <= ATTRIBUTES
        for key, value in element.attrib.items():
            if key in ("fill", "stroke"):
                assert value == "none" or re.fullmatch("#[0-9A-F]{6}", value), (key, value)
            elif key not in ("data-id", "font-family"):
                assert not re.search(r"url|var|http|javascript|nan|inf|\d{8}", value), (key, value)


@pytest.mark.parametrize("name", SCENES)
def test_said_to_those_who_cannot_see(name: str) -> None:
    """The figure is an image with a title and a description, and every node has a title of its own."""
    root = tree_of(SCENES[name]())
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root[0].text
    nodes = [group for group in root.iter(f"{SVG}g") if group.get("class") == "node"]
    assert nodes
    for node in nodes:
        assert node[0].tag == f"{SVG}title" and (node[0].text or "").strip()


@pytest.mark.parametrize("what", MEAN)
def test_mean_texts_stay_text(what: str) -> None:
    """They come out as they went in, but for what XML or a reader can't bear."""
    root = tree_of(sample({what: MEAN[what]}))
    group = next(group for group in root.iter(f"{SVG}g") if group.get("data-line") == "1")
    shown = group.find(f"{SVG}text")
    assert shown is not None and shown.text == group[0].text == font.printable(MEAN[what])
    assert group.get("data-id") == f"net.{font.printable(MEAN[what])}"
    if what in ("symbols", "markup", "quotes", "emoji", "right to left", "Chinese", "accents", "entity"):
        assert shown.text == MEAN[what]
    assert not set(shown.text or "") & set("\x00\x01\x1b\x7f\u0085\u202e\u202c\ud800\ufffe\uffff\t\n\u2028")


def test_blanks_are_kept() -> None:
    """Else a text would be narrower than measured, and be stretched."""
    shown = [text for text in tree_of(sample()).iter(f"{SVG}text") if f"{XML}space" in text.attrib]
    assert [text.text for text in shown] == [" a  b c d e "]


def test_every_mark_is_there() -> None:
    marks = (
        Rect(1, 2, 30, 40, "conv", "ink", 2, 5, "4 3"),
        Circle(50, 60, 7, "", "edge"),
        Polygon(((1, 1), (2, 3), (4, 1)), "face"),
        Line(((10, 10), (60, 10), (60, 50)), "negative", 2, "1 2", radius=5, arrow=True, head=10),
        Text(5, 6, "wide", 10, True, "middle", "soft", True, "paper"),
    )
    root = tree_of(Scene(100, 80, (Part("note", marks),)))
    (group,) = root.iter(f"{SVG}g")
    colors = THEMES["light"]
    rect, circle, polygon, path, head, rim, text = group
    assert rect.attrib == {
        **{"x": "1", "y": "2", "width": "30", "height": "40", "rx": "5", "fill": colors["conv"]},
        **{"stroke": colors["ink"], "stroke-width": "2", "stroke-dasharray": "4 3"},
    }
    assert (circle.get("cx"), circle.get("cy"), circle.get("r"), circle.get("fill")) == ("50", "60", "7", "none")
    assert (polygon.get("points"), polygon.get("fill")) == ("1,1 2,3 4,1", colors["face"])
    assert path.get("d") == "M10 10 L55 10 Q60 10 60 15 L60 42", "rounded, and drawn back into the head"
    assert (head.get("points"), head.get("fill")) == ("60,50 56.4,40 63.6,40", colors["negative"])
    assert rim.get("stroke") == colors["paper"] and rim.get("aria-hidden") == "true"
    assert (text.get("fill"), text.get("transform"), text.get("text-anchor")) == (
        colors["soft"],
        "rotate(-90 5 6)",
        "middle",
    )
    assert text.get("textLength") == number(font.width("wide", 10, bold=True))


def test_a_head_has_a_direction_even_where_the_last_point_is_said_twice() -> None:
    twice = Line(((10, 10), (60, 10), (60, 50), (60, 50)), arrow=True, head=10)
    once = Line(((10, 10), (60, 10), (60, 50)), arrow=True, head=10)
    assert [svg(Scene(9, 9, (Part("edge", (line,)),)), THEMES["light"]) for line in (twice, once)] == [
        svg(Scene(9, 9, (Part("edge", (once,)),)), THEMES["light"])
    ] * 2


@pytest.mark.parametrize(
    ("width", "shown"),
    [(None, ("400", "200")), (Width(3.3, "in"), ("3.3in", "1.65in")), (Width(84, "mm"), ("84mm", "42mm"))],
    ids=str,
)
def test_width(width: Width | None, shown: tuple[str, str]) -> None:
    scene = Scene(400, 200, (Part("note", (Text(10, 10, "x"),)),))
    root = tree_of(scene, width=width)
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == (*shown, "0 0 400 200")


def test_symbols_are_written_as_themselves() -> None:
    assert SYMBOLS.encode() in printed(sample(), "svg")


def test_same_bytes_in_another_process() -> None:
    assert (
        digests("svg") == digests_elsewhere("svg", PYTHONHASHSEED="1") == digests_elsewhere("svg", PYTHONHASHSEED="2")
    )
