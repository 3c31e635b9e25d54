"""What no call reached is looked at too, and good files hear nothing of it."""

from pathlib import Path

import pytest

from archc.diagnostics import Report
from archc.recipes import initialiser
from archc.resolve.evaluate import Facts
from archc.resolve.imports import Importer
from archc.resolve.unread import Told, circles, unread
from archc.source import Source, Span
from archc.syntax import parse, read_source, tree
from tests.author import Author
from tests.models import BUILT_IN


def no_facts(name: str, span: Span) -> int:
    return 3


def said(source: Source, folder: Path) -> list[str]:
    """What is said if nothing had been reached."""
    facts: Facts = no_facts
    report = Report()
    file = parse(source, report)
    home = Importer(folder, report, facts, read_source).home(file, folder)
    told = Told(source, ())
    blocks = {item.name.value: item for item in file.items if isinstance(item, tree.Block)}
    parts = [item for item in file.items if isinstance(item, tree.Block | tree.Model)]
    found = [each for part in parts for each in unread(part, home.names, facts, initialiser.DEFAULT, told)]
    return [each.title for each in (*found, *circles(blocks, told))]


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_models_are_good(path: Path) -> None:
    assert said(read_source(path, path.name), path.parent) == []


@pytest.mark.parametrize("first", range(0, 300, 100))
def test_random_models_are_good(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + 100):
        sketch = Author(seed).model(recipe=True)
        sketch.module(tmp_path)
        assert said(Source("net.arch", sketch.text()), tmp_path) == [], seed


GOOD = """\
let deep = 0
let act = leaky_relu(0.1)

block apply(what) { what }
block unit(filters, k = 3, edges = same, start = ones) {
    conv(filters, k, padding = edges, bias = start) as c -> act
    if k > 1 and c.channels == filters { dense(deep) as d } else { dropout(k / 10) as d }
    repeat k as i { apply(dense(i)) as hidden -> relu }
    add(hidden)
    hidden[k - 1] -> concat(it, c, d)
    share tower = unit2(filters)
    expect [_, filters]
    assert c.params < filters * 10 and tower == 3
}
block unit2(n, other = 3) { if n == "wide" { dense(n) } else if other { repeat [n, other] as m { dense(m) } } }
"""


def test_blocks_may_do_much_with_what_is_not_known() -> None:
    assert said(Source("net.arch", GOOD), Path()) == []
