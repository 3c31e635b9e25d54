"""Figures as PNG: the same pixels wherever they are made, as large as asked, and no larger than programs open."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from archc.draw.formats import Width, printed
from archc.draw.png import LARGEST, MOST_PIXELS
from archc.draw.scene import Part, Rect, Scene, Text
from archc.draw.theme import THEMES
from tests.cost import timed
from tests.draw.figures import MEAN, NAMES, figure, sample
from tests.draw.processes import digests, digests_elsewhere


def opened(scene: Scene, theme: str = "light", width: Width | None = None) -> Image.Image:
    return Image.open(io.BytesIO(printed(scene, "png", theme, width)))


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB")).astype(int)


def color(written: str) -> list[int]:
    return list(bytes.fromhex(written.removeprefix("#")))


def one_text(text: str, fill: str = "ink", bold: bool = False) -> Scene:
    return Scene(240, 40, (Part("note", (Text(10, 25, text, 14, bold, fill=fill),)),))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", [*NAMES, "sample"])
def test_something_is_seen(name: str, theme: str) -> None:
    scene = sample() if name == "sample" else figure(name)
    image = opened(scene, theme)
    assert image.format == "PNG"
    assert image.width == round(scene.width * 2)
    assert abs(image.height - scene.height * 2) <= 1
    assert len(image.getcolors(1_000_000) or ()) > 20
    seen = pixels(image)
    assert (seen[0, 0] == color(THEMES[theme]["paper"])).all()
    assert 0.02 < (seen != seen[0, 0]).any(axis=2).mean() < 0.98
    assert np.asarray(image.convert("RGBA"))[..., 3].min() == 255, "nothing shines through"


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("text", ["conv1", "×", "∂L/∂W", "ŷ₁", "ℝ²⁸", "x⋮x", "σ(z)", "→"])
def test_a_text_is_as_wide_as_it_was_measured(text: str, bold: bool) -> None:
    """In pixels: what is printed lies in its bounds, and is no box for a missing character."""
    scene = one_text(text, bold=bold)
    (mark,) = scene.texts()
    ink = np.argwhere((pixels(opened(scene)) < 200).any(axis=2)) / 2
    assert len(ink) > 10
    (top, left), (bottom, right) = ink.min(axis=0), ink.max(axis=0) + 0.5
    bounds = mark.bounds
    assert bounds[0] - 1 <= left and right <= bounds[2] + 1
    assert bounds[1] - 1.5 <= top and bottom <= bounds[3] + 1
    assert right - left >= mark.width - 6
    missing = pixels(opened(one_text("\U0010ffff", bold=bold)))
    assert not (pixels(opened(one_text(text[0], bold=bold))) == missing).all()


def test_bold_is_bolder() -> None:
    thin, thick = ((pixels(opened(one_text("conv1", bold=bold))) < 128).sum() for bold in (False, True))
    assert thick > 1.2 * thin


@pytest.mark.parametrize(
    ("width", "wide"), [(Width(3.3, "in"), 990), (Width(84, "mm"), 992), (Width(100, "px"), 312)], ids=str
)
def test_width(width: Width, wide: int) -> None:
    """A column of a paper in 300 dots an inch, and the file says so."""
    image = opened(sample(), width=width)
    assert image.width == wide
    assert image.info["dpi"] == pytest.approx((300, 300), rel=0.002)


def test_printed_as_large_as_the_svg_unless_said() -> None:
    assert opened(sample()).info["dpi"] == pytest.approx((192, 192), rel=0.002)


@pytest.mark.parametrize(("wide", "high"), [(100, 60_000), (60_000, 100), (9_000, 9_000)])
def test_no_larger_than_programs_open(wide: float, high: float) -> None:
    scene = Scene(wide, high, (Part("node", (Rect(0, 0, wide / 2, high / 2, "conv"),)),))
    image, seconds = timed(lambda: opened(scene))
    assert max(image.size) <= MOST_PIXELS and image.width * image.height <= LARGEST
    assert max(image.size) > 0.95 * MOST_PIXELS or image.width * image.height > 0.95 * LARGEST
    assert image.width / image.height == pytest.approx(wide / high, rel=0.02)
    assert image.info["dpi"][0] == pytest.approx(image.width / wide * 96, rel=0.02), "it still prints in its size"
    assert seconds < 10, "1.3 on a machine of its own"


@pytest.mark.parametrize("what", MEAN)
def test_mean_texts(what: str) -> None:
    assert len(opened(sample({what: MEAN[what]})).getcolors(1_000_000) or ()) > 20


def test_same_bytes_in_another_process_whatever_its_fonts(tmp_path: Path) -> None:
    """Where sets have another order, fontconfig knows no font, or knows one that calls itself the same."""
    nothing, others = tmp_path / "nothing.conf", tmp_path / "others.conf"
    nothing.write_text("<?xml version='1.0'?><fontconfig/>")
    replaced = "<match><edit name='family' mode='assign'><string>DejaVu Serif</string></edit></match>"
    others.write_text(f"<?xml version='1.0'?><fontconfig><dir>/usr/share/fonts</dir>{replaced}</fontconfig>")
    expected = digests("png")
    for order, path in enumerate((nothing, others), 1):
        moved = {
            "PYTHONHASHSEED": str(order),
            "FONTCONFIG_FILE": str(path),
            "FONTCONFIG_PATH": str(tmp_path),
            "HOME": str(tmp_path),
        }
        assert digests_elsewhere("png", **moved) == expected
