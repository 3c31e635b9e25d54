"""Figures of any size as small pictures for a page of docs/."""

import io
from pathlib import Path
from typing import Any

MOST_BYTES = 150_000
WHOLE = (1000, 1000)
"""How large a whole figure is shown, in px."""

READABLE = 0.5
"""A figure that has to shrink more is shown in part as well."""

PART = (1000, 750)


def pictures(folder: Path, to: Path, stems: list[str]) -> None:
    """Writes `to`/STEM.png of each `folder`/STEM.png, and STEM-part.png of those that would be too small."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    to.mkdir(exist_ok=True)
    for old in to.glob("*.png"):
        old.unlink()
    for stem in stems:
        full = Image.open(folder / f"{stem}.png").convert("RGBA")
        paper = Image.new("RGBA", full.size, "white")
        figure = Image.alpha_composite(paper, full).convert("RGB")
        save(figure, WHOLE, to / f"{stem}.png")
        if min(WHOLE[0] / figure.width, WHOLE[1] / figure.height) < READABLE:
            save(part(figure), PART, to / f"{stem}-part.png")


def part(figure: Any) -> Any:
    """A piece from near the beginning, in full width or height where that isn't too much."""
    width, height = figure.size
    if width <= height:
        wide = min(width, 2 * PART[0])
        high, left, top = wide * PART[1] // PART[0], (width - wide) // 2, round(0.05 * height)
    else:
        high = min(height, 2 * PART[1])
        wide, left, top = high * PART[0] // PART[1] * 2, round(0.05 * width), (height - high) // 2
    return figure.crop((left, top, min(width, left + wide), min(height, top + high)))


def save(image: Any, most: tuple[int, int], path: Path) -> None:
    """Shrinks the image to `most` px, and until its file is small enough."""
    image = image.copy()
    image.thumbnail(most)
    while True:
        written = io.BytesIO()
        image.quantize(64, dither=0).save(written, "PNG", optimize=True)
        if written.tell() <= MOST_BYTES:
            path.write_bytes(written.getvalue())
            return
        image.thumbnail((round(0.85 * image.width), round(0.85 * image.height)))
