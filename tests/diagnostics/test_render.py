"""How messages look."""

import re
from textwrap import dedent

import pytest

from archc.diagnostics import Diagnostic, Edit, Fix, Related, Report
from archc.diagnostics.render import render, render_all
from archc.source import Source, Span

LENET = Source(
    "models/lenet5.arch",
    dedent(
        """\
        model LeNet5 {
            input image[28, 28, 1]
            conv(6, 5x5,
                padding = same,
                bias = true,
            )

            avg_pool(2x2)
            dense(120) -> tanh
        }
        """
    ),
)


def at(source: Source, text: str) -> Span:
    start = source.text.index(text)
    return source.span(start, start + len(text))


def test_a_message_looks_as_the_language_says() -> None:
    message = Diagnostic(
        "E0101",
        "dense needs a flat value, and this one is an image",
        at(LENET, "dense(120)"),
        "takes [features]",
        related=(Related(at(LENET, "avg_pool(2x2)"), "gives [5, 5, 16]"),),
        notes=("every layer gets the value of the line before",),
        help="put `flatten` before it: [5, 5, 16] becomes [400]",
    )
    assert render(message, color=False) == dedent(
        """\
        error[E0101]: dense needs a flat value, and this one is an image
          --> models/lenet5.arch:9:5
           |
         8 |     avg_pool(2x2)
           |     ------------- gives [5, 5, 16]
         9 |     dense(120) -> tanh
           |     ^^^^^^^^^^ takes [features]
           |
        note: every layer gets the value of the line before
        help: put `flatten` before it: [5, 5, 16] becomes [400]"""
    )


def test_lines_between_places() -> None:
    message = Diagnostic(
        "E0101",
        "far apart",
        at(LENET, "tanh"),
        related=(Related(at(LENET, "image"), "the input"), Related(at(LENET, "1]"), ""), Related(at(LENET, "avg"), "")),
    )
    assert render(message, color=False).splitlines()[2:] == [
        "   |",
        " 2 |     input image[28, 28, 1]",
        "   |           ----- the input",
        "   |                         --",
        "...",
        " 8 |     avg_pool(2x2)",
        "   |     ---",
        " 9 |     dense(120) -> tanh",
        "   |                   ^^^^",
    ]


def test_a_place_of_several_lines() -> None:
    span = at(LENET, "conv(6, 5x5,").to(at(LENET, "    )\n"))
    assert render(Diagnostic("E0101", "long", span, "all of it"), color=False).splitlines()[1:] == [
        "  --> models/lenet5.arch:3:5",
        "   |",
        " 3 |     conv(6, 5x5,",
        "   |     ^^^^^^^^^^^^",
        "...",
        " 6 |     )",
        "   |     ^ all of it",
    ]


def test_places_in_two_files() -> None:
    other = Source("heads.arch", "let n = 1\n")
    message = Diagnostic("E0101", "x", at(LENET, "tanh"), related=(Related(at(other, "n ="), "given here"),))
    assert render(message, color=False).splitlines()[-4:] == [
        "  ::: heads.arch:1:5",
        "   |",
        " 1 | let n = 1",
        "   |     --- given here",
    ]


def underlined(text: str, part: str, width: int = 100) -> tuple[str, str]:
    source = Source("a.arch", text)
    lines = render(Diagnostic("E0101", "x", at(source, part)), color=False, width=width).splitlines()
    return lines[3].partition("| ")[2], lines[4].partition("| ")[2]


def test_characters_that_are_wider_or_narrower() -> None:
    assert underlined("\tx\ty", "y") == ("    x   y", "        ^")
    assert underlined("a漢字b", "b") == ("a漢字b", "     ^")
    assert underlined("a漢字b", "漢字") == ("a漢字b", " ^^^^")
    assert underlined("cafe\u0301 b", "b") == ("cafe\u0301 b", "     ^")


def test_long_lines_are_cut() -> None:
    for text in (
        "x" * 500 + "HERE" + "y" * 500,
        "HERE" + "y" * 500,
        "x" * 500 + "HERE",
        "漢" * 300 + "HERE" + "漢" * 300,
    ):
        for width in (40, 60, 100):
            line, marks = underlined(text, "HERE", width)
            assert len(line) <= width - 5 and "HERE" in line
            assert marks.count("^") == 4
            if "漢" not in text:
                assert line[marks.index("^") :].startswith("HERE")
    line, marks = underlined("x" * 100_000, "x" * 100_000, 60)
    assert (line, marks) == ("x" * 53 + "…", "^" * 54)


