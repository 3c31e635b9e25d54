"""How diagnostics look to people, as text."""

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from archc.diagnostics.diagnostic import Diagnostic, Related, Report
from archc.source import Source, Span

_RESET = "\x1b[0m"
_COLOURS = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "help": "\x1b[1;32m",
    "note": "\x1b[1m",
    "title": "\x1b[1m",
    "frame": "\x1b[34m",
    "related": "\x1b[36m",
}
_TAB = 4
_CUT = "…"
_NARROWEST = 40
_LONGEST_CHAIN = 6


def render(diagnostic: Diagnostic, *, color: bool, width: int = 100) -> str:
    """The message as it stands in a terminal, without a newline at its end."""
    return _Page(color, width).message(diagnostic)


def render_all(found: Report | Iterable[Diagnostic], *, color: bool, width: int = 100) -> str:
    """All messages, and a last line that counts them; empty if there are none."""
    diagnostics = list(found.found if isinstance(found, Report) else found)
    if not diagnostics:
        return ""
    page = _Page(color, width)
    return "\n\n".join([*map(page.message, diagnostics), page.count(diagnostics)])


def chain(via: Sequence[Related]) -> list[str]:
    """The chain of calls in words, the innermost first; of a long one, both ends."""
    calls = [f"{call.text}, called from {call.span!r}" for call in via]
    if len(calls) <= _LONGEST_CHAIN:
        return calls
    return [*calls[:3], f"{_CUT} {len(calls) - 5} more", *calls[-2:]]


@dataclass(frozen=True, slots=True)
class _Mark:
    """What is underlined in one line: characters `start` to `end`, counted from 0."""

    line: int
    start: int
    end: int
    sign: str
    text: str

    def moved(self, by: int) -> "_Mark":
        return replace(self, start=max(self.start + by, 0), end=max(self.end + by, 1))


def _marks(span: Span, sign: str, text: str) -> list[_Mark]:
    """One mark, or for a span of several lines one in its first and one in its last."""
    source = span.source
    # the white space at the end of a span of lines is nothing to underline
    end = span.start + len(span.text.rstrip()) if "\n" in span.text else span.end
    line, column = source.place(span.start)
    last, end_column = source.place(end)
    if line == last:
        return [_Mark(line, column - 1, max(end_column - 1, column), sign, text)]
    first, bottom = source.line(line), source.line(last)
    indent = len(bottom) - len(bottom.lstrip())
    return [
        _Mark(line, column - 1, max(len(first.rstrip()), column), sign, ""),
        _Mark(last, min(indent, end_column - 2), end_column - 1, sign, text),
    ]


