"""Colours: text can be read on what it stands on, and layers are told apart by colour-blind people too."""

from itertools import combinations

import numpy as np
import pytest

from archc.draw.theme import FAMILIES, NAMES, THEMES
from archc.ops import Op
from archc.parameters import FAMILIES as DESCRIBED

READABLE = 4.5
"""The contrast that text needs (WCAG 2.2, success criterion 1.4.3)."""

SEEN = 3.0
"""The contrast that lines need that mean something (WCAG 2.2, success criterion 1.4.11)."""

GROUNDS = ("paper", "card", "frame", "frame2")
"""What free text stands on."""

TEXTS = ("ink", "soft", "forward", "backward", "added", "removed", "changed")


def linear(color: str) -> np.ndarray:
    """Red, green and blue light, from 0 to 1 (IEC 61966-2-1)."""
    share = np.array(list(bytes.fromhex(color[1:]))) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Of two colours, by WCAG 2.2."""
    low, high = sorted(float(linear(color) @ [0.2126, 0.7152, 0.0722]) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read(theme: str) -> None:
    colors = THEMES[theme]
    pairs = [(f"{family}.text", family) for family in FAMILIES] + [("badge.text", "badge"), ("ink", "band")]
    pairs += [(text, ground) for text in TEXTS for ground in GROUNDS]
    pairs += [("ink", "face")]
    pairs += [(kind, f"{kind}.paper") for kind in ("added", "removed", "changed")]
    pairs += [("ink", f"{kind}.paper") for kind in ("added", "removed", "changed")]
    weak = {pair: round(contrast(colors[pair[0]], colors[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < READABLE} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_lines_can_be_seen(theme: str) -> None:
    colors = THEMES[theme]
    pairs = [(line, ground) for line in ("edge", "positive", "negative") for ground in GROUNDS] + [("badge", "paper")]
    assert {pair for pair in pairs if contrast(colors[pair[0]], colors[pair[1]]) < SEEN} == set()


def test_themes_have_the_same_roles() -> None:
    light, *others = (set(theme) for theme in THEMES.values())
    assert all(roles == light for roles in others)
    assert {role for family in FAMILIES for role in (family, f"{family}.text")} <= light


def test_every_layer_has_a_family() -> None:
    assert set(NAMES) == set(FAMILIES)
    layers = DESCRIBED[Op.family].values()
    assert {op.drawing for op in layers} <= set(FAMILIES)  # type: ignore[attr-defined]


BLIND = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    "none": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
}
"""What people without one kind of cone see of red, green and blue light (Machado et al. 2009, table 1)."""


def lab(light: np.ndarray) -> np.ndarray:
    """CIE L*a*b* under D65 of red, green and blue light."""
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(np.maximum(matrix @ np.clip(light, 0, 1) / [0.9505, 1, 1.089], 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("eyes", BLIND)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_families_are_told_apart(theme: str, eyes: str) -> None:
    """By a distance that is plain to see; their names stand there too. Inputs and outputs have one colour."""
    seen = {
        family: lab(np.array(BLIND[eyes]) @ linear(THEMES[theme][family])) for family in FAMILIES if family != "output"
    }
    apart = {(a, b): float(np.linalg.norm(seen[a] - seen[b])) for a, b in combinations(seen, 2)}
    assert {pair: round(distance, 1) for pair, distance in apart.items() if distance < 8} == {}
