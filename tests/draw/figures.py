"""Figures for the tests of printers: one with every kind of mark and the worst of texts, and those of models."""

from functools import cache

from archc.draw.look import Look
from archc.draw.scene import Circle, Line, Mark, Part, Polygon, Rect, Scene, Text, framed
from archc.draw.styles import draw
from tests.models import FOLDER, built_in

SYMBOLS = "conv1 × ∂L/∂ŷ₁ → ℝ"
MEAN = {
    "symbols": SYMBOLS,
    "markup": "</text><script>alert(1)</script>&amp;",
    "quotes": "\"a\" 'b' `c`",
    "control": "a\x00b\x01c\x1b[31m\x7f\u0085d",
    "turned around": "a \u202egnorw\u202c b",
    "emoji": "conv 😀👩‍👩‍👧",
    "right to left": "عربي עברית",
    "Chinese": "卷积层",
    "blanks": " a  b\tc\nd\u2028e ",
    "surrogate": "a\ud800b",
    "no character": "a\ufffeb\uffffc\ufdd0d",
    "accents": "x\u0302 é",
    "entity": "&lt; &#65; ]]>",
}
"""Texts that files can hold and that a printer may trip over."""


def sample(texts: dict[str, str] | None = None) -> Scene:
    """A figure with every kind of mark, in every way in which it can be painted, with given texts on nodes."""
    parts = []
    for row, text in enumerate((MEAN if texts is None else texts).values()):
        marks: tuple[Mark, ...] = (
            Rect(0, row * 30, 260, 24, "conv", "ink", radius=4 * (row % 2)),
            Text(8, row * 30 + 16, text, 12, bold=row % 2 == 1, fill="conv.text"),
        )
        parts.append(Part("node", marks, text, f"net.{text}", row + 1, (("fact", text),)))
    around = Rect(-10, -10, 400, 30.0 * len(parts) + 10, "", "rule", 0.5, 6, "4 3")
    return framed(
        [
            Part("frame", (around,)),
            *parts,
            Part("edge", (Line(((270, 12), (330, 12), (330, 42), (260, 42)), radius=8, arrow=True),), ends=("a", "b")),
            Part("edge", (Line(((270, 72), (330, 72), (330, 72)), "negative", 3, "4 3", arrow=True),)),
            Part("label", (Text(300, 45, SYMBOLS, 8, anchor="end", halo="paper"),)),
            Part("label", (Text(360, 100, "turned", 10, True, "middle", turned=True),)),
            Part("node", (Circle(360, 20, 12, "merge", "ink"), Text(360, 24, "+", 12, anchor="middle"))),
            Part("node", (Polygon(((340, 140), (370, 150), (350, 170)), "face", "ink"),), "a solid"),
        ],
        16,
        f"A figure of {MEAN['markup']}",
        f"It shows {MEAN['control']}",
    )


NAMES = ("lenet5", "googlenet", "resnet18", "alexnet", "xor", "mnist_mlp")
"""Models whose figures every printer has to print."""


@cache
def figure(name: str, style: str = "graph", depth: int | None = None) -> Scene:
    return draw(built_in(FOLDER / f"{name}.arch"), style, Look(depth))
