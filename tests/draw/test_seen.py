"""What a browser measures is what figures were laid out by: every text as wide, and where, as it was reckoned."""

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from archc.draw.formats import printed
from archc.draw.scene import Scene
from archc.draw.svg import number
from archc.draw.text import FILES
from tests.draw.browser import Browser, Page
from tests.draw.figures import figure, sample
from tests.draw.geometry import among, overlap

MODELS = (
    *(
        "alexnet",
        "googlenet",
        "lenet5",
        "lenet5_1998",
        "mnist_mlp",
        "resnet18",
        "resnet50",
        "resnet152",
        "vgg16",
        "xor",
    ),
    *("cascade", "zip1989"),
)

EQUAL, WITHIN = 0.1, 1.05
"""How many px longer or shorter a text may be, and how far the sides of its box may be elsewhere: a browser widens
that by the ink that hangs over, in whole px."""

BOXES = """
[...document.querySelectorAll("text:not([aria-hidden])")].map(text => {
    const box = text.getBBox(), to = text.getCTM();
    const corner = new DOMPoint(box.x, box.y).matrixTransform(to);
    const other = new DOMPoint(box.x + box.width, box.y + box.height).matrixTransform(to);
    return [text.getComputedTextLength(), Math.min(corner.x, other.x), Math.min(corner.y, other.y),
            Math.max(corner.x, other.x), Math.max(corner.y, other.y)];
})
"""


def shown(page: Page, scene: Scene, tmp_path: Path, *, forced: bool = True) -> list[list[float]]:
    """What the browser measures of each text; not `forced` into their widths, in our font."""
    text = printed(scene, "svg").decode()
    if not forced:
        faces = ""
        for bold, file in FILES.items():
            source = f"data:font/ttf;base64,{b64encode(file.read_bytes()).decode()}"
            weight = "bold" if bold else "normal"
            faces += f"@font-face {{ font-family: ours; font-weight: {weight}; src: url({source}) }}"
        text = text.replace(' lengthAdjust="spacingAndGlyphs"', "").replace("textLength", "data-length")
        text = text.replace("<desc>", f"<style>{faces} text {{ font-family: ours }}</style><desc>", 1)
    path = tmp_path / "figure.svg"
    path.write_text(text, encoding="utf-8")
    page.go(path.as_uri())
    page.run("document.fonts.ready.then(() => 0)")
    page.until("[...document.fonts].every(face => face.status !== 'loading')")
    found = page.run(f"JSON.stringify({BOXES})")
    boxes: list[list[float]] = json.loads(found)
    return boxes


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.page() as tab:
        yield tab


@pytest.mark.parametrize("name", [*MODELS, "sample"])
def test_texts_are_where_they_were_laid_out(name: str, page: Page, tmp_path: Path) -> None:
    scene = sample() if name == "sample" else figure(name)
    texts = list(scene.texts())
    boxes = shown(page, scene, tmp_path)
    assert len(boxes) == len(texts)
    for text, (length, *box) in zip(texts, boxes, strict=True):
        assert abs(length - text.width) <= EQUAL, text
        for side in (1, 3) if text.turned else (0, 2):
            assert abs(box[side] - text.bounds[side]) <= WITHIN, (text, box)


@pytest.mark.parametrize("name", MODELS)
def test_texts_are_as_wide_by_themselves(name: str, page: Page, tmp_path: Path) -> None:
    """In the figure's own font, without being told how wide to be."""
    scene = figure(name)
    for text, (length, left, _, right, _) in zip(
        scene.texts(), shown(page, scene, tmp_path, forced=False), strict=True
    ):
        assert abs(length - text.width) <= EQUAL, text
        assert abs(left - text.bounds[0]) <= WITHIN and abs(right - text.bounds[2]) <= WITHIN, text


@pytest.mark.parametrize("name", MODELS)
def test_no_text_lies_on_another(name: str, page: Page, tmp_path: Path) -> None:
    """As a browser sees them: its boxes are as high as a line, of which letters take the middle."""
    scene = figure(name)
    boxes = []
    for text, (_, left, top, right, bottom) in zip(scene.texts(), shown(page, scene, tmp_path), strict=True):
        empty = (bottom - top - text.size) / 2
        assert empty >= 0
        boxes.append((left, top + empty, right, bottom - empty))
    pairs = [(a, b) for a, b in among(boxes) if overlap(boxes[a], boxes[b], WITHIN)]
    assert pairs == []


def test_the_browser_sees_what_is_wrong(page: Page, tmp_path: Path) -> None:
    """A text that is wider than reckoned, or elsewhere, would be found."""
    scene = figure("lenet5")
    text = printed(scene, "svg").decode()
    first = next(scene.texts())
    assert f'textLength="{number(first.width)}"' in text
    path = tmp_path / "figure.svg"
    path.write_text(text.replace(f'textLength="{number(first.width)}"', f'textLength="{number(first.width + 5)}"', 1))
    page.go(path.as_uri())
    boxes = json.loads(page.run(f"JSON.stringify({BOXES})"))
    assert abs(boxes[0][0] - first.width) > EQUAL and abs(boxes[0][3] - first.bounds[2]) > WITHIN
