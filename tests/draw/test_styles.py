"""What every style keeps: no text is cut, on another, painted over or run through, in any model that it suits."""

import pytest

from archc.diagnostics import Failed
from archc.draw.formats import smallest_points
from archc.draw.look import Look
from archc.draw.styles import draw
from tests.draw.faults import text_faults
from tests.models import BUILT_IN, built_in

SUITED = {"volumes": 30, "neurons": 10}
"""How many of the built-in models each style suits, at least."""


@pytest.mark.parametrize("style", SUITED)
def test_texts(style: str) -> None:
    found = {}
    for path in BUILT_IN:
        try:
            scene = draw(built_in(path), style, Look())
        except Failed:
            continue
        found[path.stem] = text_faults(scene)
        assert smallest_points(scene, None) >= 6, path.stem
    assert len(found) >= SUITED[style]
    assert {name: lines for name, lines in found.items() if lines} == {}
