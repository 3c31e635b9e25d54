"""What colour each role has, in each theme. Families are told apart by colour-blind people too (Okabe, Ito)."""

from collections.abc import Mapping

FAMILIES = ("conv", "dense", "norm", "activation", "pool", "merge", "layout", "noise", "input", "output", "other")
"""What a layer may be drawn as, in the order of the legend."""

NAMES = {
    "conv": "convolution",
    "dense": "dense",
    "norm": "normalization",
    "activation": "activation",
    "pool": "pooling",
    "merge": "merge",
    "layout": "layout",
    "noise": "dropout, noise",
    "input": "input",
    "output": "output",
    "other": "other",
}
"""What the legend calls them."""

_OKABE_ITO = {
    "conv": "#0072B2",
    "dense": "#009E73",
    "norm": "#BBBBBB",
    "activation": "#E69F00",
    "pool": "#D55E00",
    "merge": "#F0E442",
    "layout": "#E4E4DE",
    "noise": "#CC79A7",
    "input": "#FFFFFF",
    "output": "#FFFFFF",
    "other": "#56B4E9",
}
_TEXTS = dict.fromkeys(_OKABE_ITO, "#111111") | {"conv": "#FFFFFF"}


def _with_texts(fills: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, str]:
    return dict(fills) | {f"{family}.text": color for family, color in texts.items()}


LIGHT = _with_texts(_OKABE_ITO, _TEXTS) | {
    "paper": "#FFFFFF",
    "card": "#FFFFFF",
    "ink": "#111111",
    "soft": "#555555",
    "edge": "#444444",
    "rule": "#9A9A9A",
    "frame": "#F6F7F9",
    "frame2": "#ECEFF3",
    "band": "#DDE3EA",
    "badge": "#111111",
    "badge.text": "#FFFFFF",
    "positive": "#0072B2",
    "negative": "#D55E00",
    "forward": "#0B6E4F",
    "backward": "#B3261E",
    "added": "#0B6E4F",
    "removed": "#B3261E",
    "changed": "#8A5A00",
    "added.paper": "#DDF3E8",
    "removed.paper": "#FBE3E0",
    "changed.paper": "#FFF1CC",
    "face": "#CFE3F1",
    "face.side": "#8FBBD9",
    "face.top": "#B3D2E7",
}
"""On white."""

DARK = _with_texts(_OKABE_ITO, _TEXTS) | {
    "input": "#2A3140",
    "output": "#2A3140",
    "input.text": "#F2F4F8",
    "output.text": "#F2F4F8",
    "layout": "#4A5263",
    "layout.text": "#F2F4F8",
    "paper": "#14181F",
    "card": "#1E242E",
    "ink": "#F2F4F8",
    "soft": "#B4BCC9",
    "edge": "#B4BCC9",
    "rule": "#6B7686",
    "frame": "#1A202A",
    "frame2": "#222A36",
    "band": "#303A49",
    "badge": "#F2F4F8",
    "badge.text": "#111111",
    "positive": "#56B4E9",
    "negative": "#F08A4B",
    "forward": "#5FD3A5",
    "backward": "#FF8A80",
    "added": "#5FD3A5",
    "removed": "#FF8A80",
    "changed": "#FFD166",
    "added.paper": "#173A2D",
    "removed.paper": "#46201E",
    "changed.paper": "#443612",
    "face": "#2F6E99",
    "face.side": "#1F4C6B",
    "face.top": "#3F86B6",
}
"""On nearly black."""

PRINT = _with_texts(
    {
        "conv": "#C9DDEB",
        "dense": "#CBE8DF",
        "norm": "#EDEDED",
        "activation": "#F8E4BC",
        "pool": "#F3D3BF",
        "merge": "#FAF6CF",
        "layout": "#F7F7F4",
        "noise": "#F0DCE7",
        "input": "#FFFFFF",
        "output": "#FFFFFF",
        "other": "#DAEDF8",
    },
    dict.fromkeys(_OKABE_ITO, "#000000"),
) | {
    "paper": "#FFFFFF",
    "card": "#FFFFFF",
    "ink": "#000000",
    "soft": "#333333",
    "edge": "#000000",
    "rule": "#000000",
    "frame": "#FFFFFF",
    "frame2": "#FFFFFF",
    "band": "#E8E8E8",
    "badge": "#000000",
    "badge.text": "#FFFFFF",
    "positive": "#000000",
    "negative": "#777777",
    "forward": "#000000",
    "backward": "#000000",
    "added": "#000000",
    "removed": "#000000",
    "changed": "#000000",
    "added.paper": "#FFFFFF",
    "removed.paper": "#E0E0E0",
    "changed.paper": "#F2F2F2",
    "face": "#F4F4F4",
    "face.side": "#CCCCCC",
    "face.top": "#E2E2E2",
}
"""Pale fills under black lines: little ink, and still told apart on a copier."""

SOLID = ("solid.line", "block", "block.text")
"""The lines of solids, and blocks that are closed."""

LIGHT |= dict(zip(SOLID, ("#222222", "#8792A3", "#111111"), strict=True))
DARK |= dict(zip(SOLID, ("#9AA5B5", "#7C889C", "#111111"), strict=True))
PRINT |= dict(zip(SOLID, ("#000000", "#D9D9D9", "#000000"), strict=True))


def _mixed(color: str, other: str, share: float) -> str:
    """A colour with a share of another in it."""
    pairs = ((int(color[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def _with_faces(theme: Mapping[str, str], top: float, side: float) -> dict[str, str]:
    """With the tops and sides of solids, on which light falls: so much paler, or white a little darker."""
    faces = {}
    for family in (*FAMILIES, "block"):
        light = theme["paper"] if theme[family] != theme["paper"] else "#808080"
        weight = 1 if theme[family] != theme["paper"] else 0.2
        faces[f"{family}.top"] = _mixed(theme[family], light, top * weight)
        faces[f"{family}.side"] = _mixed(theme[family], light, side * weight)
    return dict(theme) | faces


THEMES = {
    "light": _with_faces(LIGHT, 0.35, 0.7),
    "dark": _with_faces(DARK, 0.25, 0.55),
    "print": _with_faces(PRINT, 0.4, 0.7),
}
