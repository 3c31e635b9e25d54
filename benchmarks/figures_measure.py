"""What an SVG shows, measured in a headless Chromium: texts, boxes, edges, and where they get in each other's way."""

import html
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

SCRIPT = """
const svg = document.querySelector("svg"), page = svg.getBoundingClientRect(), x = page.left, y = page.top;
const box = e => { const r = e.getBoundingClientRect();
                   return {l: r.left - x, t: r.top - y, r: r.right - x, b: r.bottom - y} };
const all = q => [...svg.querySelectorAll(q)];
const edge = e => { const m = e.getScreenCTM(), n = e.getTotalLength(), points = [];
    for (let i = 0; i <= n; i += 2 / m.a) { const p = e.getPointAtLength(i).matrixTransform(m);
                                            points.push([p.x - x, p.y - y]) }
    return points };
document.body.textContent = JSON.stringify({
    width: page.width, height: page.height,
    texts: all("text:not([aria-hidden])").map(e => ({...box(e), text: e.textContent,
        size: parseFloat(getComputedStyle(e).fontSize) * Math.abs(e.getScreenCTM().a || e.getScreenCTM().b)})),
    nodes: all("g.node").map(e => ({...box(e), texts: [...e.querySelectorAll("text")].map(box),
        shapes: [...e.querySelectorAll("rect, polygon, ellipse, circle, path")].map(box)})),
    edges: all("g.edge > path, g.edge > a > path").map(edge),
    ends: all("g.edge > title").map(e => e.textContent)});
"""


def browser() -> str:
    """The program, "" where there is none."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), "")


def measured(svg: Path) -> dict[str, Any]:
    """Counts and sizes in px, {} without a browser.

    `font` is the smallest text; `overlaps` counts pairs of texts that cover each other, `cut` texts that leave
    the picture or their node, `through` edges that go through a node, `struck` texts that an edge
    runs XX
    """
    if not browser():
        return {}
    drawing = re.sub(r"^.*?(?=<svg)", "", svg.read_text(encoding="utf-8"), flags=re.DOTALL)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(
            f"<!doctype html><meta charset=utf-8><body style='margin:0'>{drawing}<script>{SCRIPT}</script>",
            encoding="utf-8",
        )
        command = [browser(), "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000"]
        run = subprocess.run(
            [*command, f"--user-data-dir={folder}/user", "--dump-dom", page.as_uri()],
            capture_output=True,
            text=True,
            check=True,
        )
    found = json.loads(html.unescape(re.sub(r"<[^>]*>", "", run.stdout[run.stdout.index("<body") :])))
    return summary(found)


Box = dict[str, Any]


def summary(found: dict[str, Any]) -> dict[str, Any]:
    texts, nodes, edges = found["texts"], found["nodes"], found["edges"]
    page = {"l": 0, "t": 0, "r": found["width"], "b": found["height"]}
    cut = sum(not inside(text, page) for text in texts)
    cut += sum(not inside(text, union(node["shapes"])) for node in nodes if node["shapes"] for text in node["texts"])
    heads = [end.split("->")[1].split(":")[0] for end in found["ends"] if "->" in end]
    heads = heads or [str(number) for points in edges for number, node in enumerate(nodes) if at(node, points[-1])]
    return {
        "width": round(found["width"]),
        "height": round(found["height"]),
        "boxes": len(nodes),
        "texts": len(texts),
        "words": [text["text"] for text in texts],
        "font": min((text["size"] for text in texts), default=0),
        "edges": len(edges),
        "merges": sum(heads.count(head) > 1 for head in set(heads)),
        "overlaps": sum(covers(a, b) for i, a in enumerate(texts) for b in texts[:i]),
        "cut": cut,
        "through": sum(any(pierced(node, points, 3) for node in nodes) for points in edges),
        "struck": sum(any(pierced(text, points, 2) for points in edges) for text in texts),
    }


def inside(one: Box, other: Box) -> bool:
    """To a pixel and a half, sideways and upwards: fonts' boxes are higher than their letters."""
    near = 1.5
    tall = 0.3 * (one["b"] - one["t"])
    return bool(
        one["l"] >= other["l"] - near
        and one["r"] <= other["r"] + near
        and one["t"] >= other["t"] - tall
        and one["b"] <= other["b"] + tall
    )


def at(box: Box, end: tuple[float, float]) -> bool:
    """Whether an arrow whose shaft ends there enters the box, from above or a side: its head is 5 px long."""
    near = 7
    return box["l"] - near < end[0] < box["r"] + near and box["t"] - near < end[1] < box["b"] - 1


def union(boxes: list[Box]) -> Box:
    return {side: (min if side in "lt" else max)(box[side] for box in boxes) for side in "ltrb"}


def covers(one: Box, other: Box) -> bool:
    """Whether texts lie on each other, and not one closely below the other."""
    wide = min(one["r"], other["r"]) - max(one["l"], other["l"])
    high = min(one["b"], other["b"]) - max(one["t"], other["t"])
    return bool(wide > 1 and high > 0.3 * min(one["b"] - one["t"], other["b"] - other["t"]))


def pierced(box: Box, points: list[tuple[float, float]], deep: float) -> bool:
    left, top, right, bottom = box["l"] + deep, box["t"] + deep, box["r"] - deep, box["b"] - deep
    return any(left < x < right and top < y < bottom for x, y in points)
