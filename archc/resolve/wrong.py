"""How resolving tells that something is wrong: it raises, and the statement's owner reports."""

from archc.diagnostics import Diagnostic, Edit, Fix, Related
from archc.diagnostics.suggest import closest
from archc.ops import OPS
from archc.parameters import FAMILIES
from archc.resolve.absent import instead
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
    at: Span | None = None,
) -> Wrong:
    """`fix` is a text that would stand well in place of `at`, or of `span`."""
    place = at or span
    fixes = (Fix(f"write `{fix}`", (Edit(place, fix),)),) if fix and place is not None else ()
    return Wrong(Diagnostic(code, title, span, label, related, (), help, fixes))


def misspelt(
    code: str, title: str, span: Span | None, word: str, candidates: list[str], *, otherwise: str = ""
) -> Wrong:
    """A name that nothing has, with the nearest one."""
    near = closest(word, candidates)
    other = instead(word, candidates) if code == "E0301" else ""
    if other and (not near or any(near[0] in members for members in FAMILIES.values())):
        return wrong(code, f"archc has no `{word}`", span, help=other)
    if near:
        return wrong(code, title, span, help=f"did you mean `{near[0]}`?", fix=near[0])
    return wrong(code, title, span, help=otherwise)


def calls_itself(chain: list[str], span: Span) -> Wrong:
    """A block that calls itself, over the blocks of the chain."""
    shown = chain if len(chain) < 8 else [*chain[:3], "…", *chain[-3:]]
    title = f"the block `{chain[-1]}` calls itself: {' -> '.join(shown)}"
    help = "blocks can't call themselves; `repeat n { … }` goes on for a number of times"
    if chain[-1] in OPS and len(chain) == 2:
        help = f"if the layer `{chain[-1]}` is meant, give the block another name"
    return wrong("E0315", title, span, help=help)


def given_twice(name: str, span: Span, first: Span, help: str = "") -> Wrong:
    """A name that something else bears already."""
    related = (Related(first, "first given here"),)
    return wrong("E0304", f"the name `{name}` is given twice", span, related=related, help=help)
