"""Pages: what they hold, and what they do in a browser."""

import json
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image

from archc.cli.application import application
from archc.draw.html import Document, html, page
from archc.draw.levels import Level
from archc.draw.look import Look
from archc.draw.png import png
from archc.draw.scene import Circle, Line, Part, Polygon, Rect, Scene, Text
from archc.draw.text import width
from archc.draw.theme import THEMES
from tests.draw.browser import Browser, Page
from tests.draw.levels import card, edge, flat, nested
from tests.draw.pages import READY, faults, loose_ends, shown, text_of
from tests.models import module_of

EVIL = "</script><script>globalThis.broken = 1</script><img src=x onerror='globalThis.broken = 1'>&amp;"


def panel(page: Page) -> str:
    return str(page.run("document.getElementById('panel').innerText"))


def data_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
    return found


def test_the_same_figure_gives_the_same_page() -> None:
    assert text_of(nested(1)) == text_of(nested(1))


def test_a_page_refers_to_nothing_outside() -> None:
    text = text_of(nested(1), source="input x\n")
    assert not re.search(r"""\s(?:src|href)=(?!["']?data:)|@import|url\((?!data:)|://""", text)
    assert "default-src 'none'" in text and "unsafe" not in text


def test_marks_of_one_style_tell_it_once() -> None:
    styles = data_of(text_of(flat(500)))["styles"]
    assert len(styles) < 30 and len({json.dumps(style) for style in styles}) == len(styles)


def test_nothing_is_fetched_and_nothing_complained_of(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, text_of(nested(1)), tmp_path) as page:
        page.run("figure.choose(figure.keys()[5])")
        page.settled()
        assert not page.complaints()
        assert [url for url in page.requests() if not url.startswith("data:")] == [(tmp_path / "page.html").as_uri()]


def test_the_policy_stops_all_other_scripts(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, text_of(nested(1)), tmp_path) as page:
        script = "Object.assign(document.createElement('script'), {textContent: 'globalThis.broken = 1'})"
        page.run(f"document.body.append({script})")
        assert page.run("globalThis.broken === undefined")
        assert "Content Security Policy" in str(page.complaints())


def test_what_people_write_is_never_read_as_html(browser: Browser, tmp_path: Path) -> None:
    marks = (Rect(0, 0, 90, 40, "conv"), Text(5, 20, EVIL))
    part = Part("node", marks, EVIL, EVIL, 1, ((EVIL, EVIL), ("source", f"{EVIL}:1")))
    figure = (Level("", EVIL, Scene(100, 60, (part,), EVIL, EVIL), (), 50, True),)
    document = Document(EVIL, EVIL, ((EVIL, EVIL),), EVIL, f"{EVIL}\n")
    with shown(browser, html(figure, document), tmp_path) as page:
        page.run("figure.choose(figure.keys()[0])")
        page.key("/")
        page.run("document.getElementById('query').value = 'script'")
        page.run("document.getElementById('query').dispatchEvent(new Event('input'))")
        page.settled()
        assert page.run("document.title") == EVIL
        assert page.run("document.querySelector('h1').textContent") == EVIL
        assert page.run("document.querySelector('#panel pre').textContent") == f"{EVIL}\n"
        assert page.run("document.querySelectorAll('img').length") == 0
        assert page.run("globalThis.broken === undefined") and not page.complaints()


def test_texts_are_as_wide_as_measured(browser: Browser, tmp_path: Path) -> None:
    texts = ["conv 64", "3×3, stride 2, AVATAR To.", "θ → ŷ: 25,557,032 params"]
    with shown(browser, text_of(nested(1)), tmp_path) as page:
        for text in texts:
            for bold in (False, True):
                told = f"c.font = '{'bold ' if bold else ''}12px \"DejaVu Sans\"'; c.fontKerning = 'none'"
                script = f"(c => {{ {told}; return c.measureText({json.dumps(text)}).width }})"
                found = page.run(f"{script}(document.createElement('canvas').getContext('2d'))")
                assert found == pytest.approx(width(text, 12, bold=bold), abs=0.1)


