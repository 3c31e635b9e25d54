"""A scene as PNG, through its SVG: the same bytes on every machine, since the font travels with archc."""

from collections.abc import Mapping

from archc.draw import text as font
from archc.draw.scene import Scene
from archc.draw.svg import svg

MOST_PIXELS = 16_000
"""In either direction; beyond, an image takes seconds to make, and few programs open it."""


def png(scene: Scene, theme: Mapping[str, str], pixels: int) -> bytes:
    """The bytes of a PNG file that is `pixels` wide, or less where it would be too high."""
    import resvg_py

    tall = max(scene.height / scene.width, 1)
    wide = max(1, min(pixels, int(MOST_PIXELS / tall)))
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg(scene, theme),
            width=wide,
            skip_system_fonts=True,
            font_files=[str(path) for path in font.FILES.values()],
            font_family=font.FAMILY,
            sans_serif_family=font.FAMILY,
        )
    )
