"""A function for all uses of a block that are alike but for their literals."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from archc.code import Call, Code, Literal, LiteralValue, Name
from archc.ir import Graph, Node
from archc.program.printer import WIDTH, harmless, literal
from archc.program.statements import Assign, Compound, Replacing, Statement, lines, skeleton, used
from archc.types import TensorType

MANY = 8
"""From how many uses a setting has a default: what most of them say."""


@dataclass(frozen=True, eq=False)
class Draft:
    """The function that one use of a block would have by itself.

    `positional` and `flags` are its parameters, `names` the variables in it.
    """

    node: Node
    body: Graph
    positional: tuple[str, ...]
    flags: tuple[str, ...]
    statements: tuple[Statement, ...]
    names: frozenset[str]
    about: str = ""


@dataclass(frozen=True, eq=False)
class Function:
    """A function of the program. A use of it gives `settings`, in the order of `given`, and passes `flags` on."""

    name: str
    positional: tuple[str, ...]
    flags: tuple[str, ...]
    settings: tuple[str, ...]
    doc: str
    statements: tuple[Statement, ...]
    defaults: Mapping[str, LiteralValue]

    def lines(self, defaults: "Defaults") -> list[str]:
        """Its text; `defaults` are those of all functions."""
        settings = [
            f"{name}={literal(self.defaults[name])}" if name in self.defaults else name for name in self.settings
        ]
        keywords = (*settings, *self.flags)
        items = [*self.positional, *(["*", *keywords] if keywords else [])]
        heads = [f"def {self.name}({', '.join(items)}):"]
        if len(heads[0]) > WIDTH:
            inner = ", ".join(items)
            rows = [f"    {inner}"] if len(inner) + 4 <= WIDTH else [f"    {item}," for item in items]
            heads = [f"def {self.name}(", *rows, "):"]
        return [*heads, f'    """{self.doc}"""', *lines(shortened(self.statements, defaults))]

    @property
    def uses(self) -> Iterator[str]:
        return used(self.statements)


Defaults = Mapping[str, Mapping[str, LiteralValue]]
"""What the settings of functions are unless said, by function and setting."""


def shortened(statements: Iterable[Statement], defaults: Defaults) -> Iterator[Statement]:
    """The statements, with calls of blocks leaving out what is said by default."""
    for statement in statements:
        match statement:
            case Assign(lead, Call(function, arguments, keywords), comment, open) if function in defaults:
                usual = defaults[function]
                said = tuple((k, v) for k, v in keywords if not (k in usual and v == Literal(usual[k])))
                yield Assign(lead, Call(function, arguments, said), comment, open)
            case Compound(lead, body, over):
                yield Compound(lead, tuple(shortened(body, defaults)), over)
            case _:
                yield statement


@dataclass(eq=False)
class Use:
    """How a use of a block calls its function."""

    function: Function
    settings: tuple[LiteralValue, ...]

    @property
    def keywords(self) -> tuple[tuple[str, Code], ...]:
        settings = zip(self.function.settings, map(Literal, self.settings), strict=True)
        return (*settings, *((flag, Name(flag)) for flag in self.function.flags))


@dataclass
class Names:
    """Names that are taken in the whole program; those that are `local` have a meaning in many functions, and `blocks`
    are those of blocks, whose functions get them."""

    taken: set[str]
    local: frozenset[str] = frozenset()
    blocks: frozenset[str] = frozenset()

    def fresh(self, name: str, also: Iterable[str] = ()) -> str:
        """The name, or one like it that nothing has: f, f_2, f_3."""
        taken, number, found = {*also}, 1, name
        while found in self.taken or found in taken:
            number += 1
            found = f"{name}_{number}"
        return found

    def free(self, name: str) -> bool:
        """Whether a variable may bear the name: it then hides no function, not even one that is yet to be written."""
        known = name in self.taken or name in self.local
        return not known and re.sub(r"_\d+$", "", name).removeprefix("init_") not in self.blocks


def together(drafts: list[Draft], names: Names, prefix: str = "", *, shapes: bool = False) -> list[Use]:
    """The use of each draft, by functions of its block's name; those that are alike share one."""
    alike: dict[tuple[object, ...], list[int]] = {}
    slots: list[list[tuple[str, LiteralValue]]] = []
    for i, draft in enumerate(drafts):
        text, found = skeleton(draft.statements, shapes=shapes)
        slots.append(found)
        alike.setdefault((draft.body.name, draft.positional, draft.flags, text), []).append(i)
    uses: dict[int, Use] = {}
    for members in alike.values():
        function, order = shared([drafts[i] for i in members], [slots[i] for i in members], names, prefix, shapes)
        for i in members:
            uses[i] = Use(function, tuple(slots[i][k][1] for k in order))
    return [uses[i] for i in range(len(drafts))]