@pytest.mark.parametrize("seed", range(8))
def test_opening_in_any_order_keeps_all_apart(browser: Browser, tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    with shown(browser, text_of(nested(seed)), tmp_path) as page:
        at_first = page.run("figure.boxes()")
        assert not faults(page) and not loose_ends(page)
        blocks = page.run("figure.blocks()")
        assert blocks
        for block in random.choices(blocks, k=24):
            page.run(f"figure.toggle({block!r})")
            assert not faults(page)[:3]
        assert not loose_ends(page)[:3]
        page.key("o")
        assert all(node["open"] for node in page.run("figure.boxes()") if node["key"] in blocks)
        assert not faults(page)[:3] and not loose_ends(page)[:3]
        page.key("c")
        assert not any(node["open"] for node in page.run("figure.boxes()"))
        for node in at_first:
            if node["open"]:
                page.run(f"figure.toggle({node['key']!r})")
        assert page.run("figure.boxes()") == at_first


def test_faults_are_found(browser: Browser, tmp_path: Path) -> None:
    cards = [card("a", 100, 20, "conv"), card("b", 180, 30, "conv"), card("c", 300, 120, "conv")]
    lines = [edge(((300, 0), (300, 200)), "", ""), edge(((10, 80), (60, 90)), "", "")]
    label = Part("label", (Text(90, 40, "56×56"),))
    figure = (Level("", "bad", Scene(400, 220, (*cards, *lines, label)), (), 200, True),)
    with shown(browser, text_of(figure), tmp_path) as page:
        found = "\n".join(faults(page))
        assert "a and b overlap" in found and "crosses c" in found and "askew" in found and "is on a" in found
        assert loose_ends(page)


def test_a_block_stays_under_the_pointer(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, text_of(nested(4)), tmp_path) as page:
        block = page.run("figure.boxes().find(node => !node.open && figure.blocks().includes(node.key)).key")
        page.run(f"figure.choose({block!r})")
        page.settled()
        where = "(({x, y, scale}, {box}) => [(box[0] + box[2]) / 2 - x, box[1] - y].map(v => v * scale))"
        place = f"{where}(figure.camera, figure.boxes().find(node => node.key === {block!r}))"
        before = page.run(place)
        page.key("Enter")
        after = page.run(place)
        assert after[1] == pytest.approx(before[1], abs=1) and after[0] == pytest.approx(before[0], abs=1)


def test_the_search_opens_what_it_finds(browser: Browser, tmp_path: Path) -> None:
    figure = tuple(replace(level, opened=not level.id) for level in nested(3))
    with shown(browser, text_of(figure), tmp_path) as page:
        deepest = max(page.run("figure.keys()"), key=lambda key: key.count("."))
        page.key("/")
        assert page.run("document.activeElement.id") == "query"
        page.do("Input.insertText", text=deepest.upper())
        assert page.run("document.getElementById('count').textContent") == "1 found"
        page.key("Enter")
        page.settled()
        assert page.run("figure.chosen()") == deepest
        node = next(node for node in page.run("figure.boxes()") if node["key"] == deepest)
        camera = page.run(
            "(({x, y, scale, width, height}) => [x, y, x + width / scale, y + height / scale])(figure.camera)"
        )
        assert camera[0] < node["box"][0] and node["box"][2] < camera[2]
        assert camera[1] < node["box"][1] and node["box"][3] < camera[3]
        page.key("Escape")
        assert page.run("document.activeElement.id") == "canvas"


def test_the_search_begins_with_what_is_called_so(browser: Browser, tmp_path: Path) -> None:
    """`conv 16` is a layer of that name first, then what begins so, then one with 216 weights."""
    body = "conv(8, 3x3, bias = false)\n    conv(4, 1x1)\n    conv(16, 1x1)\n    conv(160, 1x1)"
    module = module_of(f"model Net {{\n    input x[22, 22, 3]\n    {body}\n}}\n")
    with shown(browser, page(module, "graph", Look(), "light").decode(), tmp_path) as there:
        there.key("/")
        there.do("Input.insertText", text="conv 16")
        rows = there.run("[...document.querySelectorAll('#found li b')].map(row => row.textContent)")
        assert rows[0] == "conv 16" and rows.index("conv 160") < rows.index("conv 8")
        for shape in ("20x20x16", "20×20×16"):
            there.key("Escape")
            there.key("/")
            there.do("Input.insertText", text=shape)
            assert there.run("document.querySelector('#found li b').textContent") == "conv 16"


def test_the_search_goes_round_and_back(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, text_of(flat(40, 5)), tmp_path) as page:
        page.key("/")
        page.do("Input.insertText", text="node3 56×56")
        assert page.run("document.getElementById('count').textContent") == "11 found"
        assert page.run("document.querySelectorAll('#found li').length") == 11
        seen = []
        for _ in range(12):
            page.key("Enter")
            seen.append(page.run("figure.chosen()"))
        assert seen == ["node3", *(f"node{number}" for number in range(30, 40)), "node3"]
        page.key("Enter", modifiers=8)
        assert page.run("figure.chosen()") == "node39"
        page.do("Input.insertText", text=" nowhere")
        assert page.run("document.getElementById('count').textContent") == "nothing"


def chain() -> tuple[Level, ...]:
    """a, the block b with b.x and b.y in it, c, one below the other."""

    def column(*keys: str, opens: tuple[str, ...] = ()) -> tuple[Part, ...]:
        parts = []
        for row, key in enumerate(keys):
            parts.append(card(key, 80, 30 + 90 * row, "conv", key in opens, line=row + 1))
            above = 74 + 90 * (row - 1) if row else 0
            parts.append(edge(((80, above), (80, 30 + 90 * row)), keys[row - 1] if row else "", key))
        return tuple(parts)

    outer = Scene(160, 290, column("a", "b", "c", opens=("b",)), "chain", "three in a row")
    inner = (*column("b.x", "b.y"), edge(((80, 164), (80, 200)), "b.y", ""))
    return (
        Level("", "chain", outer, (), 80, True),
        Level("b", "b", Scene(160, 200, inner, "b"), (80,), 80, False),
    )


def test_arrows_follow_the_edges_in_and_out_of_blocks(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, text_of(chain()), tmp_path) as page:
        page.run("figure.choose('a')")
        page.run("document.getElementById('canvas').focus()")
        walked = []
        for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Enter", "ArrowDown", "ArrowDown", "ArrowDown"):
            page.key(key)
            walked.append(page.run("figure.chosen()"))
        assert walked == ["b", "c", "c", "b", "b", "b.x", "b.y", "c"]
        for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp"):
            page.key(key)
            walked.append(page.run("figure.chosen()"))
        assert walked[-4:] == ["b.y", "b.x", "b", "a"]
        assert "a: conv" in page.run("document.getElementById('told').textContent")
        page.key("Escape")
        assert page.run("figure.chosen()") is None
        assert page.run("document.getElementById('panel').hidden")


def test_closing_a_block_around_what_is_chosen_chooses_the_block(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, text_of(chain()), tmp_path) as page:
        page.run("figure.choose('b.y')")
        assert next(node for node in page.run("figure.boxes()") if node["key"] == "b")["open"]
        page.key("c")
        assert page.run("figure.chosen()") == "b"


def test_keys_zoom_and_fit_and_pan(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, text_of(flat(400, 20)), tmp_path) as page:
        scale = page.run("figure.camera.scale")
        page.key("+")
        assert page.run("figure.camera.scale") == pytest.approx(scale * 1.3)
        page.key("-")
        assert page.run("figure.camera.scale") == pytest.approx(scale)
        left = page.run("figure.camera.x")
        page.key("ArrowRight")
        assert page.run("figure.camera.x") == pytest.approx(left + 80 / scale)
        page.key("0")
        x, y, scale, wide, high = page.run("(c => [c.x, c.y, c.scale, c.width, c.height])(figure.camera)")
        assert x < 0 and y < 0 and x + wide / scale > 3020 and y + high / scale > 1820
        page.key("?")
        assert page.run("document.getElementById('keys').open")
        page.key("Escape")


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_glide_ends_where_it_should(browser: Browser, tmp_path: Path, motion: str) -> None:
    with shown(browser, text_of(flat(400, 20)), tmp_path) as page:
        page.media(prefers_reduced_motion=motion)
        middle = "(c => [c.x + c.width / c.scale / 2, c.y + c.height / c.scale / 2, c.scale])(figure.camera)"
        before = page.run(middle)
        page.key("+")
        if motion == "reduce":
            assert page.run("figure.camera.scale") == pytest.approx(before[2] * 1.3)
        page.settled()
        assert page.run(middle) == pytest.approx([before[0], before[1], before[2] * 1.3])


def test_the_mouse_drags_zooms_chooses_and_opens(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, text_of(chain()), tmp_path) as page:
        on_screen = """key => (({x, y, scale}, {box}) => {
            const stage = document.getElementById('canvas').getBoundingClientRect();
            return [stage.left + (box[0] - x) * scale, stage.top + (box[1] - y) * scale, scale];
        })(figure.camera, figure.boxes().find(node => node.key === key))"""
        left, top, scale = page.run(f"({on_screen})('b')")
        page.click(left + 40 * scale, top + 10 * scale)
        assert page.run("figure.chosen()") == "b"
        page.until("!document.getElementById('panel').hidden")
        left, top, scale = page.run(f"({on_screen})('b')")
        page.click(left + 1, top + 14 * scale)  # the button at its edge
        assert page.run("figure.boxes().length") == 5
        left, top, scale = page.run(f"({on_screen})('b')")
        page.click(left + 60 * scale, top + 12 * scale, count=2)
        assert page.run("figure.boxes().length") == 3

        x, y, scale = page.run("(c => [c.x, c.y, c.scale])(figure.camera)")
        page.mouse("mouseMoved", 900, 600)
        page.mouse("mousePressed", 900, 600, button="left", buttons=1, clickCount=1)
        page.mouse("mouseMoved", 870, 610, button="left", buttons=1)
        page.mouse("mouseMoved", 800, 640, button="left", buttons=1)
        page.mouse("mouseReleased", 800, 640, button="left", clickCount=1)
        assert page.run("figure.chosen()") == "b"
        assert page.run("figure.camera.x") == pytest.approx(x + 100 / scale)
        assert page.run("figure.camera.y") == pytest.approx(y - 40 / scale)

        def under(px: float, py: float) -> list[float]:
            told = "(c, s) => [c.x + (PX - s.left) / c.scale, c.y + (PY - s.top) / c.scale, c.scale]"
            told = told.replace("PX", str(px)).replace("PY", str(py))
            found: list[float] = page.run(
                f"({told})(figure.camera, document.getElementById('stage').getBoundingClientRect())"
            )
            return found

        before = under(500, 400)
        page.mouse("mouseWheel", 500, 400, deltaX=0, deltaY=-240)
        page.until(f"figure.camera.scale > {before[2]} * 1.2")
        assert under(500, 400)[:2] == pytest.approx(before[:2], abs=0.5)


def test_a_second_click_means_what_the_first_was_on(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, text_of(chain()), tmp_path, 400, 700) as page:
        # the details that come up cover where it was
        page.run("figure.camera.set(0, -300, 1)")
        stage = page.run("document.getElementById('stage').getBoundingClientRect().top")
        page.click(80, stage + 300 + 130, count=2)
        assert page.run("figure.chosen()") == "b" and page.run("figure.boxes().length") == 5


def test_two_fingers_zoom(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, text_of(chain()), tmp_path) as page:
        scale = page.run("figure.camera.scale")

        def touch(kind: str, *xs: float) -> None:
            points = [{"x": x, "y": 400, "id": number} for number, x in enumerate(xs)]
            page.do("Input.dispatchTouchEvent", type=kind, touchPoints=points)

        touch("touchStart", 400)
        touch("touchStart", 400, 600)
        for x in (620, 660, 700, 800):
            touch("touchMove", 400, x)
        touch("touchEnd")
        assert page.run("figure.camera.scale") == pytest.approx(scale * 2, rel=0.05)


def test_details_and_the_line_in_the_source(browser: Browser, tmp_path: Path) -> None:
    source = "input image[28, 28]\nconv(64, 3)\nconv(32, 3)\n"
    with shown(browser, text_of(chain(), file="net.arch", source=source), tmp_path) as page:
        page.run("figure.choose('c')")
        told = panel(page)
        for fact in ("56×56×64", "kernel 3×3×64×64", "36,928", "115,605,504", "net.arch:3"):
            assert fact in told
        assert page.run("document.querySelector('.here').textContent") == "conv(32, 3)\n"
        page.run("document.querySelector('#panel .ways .link').click()")
        assert page.run("figure.chosen()") == "b"
        page.run("document.querySelector('#panel .opener').click()")
        assert page.run("figure.boxes().length") == 5
        page.run("document.querySelectorAll('#panel pre .line')[0].click()")
        assert page.run("figure.chosen()") == "a"


def test_details_tell_what_is_next_to_a_layer_outside_its_block(browser: Browser, tmp_path: Path) -> None:
    """Neither the block around a layer nor what is in an open one stands next to it."""
    with shown(browser, text_of(chain()), tmp_path) as page:
        page.run("figure.choose('b')")
        page.run("document.querySelector('#panel .opener').click()")
        told = {}
        for node in ("a", "b", "b.x", "b.y", "c"):
            page.run(f"figure.choose('{node}')")
            ways = "[...document.querySelectorAll('#panel .ways')].map((way) => way.textContent.trim())"
            told[node] = page.run(ways)
        assert told == {"a": ["b"], "b": ["a", "c"], "b.x": ["a", "y"], "b.y": ["x", "c"], "c": ["y"]}


def test_a_line_of_another_file_is_not_marked_in_this_one(browser: Browser, tmp_path: Path) -> None:
    part = replace(card("a", 80, 20, "conv"), facts=(("source", "blocks.arch:1"),))
    figure = (Level("", "a", Scene(160, 90, (part,)), (), 80, True),)
    with shown(browser, text_of(figure, file="net.arch", source="input x\n"), tmp_path) as page:
        page.run("figure.choose('a')")
        assert "blocks.arch:1" in panel(page)
        assert page.run("document.querySelector('#panel pre') === null")


def test_light_and_dark(browser: Browser, tmp_path: Path) -> None:
    corner = "[...document.getElementById('canvas').getContext('2d').getImageData(2, 2, 1, 1).data].slice(0, 3)"
    theme = "document.documentElement.dataset.theme"
    with shown(browser, text_of(nested(1)), tmp_path) as page:
        page.media(prefers_color_scheme="dark", prefers_reduced_motion="reduce")
        page.until(f"{theme} === 'dark'")
        page.settled()
        assert page.run(corner) == [0x14, 0x18, 0x1F]
        page.key("t")
        page.settled()
        assert page.run(theme) == "light" and page.run(corner) == [255, 255, 255]
    with shown(browser, text_of(nested(1), "dark"), tmp_path) as page:
        assert page.run(theme) == "dark"
    with shown(browser, text_of(nested(1), "print"), tmp_path) as page:
        assert page.run(theme) == "print"


def test_what_a_screen_reader_is_told(browser: Browser, tmp_path: Path) -> None:
    text = text_of(chain(), name="Chain", desc="Three layers in a row.")
    with shown(browser, text, tmp_path) as page:
        assert page.run("document.getElementById('canvas').getAttribute('role')") == "application"
        assert (
            page.run("document.getElementById('canvas').getAttribute('aria-label')") == "Chain. Three layers in a row."
        )
        assert page.run("document.getElementById('told').getAttribute('aria-live')") == "polite"
        rows = page.run("[...document.querySelectorAll('#list li')].map(row => row.textContent)")
        assert len(rows) == 3 and "b: conv, closed block" in rows[1]
        names = page.run("[...document.querySelectorAll('button')].map(b => b.ariaLabel || b.textContent)")
        assert all(names)
    with shown(browser, text_of(flat(2000)), tmp_path) as page:
        assert page.run("document.querySelectorAll('#list li').length") == 1001
        assert "1000 more" in page.run("document.querySelector('#list li:last-child').textContent")


def test_a_narrow_window_keeps_everything_inside(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, text_of(nested(1)), tmp_path, 380, 700) as page:
        page.run("figure.choose(figure.keys()[1])")
        page.settled()
        assert page.run("document.documentElement.scrollWidth") <= 380
        assert page.run("document.getElementById('stage').clientHeight") > 250


def test_all_marks_look_as_in_other_files(browser: Browser, tmp_path: Path) -> None:
    marks = (
        Rect(10, 10, 80, 40, "conv", "ink", 2, 6),
        Rect(100, 10, 80, 40, "", "rule", 1, 0, "4 3"),
        Rect(190, 10, 40, 40, "pool"),
        Circle(260, 30, 20, "dense", "ink", 1.5),
        Polygon(((290, 50), (310, 10), (330, 50)), "merge", "ink"),
        Text(50, 35, "Wide θ 3×3", 13, True, "middle", "conv.text"),
        Text(185, 70, "ends here", 10, anchor="end", fill="soft"),
        Text(350, 90, "turned", 12, turned=True),
        Line(((20, 60), (20, 110), (120, 110), (120, 150)), "edge", 1.2, "", 8, True),
        Line(((140, 80), (300, 140)), "negative", 3, "6 4"),
        Text(180, 112, "halo", 14, halo="paper"),
    )
    scene = Scene(370, 160, (Part("note", marks),), "all marks")
    image = Image.open(BytesIO(png(scene, THEMES["light"], 370, 3))).convert("RGB")
    with shown(browser, text_of((Level("", "", scene, (), 0, True),)), tmp_path) as page:
        page.run("figure.camera.set(0, 0, 1), figure.paint()")
        data = "document.getElementById('canvas').getContext('2d').getImageData(0, 0, 370, 160).data"
        values = page.run(f"[...{data}]")
    there = [values[at : at + 3] for at in range(0, len(values), 4)]
    here = [image.getpixel((at % 370, at // 370)) for at in range(370 * 160)]
    away = [max(abs(a - b) for a, b in zip(one, other, strict=True)) for one, other in zip(there, here, strict=True)]
    # two programs shade what covers a pixel in part each in its own way
    assert sum(value > 90 for value in away) < 0.004 * len(away)
    assert sum(away) / len(away) < 2.5


def test_the_command_writes_pages(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(application, ["draw", "resnet18", "-o", "r.html"])
    assert done.exit_code == 0, done.output
    text = Path("r.html").read_text(encoding="utf-8")
    assert str(tmp_path) not in text and "block" in data_of(text)["source"]
    with browser.page() as page:
        page.go((tmp_path / "r.html").as_uri(), READY)
        assert page.run("document.querySelector('h1').textContent") == "ResNet18"
        assert "11,689,512" in page.run("document.getElementById('totals').textContent")
        assert not faults(page)[:3] and not page.complaints()


@pytest.mark.parametrize("words", [["lenet5", "--style", "volumes"], ["xor", "--style", "neurons"]], ids=" ".join)
def test_styles_in_which_nothing_opens(browser: Browser, tmp_path: Path, words: list[str]) -> None:
    path = tmp_path / "page.html"
    assert CliRunner().invoke(application, ["draw", *words, "-o", str(path)]).exit_code == 0
    with browser.page() as page:
        page.go(path.as_uri(), READY)
        assert page.run("figure.boxes().length") > 3 and not page.run("figure.blocks().length")
        assert page.run("getComputedStyle(document.getElementById('open').parentElement).display") == "none"
        page.key("Enter")
        assert page.run("figure.chosen()") and panel(page) and not page.complaints()


def test_a_page_has_no_width_in_inches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(application, ["draw", "xor", "-o", "x.html", "--width", "3in"])
    assert done.exit_code == 2 and "leave out `--width`" in done.output


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "lenet5"])
def test_models_open_whole(browser: Browser, tmp_path: Path, name: str) -> None:
    path = tmp_path / "model.html"
    assert CliRunner().invoke(application, ["draw", name, "-o", str(path)]).exit_code == 0
    with browser.page() as page:
        page.go(path.as_uri(), READY)
        page.key("o")
        assert not faults(page)[:3] and not loose_ends(page)[:3]
