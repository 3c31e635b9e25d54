"""A scene as PDF: vectors, texts that can be selected and searched, fonts embedded, nothing that depends on the day."""

import io
from collections.abc import Mapping
from typing import Any

from archc.draw import text as font
from archc.draw.scene import Circle, Line, Mark, Polygon, Rect, Scene, Text
from archc.draw.strokes import head, rounded, shaft

NAMES = {False: "archc-sans", True: "archc-sans-bold"}
"""What the page calls the fonts."""

MOST_POINTS = 14_400
"""In either direction; a larger page is shown by few programs (ISO 32000-1, annex C)."""


def pdf(scene: Scene, theme: Mapping[str, str], points: float) -> bytes:
    """The bytes of a PDF file of one page, `points` pt wide, or less where it would be too large."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    for bold, name in NAMES.items():
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(font.FILES[bold])))
    points = min(points, MOST_POINTS, MOST_POINTS * scene.width / scene.height)
    scale = points / scene.width
    out = io.BytesIO()
    # `invariant`: no date, no random identity
    canvas = Canvas(
        out,
        pagesize=(points, scene.height * scale),
        invariant=1,
        pageCompression=1,
        lang="en",
        initialFontName=NAMES[False],  # type: ignore[arg-type]
    )
    canvas.setTitle(font.printable(scene.title))
    canvas.setSubject(font.printable(scene.desc))
    canvas.setCreator("archc")
    canvas.setAuthor("")
    canvas.scale(scale, -scale)
    canvas.translate(0, -scene.height)
    canvas.setLineJoin(1)
    canvas.setFillColor(theme["paper"])
    canvas.rect(0, 0, scene.width, scene.height, stroke=0, fill=1)
    for mark in scene.marks():
        _draw(canvas, mark, theme)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Any, mark: Mark, theme: Mapping[str, str]) -> None:
    match mark:
        case Text():
            _text(canvas, mark, theme)
        case Rect():
            stroke, fill = _paint(canvas, mark.fill, mark.stroke, mark.stroke_width, mark.dash, theme)
            radius = min(mark.radius, mark.width / 2, mark.height / 2)
            place = (mark.x, mark.y, mark.width, mark.height)
            if radius:
                canvas.roundRect(*place, radius, stroke=stroke, fill=fill)
            else:
                canvas.rect(*place, stroke=stroke, fill=fill)
        case Circle():
            stroke, fill = _paint(canvas, mark.fill, mark.stroke, mark.stroke_width, "", theme)
            canvas.circle(mark.x, mark.y, mark.radius, stroke=stroke, fill=fill)
        case Polygon():
            stroke, fill = _paint(canvas, mark.fill, mark.stroke, mark.stroke_width, "", theme)
            _polygon(canvas, mark.points, stroke, fill)
        case Line():
            _paint(canvas, "", mark.stroke, mark.stroke_width, mark.dash, theme)
            _line(canvas, mark)
            if mark.arrow:
                canvas.setFillColor(theme[mark.stroke])
                _polygon(canvas, head(mark), 0, 1)


def _paint(canvas: Any, fill: str, stroke: str, width: float, dash: str, theme: Mapping[str, str]) -> tuple[int, int]:
    if fill:
        canvas.setFillColor(theme[fill])
    if stroke:
        canvas.setStrokeColor(theme[stroke])
        canvas.setLineWidth(width)
        canvas.setDash([float(part) for part in dash.split()])
    return int(bool(stroke)), int(bool(fill))


def _polygon(canvas: Any, points: Any, stroke: int, fill: int) -> None:
    path = canvas.beginPath()
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
    path.close()
    canvas.drawPath(path, stroke=stroke, fill=fill)


def _line(canvas: Any, line: Line) -> None:
    path = canvas.beginPath()
    here = (0.0, 0.0)
    for index, step in enumerate(rounded(shaft(line), line.radius)):
        if not index:
            path.moveTo(*step[0])
        elif len(step) == 1:
            path.lineTo(*step[0])
        else:
            # PDF has cubic curves alone
            (cx, cy), (x, y) = step
            first = (here[0] + (cx - here[0]) * 2 / 3, here[1] + (cy - here[1]) * 2 / 3)
            path.curveTo(*first, x + (cx - x) * 2 / 3, y + (cy - y) * 2 / 3, x, y)
        here = step[-1]
    canvas.drawPath(path, stroke=1, fill=0)


def _text(canvas: Any, text: Text, theme: Mapping[str, str]) -> None:
    before = {"start": 0.0, "middle": text.width / 2, "end": text.width}[text.anchor]
    canvas.saveState()
    canvas.translate(text.x, text.y)
    if text.turned:
        canvas.rotate(-90)
    canvas.scale(1, -1)
    canvas.setFont(NAMES[text.bold], text.size)
    written = font.printable(text.text)
    if text.halo:
        canvas.setStrokeColor(theme[text.halo])
        canvas.setFillColor(theme[text.halo])
        canvas.setLineWidth(3)
        canvas.setDash([])
        # the rim is no text: whoever copies the line gets it once (ISO 32000-1, 14.9.4)
        canvas.addLiteral("/Span <</ActualText ()>> BDC")
        canvas.drawString(-before, 0, written, mode=2)
        canvas.addLiteral("EMC")
    canvas.setFillColor(theme[text.fill])
    canvas.drawString(-before, 0, written, mode=0)
    canvas.restoreState()
