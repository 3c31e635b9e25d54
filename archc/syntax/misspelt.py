"""Words of the language with a letter wrong."""

from archc.diagnostics import Diagnostic
from archc.diagnostics.suggest import closest, distance
from archc.syntax.lines import OPERATORS, Token
from archc.syntax.place import BEGINS_VALUE, ENDS_VALUE, Place, replacing

_BETWEEN = {"as": "AS", "or": "OR", "and": "AND"}
"""Words between two values, and how the grammar calls them."""
_OPENS = frozenset({"LPAR", "MINUS", "LSQB"})


def header(place: Place) -> Diagnostic | None:
    """`repaet 3 { … }`, `fi a { … }`."""
    token, before = place.token, place.before
    if not place.inside or not place.index:
        return None
    if token.type == "LBRACE":
        first = place.tokens[place.step_begin(place.index)]
        meant = next(iter(closest(first.text, ["repeat"])), "") if first.type == "NAME" else ""
        return _headless(first, meant) if meant else None
    if before.type == "NAME" and token.type in BEGINS_VALUE | {"MINUS"}:
        end = place.step_end(place.index)
        if end >= len(place.tokens) or place.tokens[end].type != "LBRACE":
            return None
        if near(before.text, "if"):
            return _headless(before, "if")
        meant = next(iter(closest(before.text, ["repeat"])), "")
        return _headless(before, meant) if meant else None
    return None


def _headless(word: Token, meant: str) -> Diagnostic:
    title = f"`{word.text}` takes no body in braces"
    fixes = replacing(f"write `{meant}`", (word.span, meant))
    return Diagnostic("E0118", title, word.span, help=f"did you mean `{meant}`?", fixes=fixes)


def between(place: Place) -> Diagnostic | None:
    """`conv(6, 5x5) sa C1`, `a == 3 adn b`, `expcet [3, 4]`."""
    token, before = place.token, place.before
    if token.type == "NAME" and place.index and before.type in ENDS_VALUE and place.after.type in BEGINS_VALUE | _OPENS:
        words = [word for word, kind in _BETWEEN.items() if kind in place.accepted and near(token.text, word)]
        if place.after.type != "NAME" or any(other.type == "COMPARE" for other in place.tokens):
            words = [word for word in words if word != "as"]
        if words:
            named = words[0] == "as" and place.head is None and place.first.type != "ASSERT"
            return instead(token, "as" if named else words[-1])
    if before.type == "NAME" and place.index and token.type in BEGINS_VALUE and near(before.text, "not"):
        earlier = place.tokens[place.index - 2].type if place.index > 1 else ""
        if earlier in OPERATORS | {"EQUAL", "IF", "ASSERT", "LPAR", "COMMA"}:
            return instead(before, "not")
    return None


def near(word: str, meant: str) -> bool:
    """Whether a short word is another with one slip."""
    return word != meant and len(word) <= len(meant) + 1 and distance(word, meant, 1) <= 1


def instead(word: Token, meant: str) -> Diagnostic:
    title = f"`{word.text}` does not fit here"
    fixes = replacing(f"write `{meant}`", (word.span, meant))
    return Diagnostic("E0118", title, word.span, help=f"did you mean `{meant}`?", fixes=fixes)


def before_list(place: Place) -> Diagnostic | None:
    """`expcet [3, 4]`, `repaet [3, 4] as n { … }`."""
    if place.token.type != "COMMA" or not place.in_body:
        return None
    opening = place.step_begin(place.index) - 1
    while opening > 0 and place.tokens[opening].type == "COMMA":
        opening = place.step_begin(opening) - 1
    if opening < 1 or place.tokens[opening].type != "LSQB" or place.tokens[opening - 1].type != "NAME":
        return None
    word = place.tokens[opening - 1]
    if word.end == place.tokens[opening].start:
        return None
    meant = next(iter(closest(word.text, ["repeat", *(["expect"] if opening == 1 else [])])), "")
    return instead(word, meant) if meant else None
