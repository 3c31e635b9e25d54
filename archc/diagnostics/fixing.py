"""Applies the fixes that diagnostics carry, and takes back those that do more harm than good."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from archc.diagnostics.diagnostic import Diagnostic, Edit, Fix

ROUNDS = 10
"""How often is checked anew: what a fix brings to light may have a fix of its own."""

Drafts = Mapping[str, str]
"""The whole text of files that were changed, by their names in messages."""

Check = Callable[[Drafts], Sequence[Diagnostic]]
"""Says what is wrong when the drafts are taken in place of the files."""

Read = Callable[[str], str | None]
"""The text of a file as it stands, with its byte order mark and carriage returns; None if it may not be changed."""


@dataclass(frozen=True, slots=True)
class Mend:
    """A diagnostic, and the fix of it that is applied."""

    diagnostic: Diagnostic
    fix: Fix

    def clashes(self, other: "Mend") -> bool:
        """Whether both change the same place, so that only one can be applied."""
        return any(_touch(a, b) for a in self.fix.edits for b in other.fix.edits)

    @property
    def sign(self) -> tuple[object, ...]:
        """By which a fix is known again after lines have moved."""
        edits = tuple((edit.span.source.name, edit.span.text, edit.text) for edit in self.fix.edits)
        return (self.diagnostic.code, self.diagnostic.title, edits)


@dataclass(frozen=True, slots=True)
class Mended:
    """Drafts of the files that change, the fixes that were applied, those taken back, and what is wrong now."""

    drafts: Drafts
    fixed: tuple[Mend, ...]
    refused: tuple[Mend, ...]
    found: tuple[Diagnostic, ...]


def mend(check: Check, read: Read, drafts: Drafts | None = None) -> Mended:
    """Applies the first fix of every diagnostic, checks anew, and goes on until nothing is left to apply.

    A fix after which more is wrong than before is taken back. Fixes of one round change different
    places; of two that clash the first is applied, and the other waits for the next round.
    `drafts` are those to begin with.
    """
    drafts = drafts or {}
    found = check(drafts)
    fixed: list[Mend] = []
    refused: list[Mend] = []
    for _ in range(ROUNDS):
        batch = choose(found, {mend.sign for mend in refused}, _reading(drafts, read))
        if not batch:
            break
        step = _Step(drafts, found, check, read)
        refused += step.take(batch)
        fixed += step.kept
        drafts, found = step.best, step.found
    return Mended(drafts, tuple(fixed), tuple(refused), tuple(found))


def choose(found: Sequence[Diagnostic], refused: set[tuple[object, ...]], read: Read) -> list[Mend]:
    """The fixes that can be applied together."""
    chosen: list[Mend] = []
    for diagnostic in found:
        if not diagnostic.fixes:
            continue
        mend = Mend(diagnostic, diagnostic.fixes[0])
        edits = mend.fix.edits
        if mend.sign in refused or all(edit.span.text == edit.text for edit in edits):
            continue
        if any(not _applies(edit, read(edit.span.source.name)) for edit in edits):
            continue
        if not any(mend.clashes(other) for other in chosen):
            chosen.append(mend)
    return chosen


class _Step:
    """One round: what of a batch can be kept. All edits are of the texts as they were at its start."""

    def __init__(self, drafts: Drafts, found: Sequence[Diagnostic], check: Check, read: Read):
        self._start, self._check, self._read = drafts, check, read
        self.best, self.found = drafts, found
        self.kept: list[Mend] = []

    def take(self, batch: list[Mend]) -> list[Mend]:
        """Keeps what does no harm of a batch; gives the rest.

        What leaves an error where it mended is tried alone, lest the good of others hides its harm.
        """
        trial = self._edited([*self.kept, *batch])
        found = self._check(trial)
        harmless = harm(found) <= harm(self.found)
        doubtful = self._doubtful(batch, found)
        if harmless and (not doubtful or len(batch) == 1):
            self.best, self.found = trial, found
            self.kept += batch
            return []
        if len(batch) == 1:
            return batch
        if not doubtful:
            middle = len(batch) // 2
            return self.take(batch[:middle]) + self.take(batch[middle:])
        sound = [mend for mend in batch if mend not in doubtful]
        refused = self.take(sound) if sound else []
        return refused + [mend for alone in doubtful for mend in self.take([alone])]

    def _doubtful(self, batch: Sequence[Mend], found: Sequence[Diagnostic]) -> list[Mend]:
        """The fixes with an error of what they should have mended, syntax or more, in a line that they wrote."""
        faults: dict[str, list[Diagnostic]] = {}
        for diagnostic in found:
            if diagnostic.severity == "error" and diagnostic.span:
                faults.setdefault(diagnostic.span.source.name, []).append(diagnostic)
        if not faults:
            return []
        edits = [edit for mend in [*self.kept, *batch] for edit in mend.fix.edits]
        return [mend for mend in batch if any(_spoilt(edit, edits, faults, mend) for edit in mend.fix.edits)]

    def _edited(self, mends: Sequence[Mend]) -> Drafts:
        by_file: dict[str, list[Edit]] = {}
        for mend in mends:
            for edit in mend.fix.edits:
                by_file.setdefault(edit.span.source.name, []).append(edit)
        drafts = dict(self._start)
        for name, edits in by_file.items():
            before = _reading(self._start, self._read)(name)
            assert before is not None, "fixes of files that may not be changed are never chosen"
            drafts[name] = edited(before, edits)
        return drafts


def harm(found: Sequence[Diagnostic]) -> tuple[int, int]:
    """How bad it is: errors of the text and its syntax, which hide others, and then the other errors."""
    errors = [diagnostic.code for diagnostic in found if diagnostic.severity == "error"]
    hiding = sum(map(_hides, errors))
    return hiding, len(errors) - hiding


def _hides(code: str) -> bool:
    return code.startswith(("E00", "E01"))


def _spoilt(edit: Edit, edits: Sequence[Edit], faults: Mapping[str, Sequence[Diagnostic]], mend: Mend) -> bool:
    """Whether a line that an edit wrote has an error, once all `edits` are made."""
    name = edit.span.source.name
    before = [other for other in edits if other.span.source.name == name and other.span.start < edit.span.start]
    start = edit.span.start + sum(len(other.text) - (other.span.end - other.span.start) for other in before)
    only_hiding = _hides(mend.diagnostic.code)
    for fault in faults.get(name, ()):
        if fault.span is None or (only_hiding and not _hides(fault.code)):
            continue
        source = fault.span.source
        first, last = source.place(start)[0], source.place(start + len(edit.text))[0]
        if first <= fault.span.line <= last:
            return True
    return False


def edited(text: str, edits: Sequence[Edit]) -> str:
    """A text after edits that don't overlap.

    `text` may hold a byte order mark and carriage returns, which the sources of spans don't have:
    both stay, and new lines end as the first one of the text does.
    """
    mark = int(text.startswith("\ufeff"))
    # where a source has one character for two of the text, by its offset there
    pairs = [start - k - mark for k, start in enumerate(_places(text, "\r\n"))]

    def place(offset: int) -> int:
        return offset + mark + bisect_left(pairs, offset)

    first = text.find("\n")
    newline = "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"
    if first < 0 and "\r" in text:
        newline = "\r"
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end), reverse=True):
        start, end = place(edit.span.start), place(edit.span.end)
        text = text[:start] + edit.text.replace("\n", newline) + text[end:]
    return text


def _reading(drafts: Drafts, read: Read) -> Read:
    return lambda name: drafts[name] if name in drafts else read(name)


def plain(text: str) -> str:
    """The text as a source has it."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _places(text: str, part: str) -> list[int]:
    places, position = [], text.find(part)
    while position >= 0:
        places.append(position)
        position = text.find(part, position + 1)
    return places


def _applies(edit: Edit, text: str | None) -> bool:
    """Whether the edit was made for this text, and not for one that `--set` changed or that moved on since."""
    return text is not None and plain(text) == edit.span.source.text


def _touch(a: Edit, b: Edit) -> bool:
    if a.span.source.name != b.span.source.name:
        return False
    return a.span.start == b.span.start or (a.span.start < b.span.end and b.span.start < a.span.end)
