"""One thing that is wrong, where, why, and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from archc.diagnostics.catalogue import CATALOGUE
from archc.source import Span


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that matters, with a few words that stand under it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces the text of `span`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that would mend it: what it does, in words, and the edits."""

    title: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A message: a code of the catalogue, a one-line title, and the place.

    `label` stands under the marked text, `related` marks other places, `notes` are further
    sentences. `help` says what to do. `span` is None where the fault is in no file. Inside blocks
    `via` is the chain of calls that led there, the innermost first: where each call stands, and
    what it calls, as "in block `basic`".
    """

    code: str
    title: str
    span: Span | None = None
    label: str = ""
    related: tuple[Related, ...] = ()
    notes: tuple[str, ...] = ()
    help: str = ""
    fixes: tuple[Fix, ...] = ()
    via: tuple[Related, ...] = ()

    def __post_init__(self) -> None:
        if self.code not in CATALOGUE:
            raise KeyError(f"{self.code} is not in the catalogue of diagnostics")

    @property
    def severity(self) -> Literal["error", "warning"]:
        return "error" if self.code.startswith("E") else "warning"

    @property
    def advice(self) -> str:
        """What to do: the help, or else what the first fix does."""
        return self.help or (self.fixes[0].title if self.fixes else "")


@dataclass(slots=True)
class Report:
    """Collects what the phases find, in order."""

    found: list[Diagnostic] = field(default_factory=list)
    _seen: set[Diagnostic] = field(default_factory=set, repr=False)
    _counted: tuple[int, int] = (0, 0)
    """How many were looked at, and how many of these are errors."""

    def add(self, diagnostic: Diagnostic) -> None:
        if diagnostic not in self._seen:
            self._seen.add(diagnostic)
            self.found.append(diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            self.add(diagnostic)

    @property
    def errors(self) -> int:
        seen, errors = self._counted if self._counted[0] <= len(self.found) else (0, 0)
        errors += sum(d.severity == "error" for d in self.found[seen:])
        self._counted = (len(self.found), errors)
        return errors

    @property
    def warnings(self) -> int:
        return len(self.found) - self.errors

    def stop_on_errors(self) -> None:
        """Raises Failed if an error was found."""
        if self.errors:
            raise Failed(tuple(self.found))


class Failed(Exception):
    """The input has errors; `diagnostics` tells them all. The only exception a phase raises for bad input."""

    def __init__(self, diagnostics: Iterable[Diagnostic] | Diagnostic):
        one = isinstance(diagnostics, Diagnostic)
        self.diagnostics: tuple[Diagnostic, ...] = (diagnostics,) if one else tuple(diagnostics)  # type: ignore[assignment,arg-type]
        super().__init__("\n".join(map(in_a_line, self.diagnostics)))


def in_a_line(diagnostic: Diagnostic) -> str:
    """Place, code, title and help, for where there is no room for a picture of the source."""
    place = f"{diagnostic.span!r}: " if diagnostic.span else ""
    help = f" ({diagnostic.help})" if diagnostic.help else ""
    return f"{place}{diagnostic.code}: {diagnostic.title}{help}"
