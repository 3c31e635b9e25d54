"""How resolving tells that something is wrong: it raises, and the statement's owner reports."""

from archc.diagnostics import Diagnostic, Edit, Fix, Related
from archc.diagnostics.suggest import closest
from archc.source import Span


class Wrong(Exception):
    """Something a person wrote can't stand; ends the statement, never the run."""

    def __init__(self, diagnostic: Diagnostic):
        super().__init__(diagnostic.title)
        self.diagnostic = diagnostic


class Unknown(Exception):
    """A value that was already complained about: whatever uses it stays silent."""


def wrong(
    code: str,
    title: str,
    span: Span | None,
    label: str = "",
    *,
    help: str = "",
    related: tuple[Related, ...] = (),
    fix: str | None = None,
) -> Wrong:
    """`fix` is a text that would stand well in place of `span`."""
    fixes = (Fix(f"write `{fix}`", (Edit(span, fix),)),) if fix is not None and span is not None else ()
    return Wrong(Diagnostic(code, title, span, label, related, (), help, fixes))


def misspelt(code: str, title: str, span: Span, word: str, candidates: list[str], *, otherwise: str = "") -> Wrong:
    """A name that nothing has, with the nearest ones."""
    near = closest(word, candidates)
    if near:
        return wrong(code, title, span, help=f"did you mean `{near[0]}`?", fix=near[0])
    return wrong(code, title, span, help=otherwise)