def test_a_terminal_is_not_steered() -> None:
    source = Source("a\x1b[31m.arch", "x\x1b[31m\x07\u202ey\udcff\n")
    message = Diagnostic(
        "E0101", "\x1b[2Jtitle", at(source, "y"), "\x1blabel", notes=("\x9bnote\u200b",), help="\rhelp"
    )
    text = render(message, color=False)
    assert not re.search(r"[^\n -~␀-␟\N{REPLACEMENT CHARACTER}]", text)
    assert " 1 | x␛[31m␇\N{REPLACEMENT CHARACTER}y" in text
    text.encode()


def test_places_at_the_edges() -> None:
    source = Source("a.arch", "ab\n\ncd")
    for start in range(len(source.text) + 1):
        for end in range(start, len(source.text) + 1):
            lines = render(Diagnostic("E0101", "x", source.span(start, end)), color=False).splitlines()
            assert any("^" in line for line in lines)
    empty = Source("a.arch", "")
    assert render(Diagnostic("E0101", "x", empty.span(0, 0)), color=False).splitlines()[-2:] == [" 1 |", "   | ^"]


def test_colours_add_nothing_but_colours() -> None:
    message = Diagnostic("E0101", "title", at(LENET, "tanh"), "label", notes=("note",), help="help")
    coloured = render(message, color=True)
    assert coloured.startswith("\x1b[1;31merror[E0101]\x1b[0m")
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render(message, color=False)


def test_without_a_place() -> None:
    assert render(Diagnostic("E0001", "no such file", help="look\nagain"), color=False) == (
        "error[E0001]: no such file\nhelp: look\n      again"
    )


def test_a_fix_speaks_where_no_help_does() -> None:
    fix = Fix("write `relu`", (Edit(at(LENET, "tanh"), "relu"),))
    assert render(Diagnostic("E0101", "x", at(LENET, "tanh"), fixes=(fix,)), color=False).endswith("help: write `relu`")


@pytest.mark.parametrize(
    ("codes", "line"),
    [
        (["E0101"], "1 error"),
        (["E0101", "E0102"], "2 errors"),
    ],
)
def test_all_messages_are_counted(codes: list[str], line: str) -> None:
    report = Report()
    report.extend(Diagnostic(code, "title") for code in codes)
    assert render_all(report, color=False).splitlines()[-1] == line


def test_warnings_are_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archc.diagnostics.diagnostic.CATALOGUE", {"E0101": "", "W0301": ""})
    found = [Diagnostic("E0101", "a"), Diagnostic("W0301", "b"), Diagnostic("W0301", "c")]
    assert render_all(found, color=False).splitlines()[-1] == "1 error, 2 warnings"
    assert render_all(found[1:2], color=False) == "warning[W0301]: b\n\n1 warning"
    assert render_all([], color=False) == ""


def deep(length: int) -> Diagnostic:
    source = Source("lenet.arch", "model A {\n" + "    basic\n" * length + "}\n")
    spans = [source.span(start + 4, start + 9) for start in source.starts[1 : length + 1]]
    via = tuple(Related(span, f"in block `b{i}`") for i, span in enumerate(spans))
    return Diagnostic("E0101", "x", at(LENET, "tanh"), via=via, help="help")


def test_the_chain_of_calls_is_told() -> None:
    lines = render(deep(2), color=False).splitlines()
    assert lines[-5:] == [
        "   |                   ^^^^",
        "   |",
        "   = in block `b0`, called from lenet.arch:2:5",
        "   = in block `b1`, called from lenet.arch:3:5",
        "help: help",
    ]


def test_a_long_chain_is_told_from_both_ends() -> None:
    assert sum(" = in block" in line for line in render(deep(6), color=False).splitlines()) == 6
    assert render(deep(999), color=False).splitlines()[-7:-1] == [
        "   = in block `b0`, called from lenet.arch:2:5",
        "   = in block `b1`, called from lenet.arch:3:5",
        "   = in block `b2`, called from lenet.arch:4:5",
        "   = … 994 more",
        "   = in block `b997`, called from lenet.arch:999:5",
        "   = in block `b998`, called from lenet.arch:1000:5",
    ]
