"""Lays out Python as `ruff format` does, so that programs are clean as they come.

A piece stands on one line if it fits; else its outermost bracket is opened. The arguments of a call
then share a line if they fit one; else every item gets a line and a comma of its own, a form that
formatters keep.
"""

from archc.code import Call, Code, Entry, Group, Literal, LiteralValue, Mapping, Name, Operation

WIDTH = 88

FUNCTIONS = {"==": "jnp.equal", "+": "jnp.add", "-": "jnp.subtract", "*": "jnp.multiply", "@": "jnp.matmul"}
"""What an operation becomes where it doesn't fit a line."""


def quoted(text: str) -> str:
    """A string literal, in double quotes unless single ones need fewer backslashes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    out = []
    for character in text:
        if character in ("\\", quote):
            out.append("\\" + character)
        elif character.isprintable():
            out.append(character)
        else:
            out.append(character.encode("unicode_escape").decode("ascii"))
    return quote + "".join(out) + quote


def harmless(text: str) -> str:
    """A text as it can stand in a comment or docstring: nothing in it ends the line or the text."""
    return "".join(c if c.isprintable() and c != "\\" else "\N{REPLACEMENT CHARACTER}" for c in text).replace('"', "'")


def literal(value: LiteralValue) -> str:
    """A literal on one line."""
    match value:
        case str():
            return quoted(value)
        case tuple():
            inner = ", ".join(map(literal, value))
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        case dict():
            return "{" + ", ".join(f"{quoted(k)}: {literal(v)}" for k, v in value.items()) + "}"
        case _:
            return repr(value)


def flat(code: Code) -> str:
    """A piece on one line."""
    match code:
        case Name():
            return code.text
        case Literal():
            return literal(code.value)
        case Entry():
            return code.of + "".join(f"[{subscript(key)}]" for key in code.keys)
        case Call():
            keywords = [f"{name}={flat(value)}" for name, value in code.keywords]
            return f"{code.function}({', '.join([*map(flat, code.arguments), *keywords])})"
        case Operation():
            return f"{operand(code.left, code)} {code.operator} {operand(code.right, code)}"
        case Mapping():
            return "{" + ", ".join(f"{subscript(key)}: {flat(value)}" for key, value in code.items) + "}"
        case Group():
            inner = ", ".join(map(flat, code.items))
            return f"({inner},)" if len(code.items) == 1 else f"({inner})"


def subscript(key: str | int | Code) -> str:
    return literal(key) if isinstance(key, str | int) else flat(key)


PRECEDENCE = {"==": 0, "+": 1, "-": 1, "*": 2, "@": 2}


def operand(code: Code, of: Operation) -> str:
    """An operand, in parentheses where it would otherwise bind wrongly."""
    if not isinstance(code, Operation):
        return flat(code)
    weaker = PRECEDENCE[code.operator] < PRECEDENCE[of.operator]
    tied = PRECEDENCE[code.operator] == PRECEDENCE[of.operator] and code is of.right
    return f"({flat(code)})" if weaker or tied else flat(code)


def layout(
    code: Code, indent: int, lead: str = "", tail: str = "", comment: str = "", *, open: bool = False
) -> list[str]:
    """The lines of `lead code tail  # comment`; `open` breaks the outermost bracket in any case.

    A comment that doesn't fit behind goes on a line of its own before.
    """
    margin = " " * indent
    line = f"{margin}{lead}{flat(code)}{tail}"
    if comment and (len(line) + len(comment) + 4 > WIDTH or not comment.isascii()):
        return [f"{margin}# {comment}", *layout(code, indent, lead, tail, open=open)]
    end = f"  # {comment}" if comment else ""
    if len(line) <= WIDTH and not open:
        return [line + end]
    unbroken = f"{margin}{lead}{code.function}(" if isinstance(code, Call) else line
    if lead.endswith("= ") and isinstance(code, Name | Call) and len(unbroken) > WIDTH:
        apart = layout(code, indent + 4)
        if all(len(line) <= WIDTH for line in apart):
            return [f"{margin}{lead}(", *apart, f"{margin}){tail}"]
    match code:
        case Call():
            items = [("", value) for value in code.arguments] + [(f"{name}=", value) for name, value in code.keywords]
            opening, closing = code.function + "(", ")"
        case Mapping():
            items = [(f"{subscript(key)}: ", value) for key, value in code.items]
            opening, closing = "{", "}"
        case Group():
            items = [("", value) for value in code.items]
            opening, closing = "(", ")"
        case Literal(tuple() as values) if values:
            items = [("", Literal(value)) for value in values]
            opening, closing = "(", ")"
        case Literal(dict() as entries) if entries:
            items = [(f"{quoted(name)}: ", Literal(value)) for name, value in entries.items()]
            opening, closing = "{", "}"
        case Operation():
            return layout(Call(FUNCTIONS[code.operator], (code.left, code.right)), indent, lead, tail)
        case Entry():
            return opened(code, margin, lead, tail)
        case _:
            return [line + end]
    if not items:
        return [line + end]
    together = f"{margin}    {', '.join(name + flat(value) for name, value in items)}"
    if isinstance(code, Call) and len(together) <= WIDTH and not open:
        return [f"{margin}{lead}{opening}", together, f"{margin}{closing}{tail}"]
    inner = [text for name, value in items for text in layout(value, indent + 4, name, ",")]
    return [f"{margin}{lead}{opening}", *inner, f"{margin}{closing}{tail}"]


def opened(entry: Entry, margin: str, lead: str, tail: str) -> list[str]:
    """An entry that doesn't fit a line: the first bracket whose content would reach too far stands open."""
    lines, line = [], f"{margin}{lead}{entry.of}"
    for i, key in enumerate(entry.keys):
        closed = f"{line}[{subscript(key)}]"
        follows = tail if i == len(entry.keys) - 1 else "["
        if len(closed + follows) <= WIDTH:
            line = closed
            continue
        lines += [f"{line}[", f"{margin}    {subscript(key)}"]
        line = f"{margin}]"
    return [*lines, line + tail]
