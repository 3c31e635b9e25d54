"""Figures of any size as small pictures for a page of docs/."""

import io
import re
from pathlib import Path
from typing import Any

MOST_BYTES = 150_000
WHOLE = (1600, 1000)
"""How large a whole figure is shown, in px."""

PART = (1000, 1000)


def pictures(folder: Path, page: Path) -> None:
    """Writes those that a page shows of its folder: NAME.png is `folder`/NAME.png made small, NAME-part.png a piece."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    to = page.with_suffix("")
    to.mkdir(exist_ok=True)
    for old in to.glob("*.png"):
        old.unlink()
    for name in re.findall(rf'src="{to.name}/([^"]+)\.png"', page.read_text(encoding="utf-8")):
        full = Image.open(folder / f"{name.removesuffix('-part')}.png").convert("RGBA")
        figure = Image.alpha_composite(Image.new("RGBA", full.size, "white"), full).convert("RGB")
        if name.endswith("-part"):
            save(part(figure), PART, to / f"{name}.png")
        else:
            save(figure, WHOLE, to / f"{name}.png")


def part(figure: Any) -> Any:
    """A piece from near the beginning, in full width or height where that isn't too much."""
    width, height = figure.size
    if width <= height:
        wide = min(width, 2000)
        high, left, top = max(3 * wide // 4, 1000), (width - wide) // 2, round(0.15 * height)
    else:
        high = min(height, 2000)
        wide, left, top = max(2 * high, 2500), round(0.05 * width), (height - high) // 2
    return figure.crop((left, top, min(width, left + wide), min(height, top + high)))


def save(image: Any, most: tuple[int, int], path: Path) -> None:
    """Shrinks the image to `most` px, and until its file is small enough."""
    from PIL import Image

    image = image.copy()
    image.thumbnail(most)
    while True:
        written = io.BytesIO()
        # colours that are rare, as that of the only pooling layer, are kept too
        image.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=0).save(written, "PNG", optimize=True)
        if written.tell() <= MOST_BYTES:
            path.write_bytes(written.getvalue())
            return
        image.thumbnail((round(0.85 * image.width), round(0.85 * image.height)))
