"""`archc check --fix`: files as they would be after their fixes, and the way back to the disk."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path

from archc.cli.writing import rewrite
from archc.diagnostics import Diagnostic, Failed
from archc.diagnostics.fixing import Drafts, plain
from archc.resources import PACKAGE, models_folder
from archc.source import Source
from archc.syntax.reading import read_source, source_from_bytes


@dataclass
class Files:
    """Reads files, or drafts in their place, and remembers what it has read.

    `given` are the files that a person named: those are theirs to change, also among the models that come with archc.
    """

    given: frozenset[Path]
    drafts: Drafts = field(default_factory=dict)
    _texts: dict[str, str] = field(default_factory=dict)
    _paths: dict[str, Path] = field(default_factory=dict)
    _names: dict[Path, str] = field(default_factory=dict)
    _shut: set[str] = field(default_factory=set)

    def read(self, path: Path, shown_as: str) -> Source:
        """The text of a file, or its draft. Raises Failed."""
        full = path.resolve()
        # a file that is known by two names is changed under the first
        name = self._names.setdefault(full, shown_as)
        if name in self.drafts:
            return source_from_bytes(self.drafts[name].encode("utf-8"), shown_as)
        source = read_source(path, shown_as)
        text = path.read_bytes().decode("utf-8", "replace")
        mine = path in self.given or not _comes_with_archc(full)
        if name != shown_as or self._paths.setdefault(name, path) != path or plain(text) != source.text or not mine:
            self._shut.add(shown_as)
        self._texts.setdefault(shown_as, text)
        return source

    def changeable(self, name: str) -> str | None:
        """The text on the disk of the file of that name; None if it isn't one to change."""
        return None if name in self._shut else self._texts.get(name)

    def differences(self, drafts: Drafts) -> Iterator[str]:
        """What would change, as `diff -u` shows it: line by line."""
        for name, text in drafts.items():
            before, after = plain(self._texts[name]), plain(text)
            for line in unified_diff(_lines(before), _lines(after), name, name, lineterm=""):
                yield from line.split("\n")

    def write(self, drafts: Drafts) -> None:
        """Puts drafts in place of the files. Raises Failed."""
        for name, text in drafts.items():
            path = self._paths[name]
            if path.read_bytes() != self._texts[name].encode("utf-8"):
                help = "type the command again"
                raise Failed(Diagnostic("E0612", f"`{name}` was changed by someone else in the meantime", help=help))
            rewrite(path, text)


def _comes_with_archc(full: Path) -> bool:
    return any(full.is_relative_to(folder.resolve()) for folder in (PACKAGE, models_folder()))


def _lines(text: str) -> list[str]:
    """Its lines; behind a last one without a newline stands what `diff` says of it."""
    lines = text.split("\n")
    last = lines.pop()
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines
