"""Which doubts the newer layers raise, and which they don't."""

import pytest

from archc.diagnostics import Report
from archc.resolve import resolve
from archc.source import Source
from archc.syntax import parse
from tests.models import FOLDER

RECIPE = "train { data = moons\n loss = cross_entropy\n optimizer = sgd(0.1)\n batch = 8\n epochs = 1\n init = %s }"


@pytest.mark.parametrize(
    ("body", "init", "codes"),
    [
        ("dense(4) -> sign -> dense(2)", "normal(0.1)", ["W0306"]),
        ("dense(4, weights = [[1, 2, 3, 4], [5, 6, 7, 8]], trainable = false) -> sign -> dense(2)", "normal(0.1)", []),
        ("dense(4) -> reshape(2x2) -> add(it, parameter(2x2, 0)) -> flatten -> dense(2)", "normal(0.1)", []),
        ("dense(4) -> prelu as bent -> dense(2)", "normal(0.1)", []),
        ("dense(4) -> selu as bent -> dense(2)", "normal(0.1)", ["W0301"]),
        ("maxout(4) -> dense(2)", "zeros", ["W0305"]),
    ],
)
def test_doubts(body: str, init: str, codes: list[str]) -> None:
    report = Report()
    text = f"model Net {{\n    input x[2]\n    {body}\n}}\n{RECIPE % init}\n"
    resolve(parse(Source("net.arch", text), report), FOLDER, report)
    assert [found.code for found in report.found] == codes
