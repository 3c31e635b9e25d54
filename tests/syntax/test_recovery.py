"""A bad statement costs one error, stands in nobody's way, and leaves the good ones in the tree."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from archc.diagnostics import Report
from archc.source import Source
from archc.syntax import parse, tree
from tests.cost import growth, timed

GOOD = sorted((Path(__file__).parent / "good").glob("*.arch"))


def read(text: str) -> tuple[tree.File, list[tuple[str, int, str]]]:
    """The tree, and of each error its code, line and marked text."""
    report = Report()
    file = parse(Source("test.arch", text), report)
    return file, [(d.code, d.span.line, d.span.text) for d in report.found if d.span]


def bodies(node: object) -> Iterator[tuple[tree.Statement, ...]]:
    """The statements of every body, the outer ones first."""
    if isinstance(node, tuple):
        if node and all(isinstance(part, tree.Statement) for part in node):
            yield node
        for part in node:
            yield from bodies(part)
    elif hasattr(node, "__dataclass_fields__") and not isinstance(node, Source):
        for name in node.__dataclass_fields__:
            if name not in ("span", "source"):
                yield from bodies(getattr(node, name))


def texts(text: str) -> list[str]:
    return [" ".join(s.span.text.split()) for body in bodies(read(text)[0].items) for s in body]


@pytest.mark.parametrize(
    ("body", "errors", "kept"),
    [
        ("repeat 3 {\n a a\n b\n c c\n}\nd", [3, 5], ["b", "d"]),
        ("if x {\n a a\n b\n} else {\n c c\n d\n}\ne", [3, 6], ["b", "d", "e"]),
        ("if x { a a } else if y { b b } else { c c }\nd", [2, 2, 2], ["d"]),
        ("add(a, if x { b b } else { c }, )\nd", [2], ["c", "d"]),
        ("add(\n a,\n if x { b b } else { c c },\n repeat 2 {\n  d d\n  e\n },\n)\nf f", [4, 4, 6, 10], ["e"]),
        ("a -> repeat 2 { b b } -> c\nd", [2], ["d"]),
        ("output y = if x { a a\n b } else { c }\nd", [2], ["b", "c", "d"]),
        ("share t = repeat 2 { a a }\nlet u = if x { b b }\nc", [2, 3], ["c"]),
        # the outer statement and those in it
        ("add(a a, if x { b b } else { c c })\nd", [2, 2, 2], ["d"]),
        ("add(if x { b b } else { c }, a a, repeat 2 { d d })\ne", [2, 2, 2], ["e"]),
        ("repeat 3x {\n a a\n}\nb b", [2, 3, 5], []),
        ("if { a a } else { b b }\nc", [2, 2, 2], ["c"]),
        ("share t if x { a a }\nb", [2, 2], ["b"]),
        # bodies that close on the line of what follows
        ("repeat 3 { a a } b\nc", [2, 2], ["c"]),
        ("repeat 3 { a } b b\nc", [2], ["repeat 3 { a }", "c", "a"]),
        ("repeat 3 { repeat 2 { a a } b\n c c }\nd", [2, 2, 3], ["d"]),
        ("if x { a } elif y { b b } else { c }\nd", [2, 2], ["d"]),
        ("block b { a a }\nuse x\nc", [2, 2, 3], ["c"]),
    ],
)
def test_bad_statements_in_bodies(body: str, errors: list[int], kept: list[str]) -> None:
    text = f"model A {{\n{body}\n}}\n"
    assert [line for _, line, _ in read(text)[1]] == errors
    found = texts(text)
    assert [statement for statement in kept if statement not in found] == []


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("use a.arch\nuse b, c\nlet d e\nmodel A { f f }", [1, 2, 3, 4]),
        ("block a(x y) { b b\n c }\nblock d = e\nmodel A { f }", [1, 1, 3]),
        ("block a { b b } block c { d d }\nuse e e\nmodel A { f f } train { g 3 }", [1, 1, 1, 2, 3, 3, 3]),
        ("def f(x) {\n a a\n}\nmodle B {\n b b\n}\ntrian { c: 3 }", [1, 2, 4, 5, 7, 7]),
        ("def f(x):\n a a\n b\nmodel B:\n c c\ntrain:\n d: 3\nlet e = f", [1, 2, 4, 5, 6, 7]),
        ("train {\n a = if x { 1 1 } else { 2 }\n b = {c: 1}\n d 3\n}", [2, 3, 4]),
    ],
)
def test_bad_items(text: str, errors: list[int]) -> None:
    assert [line for _, line, _ in read(text)[1]] == errors


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a bracket that is never closed is the one to look at, and what comes after it is read
        ("model A {\n repeat 2 {\n  f(1, (2)\n  a\n  b b\n }\n c c\n}", [(3, "("), (5, "b"), (7, "c")]),
        ("model A {\n f(1, (2)\n repeat 2 {\n  b b\n }\n c\n}", [(2, "("), (4, "b")]),
        ("model A {\n add(\n  f(1,\n  a\n )\n c c\n}", [(3, "("), (6, "c")]),
        ("model A {\n add(a, if x { f(1 } else { b b }, )\n c c\n}", [(2, "("), (2, "b"), (3, "c")]),
        ("model A {\n add(a, repeat 2 { b )\n c c\n}", [(2, "{"), (3, "c")]),
        ("model A {\n a\n if x { b else { c c }\n d\n}", [(3, "{"), (3, "c")]),
        ("model A {\n repeat 2 {\n  a\n b b\n}\nmodel B {\n c c\n}", [(2, "{"), (4, "b"), (7, "c")]),
        ("model A {\n repeat 2 {\n  if x {\n   a\n  b b\n }\n c\n}\ntrain {\n d 3\n}", [(3, "{"), (5, "b"), (10, "3")]),
        ("block a {\n repeat 2 { b\n c c\n}\nmodel B {\n d\n}", [(2, "{"), (3, "c")]),
        ("model A {\n repeat 2\n  a\n }\n b b\n}\nmodel B {\n c\n}", [(2, ""), (5, "b")]),
        ("model A {\n repeat 2 {\n  a\n }}\n b b\n}\nlet c = 1\n", [(4, "}"), (5, "b")]),
        ("block a {\n b\n\nuse c\nblock d {\n e\n}\n", [(1, "{")]),
        ("model A {\n add(\n  a,\n  if x { b },\n c\n d d\n}\n", [(2, "("), (6, "d")]),
    ],
)
def test_brackets_among_bodies(text: str, expected: list[tuple[int, str]]) -> None:
    assert [(line, marked) for _, line, marked in read(text)[1]] == expected


def statements(text: str) -> list[tuple[int, int]]:
    """Where the statements, settings and items that hold no others begin and end."""
    file, found = read(text)
    assert not found
    spans = [s.span for body in bodies(file.items) for s in body]
    for item in file.items:
        if isinstance(item, tree.Train):
            spans += [setting.span for setting in item.settings]
        elif isinstance(item, tree.Let | tree.Use):
            spans.append(item.span)
    places = sorted((span.start, span.end) for span in spans)
    return [p for p in places if not any(q != p and p[0] <= q[0] and q[1] <= p[1] for q in places)]


BREAKS = [" @", " = = 3", " x x y", " )", " -> -> x", " => relu", "; a", " ? a", " 5 x 5 x"]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
@pytest.mark.parametrize("seed", range(12))
def test_so_many_broken_statements_so_many_errors(path: Path, seed: int) -> None:
    text = path.read_text(encoding="utf-8")
    chosen = random.Random(f"{seed} {path.stem}")
    places = statements(text)
    broken = sorted(chosen.sample(places, chosen.randint(1, len(places))), reverse=True)
    expected: list[tuple[int, int]] = []
    for start, end in broken:
        added = chosen.choice(BREAKS)
        text = text[:end] + added + text[end:]
        expected = [(start, end + len(added))] + [(a + len(added), b + len(added)) for a, b in expected]
    report = Report()
    parse(Source("test.arch", text), report)
    found = [d.span.start for d in report.found if d.span]
    assert len(found) == len(expected), text
    for at, (start, end) in zip(found, expected, strict=True):
        assert start <= at <= end, text


def test_a_bracket_too_many_or_too_few_is_one_error() -> None:
    several: list[tuple[str, str, str, object]] = []
    tried = 0
    for path in GOOD:
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"#.*|[(){}\[\]]", text):
            for instead in ("", match[0] * 2) if match[0][0] != "#" else ():
                tried += 1
                found = read(text[: match.start()] + instead + text[match.end() :])[1]
                assert found
                if len(found) > 1:
                    several.append((path.stem, match.group(), instead, found))
    # where the bracket that opens several lines is left out, nothing says that they belong together
    assert tried > 500 and len(several) <= tried // 100, several


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_statements_stay(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    before = {text[a:b] for a, b in statements(text)}
    for start, end in statements(text):
        file, found = read(f"{text[:end]} @{text[end:]}")
        assert len(found) == 1
        kept = {s.span.text for body in bodies(file.items) for s in body}
        kept |= {s.span.text for item in file.items if isinstance(item, tree.Train) for s in item.settings}
        kept |= {item.span.text for item in file.items if isinstance(item, tree.Let | tree.Use)}
        assert before - kept <= {text[start:end]}


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_broken_headers(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    braces = [match.start() for match in re.finditer(r"\{", text)]
    for brace in braces:
        [(_, line, _)] = read(f"{text[:brace]}@ {text[brace:]}")[1]
        assert line == text.count("\n", 0, brace) + 1
    # one error for each statement, however many headers it has
    for _, end in reversed(statements(text)):
        text = f"{text[:end]} x @{text[end:]}"
    inner = len(read(text)[1])
    text = re.sub(r"(?m)^(block|model|train)( *\w*[^\n{]*)\{", r"\1\2@ {", text)
    assert len(read(text)[1]) == inner + len(re.findall(r"(?m)^(block|model|train)\b", text))


@pytest.mark.parametrize(
    "text",
    [
        "model A {" + "repeat 2 {" * 10**6,
        "model A {\n" + "repeat 2 {\n" * 10**6,
        "model A {" + "if c {" * 10**6 + "relu" + "}" * 10**6 + "}",
        "block a {\n" * 10**5 + "relu" + "\n}" * 10**5,
        "model A {\n if a { b }" + " else if c { d }" * 10**5 + "\n}",
        "model A {\n if a { b }" + "\n else if c { d }" * 10**5 + "\n}",
        "model A {" + "a -> repeat 2 { add(" * 10**5,
        "model A {" + "if f(" * 10**6,
        "model A {" + "repeat " * 10**5 + "}",
        "model A {" + "if not " * 10**5,
    ],
    ids=lambda text: text[8:30].strip().replace("\n", " "),
)
def test_bodies_nest_within_bounds(text: str) -> None:
    (_, found), seconds = timed(lambda: read(text[:9_999_999]))
    assert found
    assert seconds < 5, "0.4 on a machine of its own"


@pytest.mark.parametrize(
    ("inner", "outer", "nodes"),
    [("repeat 2 {", "}", 95), ("if c {", "}", 95), ("if c { b } else ", "", 95), ("add(repeat 2 {", "})", 45)],
)
def test_depth_of_bodies(inner: str, outer: str, nodes: int) -> None:
    last = "if c { d }" if inner.endswith("else ") else "a"
    assert read("model A {" + inner * nodes + last + outer * nodes + "}")[1] == []
    [(code, _, _)] = read("model A {" + inner * 120 + last + outer * 120 + "}\nlet b = 1")[1]
    assert code == "E0110"


def test_many_bodies_side_by_side_are_not_deep() -> None:
    body = "repeat 2 { if a + b { c } else if d { e } }\nadd(if a { b } else { c }, repeat 3 { d }) -> e\n"
    assert read("model A {\n" + body * 500 + "}\n" + "block f { g }\n" * 300)[1] == []


NESTED = """
  repeat 3 {
    if it.channels == 3 {
      conv(8, 3x3) -> relu
    } else {
      add(relu, tanh)
    }
  }"""


def read_nested(times: int) -> None:
    assert read("model A {" + NESTED * times + "\n}\n")[1] == []


def test_work_grows_with_nested_bodies_and_no_faster() -> None:
    assert growth(read_nested, 20) < 4.4


@pytest.mark.slow
def test_fifty_thousand_lines() -> None:
    assert growth(read_nested, 50_000 // 7 // 4) < 4.4
