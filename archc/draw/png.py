"""A scene as PNG, through its SVG: the same bytes on every machine, since the font travels with archc."""

import zlib
from collections.abc import Mapping
from math import sqrt

from archc.draw import text as font
from archc.draw.scene import Scene
from archc.draw.svg import svg

MOST_PIXELS, LARGEST = 16_000, 64_000_000
"""In either direction, and in all; beyond, an image takes seconds and gigabytes to make, and few programs open it."""

METRE = 39.3701
"""In inches."""


def png(scene: Scene, theme: Mapping[str, str], pixels: int, inches: float) -> bytes:
    """The bytes of a PNG file that is `pixels` wide, or less where it would be too large, and prints `inches` wide."""
    import resvg_py

    tall = scene.height / scene.width
    wide = max(1, min(pixels, int(MOST_PIXELS / max(tall, 1)), int(sqrt(LARGEST / tall))))
    image = bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg(scene, theme),
            width=wide,
            skip_system_fonts=True,
            font_files=[str(path) for path in font.FILES.values()],
            font_family=font.FAMILY,
            sans_serif_family=font.FAMILY,
        )
    )
    return _with_density(image, round(wide / inches * METRE))


def _with_density(image: bytes, density: int) -> bytes:
    """A PNG file that says how many of its pixels are a metre, by which programs know how large to place it.

    The chunk is pHYs, behind the first one, which takes 25 bytes (PNG specification, third edition, 11.3.4.3).
    """
    chunk = b"pHYs" + density.to_bytes(4) * 2 + b"\x01"
    head = len(b"\x89PNG\r\n\x1a\n") + 25
    return image[:head] + (9).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4) + image[head:]
