"""How a repeat runs: as a Python loop over layers of their own, or as one device loop over stacked arrays."""

import re
from collections.abc import Iterable, Iterator, Sequence

from archc.code import Call, Code, Name
from archc.code import Literal as Constant
from archc.ir import Node
from archc.program.plan import Plan, Step
from archc.program.printer import WIDTH, quoted
from archc.program.statements import Assign, Compound, Statement


def copied(step: Step) -> Iterator[tuple[str, list[str]]]:
    """The nodes of a repeat's body that own arrays, each with its scope in every copy."""
    for node in owners(step):
        i = step.node.copies[0].index(node.name)
        yield node.name, [copy[i] for copy in step.node.copies]


def owners(step: Step) -> list[Node]:
    """The nodes of a repeat's body that own arrays."""
    assert step.body is not None
    return [inner.node for inner in step.body.scopes]


def patterns(step: Step) -> list[str]:
    """How a loop spells the scope of each node in `copied`; empty where that can't be done."""
    kinds = [node.body.name if node.body is not None else node.op for node in owners(step)]
    return [spelled(names, kind) for kind, (_, names) in zip(kinds, copied(step), strict=True)]


def spelled(names: Sequence[str], kind: str) -> str:
    """Names as an f-string of `i`, the number of the copy from 0; empty if they don't count evenly.

    A name is counted from behind `kind`, if it begins so, and one that the file gave is counted from 1: both may
    end in a digit of their own.
    """
    stems = [kind, names[0].removesuffix("1"), re.sub(r"\d+$", "", names[0])]
    for stem in stems:
        numbers = [name.removeprefix(stem) for name in names]
        if any(stem + number != name or not number.isdecimal() for number, name in zip(numbers, names, strict=True)):
            continue
        first = int(numbers[0])
        by = int(numbers[1]) - first if len(numbers) > 1 else 1
        if by > 0 and all(number == str(first + by * i) for i, number in enumerate(numbers)):
            number = ("i" if by == 1 else f"{by} * i") + (f" + {first}" if first else "")
            return f'f"{stem}{{{number}}}"'
    return ""


def beside(step: Step, key: str) -> list[str]:
    """The lines of an entry of REPEATS: what the layers of each copy are called where they stand alone."""
    lines = [f"    {quoted(key)}: {{"]
    for pattern, (name, names) in zip(patterns(step), copied(step), strict=True):
        if not pattern:
            lines += [f"        {quoted(name)}: (", *(f"            {quoted(each)}," for each in names), "        ),"]
            continue
        line = f"        {quoted(name)}: [{pattern} for i in range({len(names)})],"
        lines += (
            [line]
            if len(line) <= WIDTH
            else [
                f"        {quoted(name)}: [",
                f"            {pattern} for i in range({len(names)})",
                "        ],",
            ]
        )
    return [*lines, "    },"]


def table(plan: Plan) -> list[str]:
    """`REPEATS`, by the dotted path of what is stacked; nothing if nothing is."""
    entries = list(_entries(plan, ""))
    comment = "# what the layers of each copy are called, by the path of their stacked arrays"
    return [comment, "REPEATS = {", *(line for entry in entries for line in entry), "}"] if entries else []


def _entries(plan: Plan, path: str) -> Iterator[list[str]]:
    for step in plan.steps:
        if step.body is None or step.node.shares:
            continue
        if not step.repeats:
            yield from _entries(step.body, f"{path}{step.node.name}.")
        elif step.scanned and (step.params or step.stats):
            key = path + stacked(plan, step)
            yield beside(step, key)
            yield from _entries(step.body, f"{key}.")
        else:
            inside = {inner.node.name: i for i, inner in enumerate(step.body.steps)}
            for copy in step.node.copies:
                for inner in step.body.steps:
                    if inner.body is not None:
                        yield from _entries(inner.body, f"{path}{copy[inside[inner.node.name]]}.")


def stacked(plan: Plan, step: Step) -> str:
    """Under which name the arrays of a scanned repeat stand; no layer beside it has that."""
    taken, name = plan.scope_names, step.node.name
    while name in taken:
        name += "_"
    return name


def bound_names(step: Step) -> list[tuple[str, str]]:
    """The variable of a loop that holds each node's scope: `name` if there is one, else `conv_i`, `dense_i` …"""
    nodes = [name for name, _ in copied(step)]
    if len(nodes) == 1:
        return [(nodes[0], "name")]
    stems = [re.sub(r"\d+$", "", name) or name for name in nodes]
    return [(name, f"{stem if stems.count(stem) == 1 else name}_i") for name, stem in zip(nodes, stems, strict=True)]


def key_per_copy(key: Code, step: Step) -> Code:
    """A random key for each copy."""
    return Call("jax.random.split", (key, Constant(step.node.count)))


def loop(step: Step, bound: dict[str, str], keys: Code | None, body: Iterable[Statement]) -> Compound:
    """A Python loop over the copies. `bound` are the variables that hold the scopes of each copy's nodes, and `keys`
    a random key for each, which is `copy_key` inside."""
    scopes = [(bound[name], names) for name, names in copied(step)]
    texts = patterns(step)
    if all(texts):
        begin = tuple(Assign(f"{name} = ", Name(text)) for (name, _), text in zip(scopes, texts, strict=True))
        if keys is None:
            number = "i" if scopes else "_"
            return Compound(f"for {number} in ", (*begin, *body), Call("range", (Constant(step.node.count),)))
        if scopes:
            return Compound("for i, copy_key in ", (*begin, *body), Call("enumerate", (keys,)))
        return Compound("for copy_key in ", tuple(body), keys)
    rows = tuple(zip(*(names for _, names in scopes), strict=True))
    alone = len(scopes) == 1
    names = Constant(tuple(row[0] for row in rows) if alone else rows)
    lead = ", ".join(name for name, _ in scopes)
    if keys is None:
        return Compound(f"for {lead} in ", tuple(body), names)
    return Compound(f"for {lead if alone else f'({lead})'}, copy_key in ", tuple(body), Call("zip", (names, keys)))
