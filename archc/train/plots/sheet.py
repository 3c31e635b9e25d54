"""What is done to every painted figure: its titles and labels are broken into lines that fit its sheet."""

from math import inf
from typing import TYPE_CHECKING

from archc.draw.text import width

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

_MARGIN = 0.05
"""Inches between text and the edge of the sheet."""
_LEADING = 1.2
_LOOSE = 0.94
"""How much of the room is taken by measure: on a screen letters stand on whole dots, which makes them wider."""


def fit(figure: "Figure") -> None:
    """Breaks titles and labels that reach over the sheet's edge; what they take in height, the sheet grows."""
    whole = {text: text.get_text() for text in _headings(figure)}
    across = _LOOSE * (figure.get_figwidth() - 2 * _MARGIN)
    grown = sum(_set(text, words, across) for text, words in whole.items() if text.get_rotation() == 0)
    figure.set_figheight(figure.get_figheight() + grown)
    for _ in range(4):  # longer labels of an axis move its title
        figure.draw_without_rendering()
        boxes = [text.get_window_extent() for text in whole]
        over = max((max(-box.y0, box.y1 - figure.bbox.height) for box in boxes), default=0.0) / figure.dpi
        grown = sum(_broken(figure, text, words) for text, words in whole.items())
        if not grown and over <= 0:
            return
        # where cells are square, what the sheet grows is shared by both of its ends
        figure.set_figheight(figure.get_figheight() + max(grown, 2 * over))


def missing(figure: "Figure") -> str:
    """The characters in a figure that its font lacks, each once, in their order."""
    from matplotlib.font_manager import findfont, get_font
    from matplotlib.text import Text

    known = get_font(findfont("DejaVu Sans")).get_charmap()
    texts = [text.get_text() for text in figure.findobj(Text)]
    return "".join(sorted({sign for text in texts for sign in text if sign.isprintable() and ord(sign) not in known}))


def smallest(figure: "Figure") -> float:
    """The points of its smallest text, rounded as they are told."""
    from matplotlib.text import Text

    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return round(min((float(text.get_fontsize()) for text in texts), default=inf), 1)


def lines(text: str, points: float, room: float, *, bold: bool = False) -> list[str]:
    """A text in lines of so many inches, broken at spaces, and inside of words that have no room."""
    found: list[str] = []
    for word in text.split():
        longer = f"{found[-1]} {word}" if found else word
        if found and width(longer, points, bold=bold) <= 72 * room:
            found[-1] = longer
            continue
        while len(word) > 1 and width(word, points, bold=bold) > 72 * room:
            fits = max(1, sum(width(word[: end + 1], points, bold=bold) <= 72 * room for end in range(len(word))))
            found.append(word[:fits])
            word = word[fits:]
        if word:
            found.append(word)
    return found


def _headings(figure: "Figure") -> list["Text"]:
    from matplotlib.text import Text

    found = []
    for axes in figure.axes:
        if axes.axison:
            found += [axes.xaxis.label, axes.yaxis.label]
        found += [child for child in axes.get_children() if isinstance(child, Text) and child not in axes.texts]
    return [text for text in found if text.get_text().strip()]


def _broken(figure: "Figure", text: "Text", words: str) -> float:
    """Inches that the text is higher than before, across its lines."""
    box, upright = text.get_window_extent(), text.get_rotation() == 90
    start, end, sheet = (box.y0, box.y1, figure.bbox.height) if upright else (box.x0, box.x1, figure.bbox.width)
    margin = _MARGIN * figure.dpi
    if start >= margin - 1 and end <= sheet - margin + 1:
        return 0.0
    # a title begins where it begins, and a label stands in the middle of its axis
    middle = (start + end) / 2
    room = 2 * min(middle, sheet - middle) if text.get_horizontalalignment() == "center" else sheet - start
    more = _set(text, words, _LOOSE * max(room - margin * 2, 0.0) / figure.dpi)
    return 0.0 if upright else more


def _set(text: "Text", words: str, room: float) -> float:
    """Breaks words into lines of so many inches, and gives the inches that it is higher than before."""
    points, bold = float(text.get_fontsize()), text.get_fontweight() == "bold"
    before = text.get_text()
    text.set_text("\n".join(lines(words, points, room, bold=bold)))
    return (text.get_text().count("\n") - before.count("\n")) * points * _LEADING / 72
