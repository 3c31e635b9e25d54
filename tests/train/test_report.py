"""The report is one well-formed page that needs nothing beside itself, whatever the names in it."""

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from archc.train import loop, matrix
from archc.train.driver import Result
from archc.train.evaluation import Confusion
from archc.train.folders import open_run, read_module
from archc.train.progress import Silent
from archc.train.report import write_report
from tests.train.conftest import train

VOID = {"meta", "br", "link", "img", "path", "use", "rect"}
NASTY = '<script>alert("x")</script>&]]>'


class Page(HTMLParser):
    """Checks that every tag is closed by its own, and collects what a browser would act on."""

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.references: list[str] = []
        self.ids: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attributes:
            assert not name.startswith("on")
            if name in ("src", "href", "xlink:href"):
                self.references.append(value or "")
            if name == "id":
                self.ids.append(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert tag in VOID or self.open.pop() == tag


def test_the_page(finished: Result) -> None:
    text = (finished.run / "report.html").read_text()
    page = Page(text)
    assert "script" not in page.tags and page.tags.count("svg") == 4, "two curves, gradients, decision regions"
    picture = "data:image/png;base64,"
    assert all(each.startswith(picture) or (each[:1] == "#" and each[1:] in page.ids) for each in page.references)
    assert len(set(page.ids)) == len(page.ids)
    assert "prefers-color-scheme: dark" in text and "currentColor" in text and "#010203" not in text
    for words in (
        "dense1",
        "normalize1",
        "binary_cross_entropy",
        "test accuracy",
        "SHA-256 of the program",
        "rows are",
        "gradients by layer",
        "decision regions",
    ):
        assert words in text


def test_the_same_run_gives_the_same_page(finished: Result, tmp_path: Path) -> None:
    folder = open_run(finished.run, lock=False)
    module, beginning = read_module(folder), folder.beginning()
    before = folder.report.read_text()
    confusion = Confusion("output", "y", ("no", "yes"), np.zeros((2, 2), np.int64))
    write_report(folder, beginning, module, finished.numbers, [confusion])
    first = folder.report.read_text()
    write_report(folder, beginning, module, finished.numbers, [confusion])
    assert folder.report.read_text() == first
    folder.report.write_text(before)


def test_names_cannot_inject(finished: Result) -> None:
    folder = open_run(finished.run, lock=False)
    before = folder.report.read_text()
    module = read_module(folder)
    graph = module.graph.model_copy(
        update={"name": NASTY, "nodes": (module.graph.nodes[0].model_copy(update={"name": NASTY}),)}
    )
    beginning = dataclasses.replace(folder.beginning(), command=(NASTY,))
    confusion = Confusion("output", NASTY, (NASTY, "yes"), np.ones((2, 2), np.int64))
    write_report(folder, beginning, module.model_copy(update={"graph": graph}), finished.numbers, [confusion])
    page = Page(folder.report.read_text())
    assert "script" not in page.tags
    folder.report.write_text(before)


def drawn(classes: int, counts: np.ndarray) -> str:
    return matrix.as_html(Confusion("output", "kind", tuple(f"kind{i}" for i in range(classes)), counts))


def test_a_confusion_of_many_classes_is_a_picture() -> None:
    counts = 50 * np.eye(100, dtype=np.int64)
    counts[3, 7], counts[90, 0] = 12, 30
    text = drawn(100, counts)
    Page(text)
    cells = re.findall(r"<td[^>]*></td>", text)
    assert len(cells) == 100 * 100 + 1, "no numbers in them, which would make it 100 columns of text"
    assert sum("title=" in cell for cell in cells) == 102
    assert 'title="kind3, taken for kind7: 12"' in text
    told = re.findall(r'<tr><td>(\w+)</td><td>(\w+)</td><td class="n">(.*?)</td></tr>', text)
    assert told == [("kind90", "kind0", "30 of 80"), ("kind3", "kind7", "12 of 62")]


def test_a_confusion_of_too_many_classes_is_its_mistakes() -> None:
    counts = np.eye(1000, dtype=np.int64)
    assert "No mistakes" in drawn(1000, counts)
    counts[5, 6] = 1
    text = drawn(1000, counts)
    Page(text)
    assert "kind5" in text and len(text) < 2000


def test_a_confusion_of_a_few_classes_shows_its_numbers() -> None:
    text = drawn(20, np.full((20, 20), 3))
    assert text.count(">3</td>") == 400 and "most frequent" not in text


def test_a_page_that_cannot_be_drawn_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("no fonts")

    class Hearing(Silent):
        def __init__(self) -> None:
            self.lines: list[str] = []

        def said(self, text: str) -> None:
            self.lines.append(text)

    monkeypatch.setattr(loop, "write_report", fail)
    listener = Hearing()
    result = train(tmp_path, listener=listener)
    assert (result.run / "result.json").exists() and (result.run / "best.npz").exists()
    assert len(listener.lines) == 1 and "no fonts" in listener.lines[0]