def shared(
    drafts: list[Draft], slots: list[list[tuple[str, LiteralValue]]], names: Names, prefix: str, shapes: bool
) -> tuple[Function, list[int]]:
    """The function of drafts that are alike, and which of their literals are its settings."""
    draft = drafts[0]
    name = names.fresh(prefix + draft.body.name, names.local)
    names.taken.add(name)
    differing: dict[tuple[str, str], list[int]] = {}
    for k, (hint, _) in enumerate(slots[0]):
        values = [repr(found[k][1]) for found in slots]
        if any(value != values[0] for value in values):
            # a layer takes what the one before it gives: one size, whatever it is called
            sizes = shapes and all(type(found[k][1]) is int for found in slots)
            differing.setdefault(("" if sizes else stem(hint), "|".join(values)), []).append(k)
    settings: list[str] = []
    known: dict[int, str] = {}
    for places in differing.values():
        hints = {stem(slots[0][k][0]) for k in places}
        wanted = said(drafts, [found[places[0]][1] for found in slots]) or called(hints)
        setting = names.fresh(wanted, (*settings, *draft.positional, *draft.flags, *draft.names))
        settings.append(setting)
        known.update(dict.fromkeys(places, setting))
    count = iter(range(len(slots[0])))

    def slot(hint: str, value: Literal) -> Code:
        k = next(count)
        return Name(known[k]) if k in known else value

    statements = Replacing(slot, shapes).all(draft.statements)
    doc = draft.about or described(drafts)
    order = [places[0] for places in differing.values()]
    usual = (
        {}
        if shapes
        else {
            setting: value
            for setting, places in zip(settings, differing.values(), strict=True)
            for value in most([found[places[0]][1] for found in slots])
        }
    )
    return Function(name, draft.positional, draft.flags, tuple(settings), doc, statements, usual), order


def most(values: list[LiteralValue]) -> list[LiteralValue]:
    """The value that most of many are, if there is one."""
    if len(values) < MANY:
        return []
    (text, count), *_ = Counter(map(repr, values)).most_common(1)
    return [next(value for value in values if repr(value) == text)] if 2 * count > len(values) else []


def stem(hint: str) -> str:
    """A parameter's name without the number that told it from another of its kind."""
    return re.sub(r"_\d+$", "", hint)


def called(hints: set[str]) -> str:
    """One name for the places that a setting serves."""
    if len(hints - {"size"}) == 1:
        hints = hints - {"size"}
    return next(iter(hints)) if len(hints) == 1 else "channels"


def said(drafts: list[Draft], values: list[LiteralValue]) -> str:
    """What the file calls a setting, if it is a parameter of the block."""

    def same(given: object, value: LiteralValue) -> bool:
        each = value if isinstance(value, tuple) and value else (value,)
        return repr(given) == repr(value) or all(repr(given) == repr(one) for one in each)

    for name in drafts[0].node.arguments:
        pairs = ((draft.node.arguments.get(name), value) for draft, value in zip(drafts, values, strict=True))
        if all(same(given, value) for given, value in pairs):
            return name
    return ""


def described(drafts: list[Draft]) -> str:
    """What a block's function says it is."""
    draft = drafts[0]
    place = draft.body.place or draft.node.place
    shapes = {(tuple(port.shape for port in d.body.inputs), d.node.output) for d in drafts}
    entering = ", ".join(str(TensorType(port.shape)) for port in draft.body.inputs)
    other = " and other sizes" if len(shapes) > 1 else ""
    flow = f"{entering} -> {TensorType(draft.node.output)}{other}"
    return f"Block {draft.body.name}, {harmless(place.file)}:{place.line}: {flow}."
