"""Pages in a browser: how tests open them, and what must be true of what they show."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from archc.draw.html import Document, html
from archc.draw.levels import Level
from tests.draw.browser import Browser, Page

READY = "document.documentElement.dataset.ready !== undefined"
BAND, FOOT = 26.0, 10.0
"""How high a frame's title is, and what is free at its bottom, in px."""

Box = tuple[float, float, float, float]


@contextmanager
def shown(browser: Browser, text: str, folder: Path, width: int = 1280, height: int = 800) -> Iterator[Page]:
    """A page from a file, without motion, once its fonts are there."""
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    with browser.page(width, height) as page:
        page.media(prefers_reduced_motion="reduce")
        page.go(path.as_uri(), READY)
        yield page


def text_of(levels: Sequence[Level], theme: str = "light", **document: Any) -> str:
    return html(levels, Document(**{"name": "Made up"} | document), theme)


def faults(page: Page) -> list[str]:
    """What is wrong with how nodes, frames and lines stand to each other."""
    boxes = page.run("figure.boxes()")
    found = []
    inside: dict[str, list[dict[str, Any]]] = {}
    for node in boxes:
        inside.setdefault(node["inside"], []).append(node)
    for siblings in inside.values():
        for index, one in enumerate(siblings):
            for other in siblings[index + 1 :]:
                if _overlap(one["box"], other["box"]):
                    found.append(f"{one['key']} and {other['key']} overlap")
    frames = {node["key"]: node["box"] for node in boxes if node["open"]}
    for node in boxes:
        if node["inside"]:
            left, top, right, bottom = frames[node["inside"]]
            one = node["box"]
            if one[0] < left or one[2] > right or one[1] < top + BAND or one[3] > bottom:
                found.append(f"{node['key']} is not inside {node['inside']}")
    solid = {node["key"]: _solid(node) for node in boxes}
    labels = page.run("figure.labels()")
    for label in labels:
        found += [f"a label at {label} is on {key}" for key, box in solid.items() if _overlap(label, box, 1)]
        found += [
            f"labels at {label} and {other} overlap" for other in labels if other < label and _overlap(label, other)
        ]
    for line in page.run("figure.lines()"):
        points = list(zip(line[::2], line[1::2], strict=True))
        for a, b in pairwise(points):
            if abs(a[0] - b[0]) > 0.05 and abs(a[1] - b[1]) > 0.05:
                found.append(f"a line is askew from {a} to {b}")
            piece = (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
            found += [f"a line from {a} to {b} crosses {key}" for key, box in solid.items() if _overlap(piece, box, 1)]
    return found


def loose_ends(page: Page) -> list[str]:
    """Ends of lines at no node, no frame's band or foot, and not at the upper or lower edge of the whole figure."""
    nodes = page.run("figure.boxes()")
    flats = [(node["box"][0], node["box"][2], y) for node in nodes for y in node["box"][1::2]]
    frames = [node["box"] for node in nodes if node["open"]]
    flats += [(box[0], box[2], y) for box in frames for y in (box[1] + BAND, box[3] - FOOT)]
    flats += [(-1.0, float("inf"), y) for y in (0.0, page.run("figure.camera.figure.height"))]
    return [
        f"{x:.1f}, {y:.1f}"
        for line in page.run("figure.lines()")
        for x, y in (line[:2], line[-2:])
        if not any(left - 1 <= x <= right + 1 and abs(y - at) < 1 for left, right, at in flats)
    ]


def _solid(node: dict[str, Any]) -> Box:
    left, top, right, bottom = node["box"]
    return (left, top, right, top + BAND if node["open"] else bottom)


def _overlap(a: Sequence[float], b: Sequence[float], room: float = 0.5) -> bool:
    return a[0] < b[2] - room and b[0] < a[2] - room and a[1] < b[3] - room and b[1] < a[3] - room