class _Row:
    """A line of a source as a terminal shows it: what each character looks like, and in which column."""

    def __init__(self, text: str):
        self.looks: list[str] = []
        self.columns = [0]
        for character in text:
            if character == "\t":
                look = " " * (_TAB - self.columns[-1] % _TAB)
                wide = len(look)
            else:
                look = _harmless(character)
                wide = _width(look)
            self.looks.append(look)
            self.columns.append(self.columns[-1] + wide)

    def column(self, index: int) -> int:
        """Also of places after the end, where something may be missing."""
        beyond = index - len(self.looks)
        return self.columns[index] if beyond <= 0 else self.columns[-1] + beyond

    def window(self, mark: _Mark, room: int) -> tuple[int, int]:
        """Which characters to show, so that no more than `room` columns are taken and `mark` is among them."""
        if self.columns[-1] <= room:
            return 0, len(self.looks)
        room -= 2 * len(_CUT)
        left = max(0, min(self.column(mark.start) - room // 3, self.columns[-1] - room))
        start = bisect_left(self.columns, left)
        return start, max(start, bisect_right(self.columns, self.columns[start] + room) - 1)


class _Page:
    """Lays out messages for a terminal of a certain width."""

    def __init__(self, color: bool, width: int):
        self._color = color
        self._width = max(width, _NARROWEST)

    def message(self, diagnostic: Diagnostic) -> str:
        head = self._paint(diagnostic.severity, f"{diagnostic.severity}[{diagnostic.code}]")
        lines = [head + self._paint("title", f": {shown(diagnostic.title)}")]
        below = [*(("note", note) for note in diagnostic.notes)]
        if diagnostic.advice:
            below.append(("help", diagnostic.advice))
        if diagnostic.span:
            lines += self._places(diagnostic, diagnostic.span)
            if not below and not diagnostic.via:
                lines.pop()
        lines += self._chain(diagnostic)
        for word, text in below:
            first, *rest = text.split("\n")
            lines.append(f"{self._paint(word, word)}: {shown(first)}")
            lines += [f"{' ' * len(word)}  {shown(line)}" for line in rest]
        return "\n".join(lines)

    def count(self, diagnostics: Sequence[Diagnostic]) -> str:
        errors = sum(diagnostic.severity == "error" for diagnostic in diagnostics)
        counts = {"error": errors, "warning": len(diagnostics) - errors}
        parts = [f"{n} {word}{'s' * (n != 1)}" for word, n in counts.items() if n]
        return self._paint("error" if errors else "warning", ", ".join(parts))

    def _places(self, diagnostic: Diagnostic, span: Span) -> list[str]:
        spans = {span.source: span}
        marks = {span.source: _marks(span, "^", diagnostic.label)}
        for related in diagnostic.related:
            spans.setdefault(related.span.source, related.span)
            marks.setdefault(related.span.source, []).extend(_marks(related.span, "-", related.text))
        gutter = self._gutter(diagnostic)
        lines = []
        for source, group in marks.items():
            arrow = self._paint("frame", "-->" if source is span.source else ":::")
            place = spans[source]
            lines.append(f" {' ' * gutter}{arrow} {shown(source.name)}:{place.line}:{place.column}")
            lines += self._excerpt(source, group, gutter, diagnostic.severity)
        return lines

    def _gutter(self, diagnostic: Diagnostic) -> int:
        """How wide the numbers of the lines that are shown are."""
        spans = [related.span for related in diagnostic.related]
        if diagnostic.span:
            spans.append(diagnostic.span)
        return len(str(max((mark.line for span in spans for mark in _marks(span, "", "")), default=0)))

    def _chain(self, diagnostic: Diagnostic) -> list[str]:
        lead = self._paint("frame", f" {' ' * self._gutter(diagnostic)} =")
        return [f"{lead} {shown(call)}" for call in chain(diagnostic.via)]

    def _excerpt(self, source: Source, marks: Sequence[_Mark], gutter: int, severity: str) -> list[str]:
        blank = self._paint("frame", f" {' ' * gutter} |")
        lines = [blank]
        before = 0
        for number in sorted({mark.line for mark in marks}):
            if before and number == before + 2:
                lines += self._line(source, number - 1, [], gutter, severity)
            elif before and number > before + 2:
                lines.append(self._paint("frame", "..."))
            # an underline may stand within another: the longer one first
            here = sorted((mark for mark in marks if mark.line == number), key=lambda mark: (mark.start, -mark.end))
            lines += self._line(source, number, here, gutter, severity)
            before = number
        return [*lines, blank]

    def _line(self, source: Source, number: int, marks: Sequence[_Mark], gutter: int, severity: str) -> list[str]:
        """A line of the source and the underlines below it."""
        line = source.line(number)
        main = next((mark for mark in marks if mark.sign == "^"), marks[0] if marks else _Mark(number, 0, 0, "", ""))
        # no more of a very long line than could be shown
        skipped = max(0, main.start - 2 * self._width)
        row = _Row(line[skipped : skipped + 5 * self._width])
        marks = [mark.moved(-skipped) for mark in marks]
        start, end = row.window(main.moved(-skipped), self._width - gutter - 4)
        left_cut, right_cut = _CUT * (start + skipped > 0), _CUT * (end + skipped < len(line))
        text = left_cut + "".join(row.looks[start:end]) + right_cut
        lines = [f"{self._paint('frame', f' {number:>{gutter}} |')} {text}".rstrip()]
        for mark in marks:
            shift = row.columns[start] - len(left_cut)
            left = max(row.column(mark.start) - shift, 0)
            right = row.column(mark.end) - shift
            if right_cut:
                left, right = min(left, len(text)), min(right, row.columns[end] - shift + 1)
            under = f"{mark.sign * max(right - left, 1)} {shown(mark.text)}".rstrip()
            style = severity if mark.sign == "^" else "related"
            lines.append(f"{self._paint('frame', ' ' * gutter + '  |')} {' ' * left}{self._paint(style, under)}")
        return lines

    def _paint(self, style: str, text: str) -> str:
        return f"{_COLOURS[style]}{text}{_RESET}" if self._color else text


def _harmless(character: str) -> str:
    """The character, or a stand-in for one that steers terminals or hides."""
    if " " <= character <= "~":
        return character
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    # C: controls, formats, surrogates, unassigned; Z: separators of lines and paragraphs
    category = unicodedata.category(character)
    if category[0] == "C" or category in ("Zl", "Zp"):
        return "\N{REPLACEMENT CHARACTER}"
    return character


def _width(look: str) -> int:
    """How many columns a terminal takes for a character."""
    if look.isascii():
        return 1
    if unicodedata.combining(look) or unicodedata.category(look) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(look) in ("W", "F") else 1


def shown(text: str) -> str:
    """The text without what steers terminals or hides."""
    return text if text.isascii() and text.isprintable() else "".join(map(_harmless, text))
