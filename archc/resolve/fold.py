"""Finds the repeats whose copies came out equal: each becomes one node of the graph."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from archc.ir import Graph, Node, Port, made
from archc.source import Span
from archc.types import Shape

CARRIED = "it"
"""What flows from copy to copy is called so in the body of a repeat."""


@dataclass
class Group:
    """The copies of one repeat: the names of their nodes, and what entered and left each."""

    span: Span
    start: str
    shape: Shape
    copies: list[list[str]] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    def entering(self, copy: int) -> str:
        return self.ends[copy - 1] if copy else self.start


def folded(
    nodes: Mapping[str, Node],
    inputs: Sequence[Port],
    outputs: Sequence[Port],
    groups: Sequence[Group],
    spans: dict[str, Span],
    fresh: Callable[[str], str],
) -> tuple[tuple[Node, ...], tuple[Port, ...]]:
    """The nodes, with one in place of every repeat whose copies are equal, and the outputs that read them.

    Of repeats within each other the one with the most copies is kept, since a repeat holds no other.
    """
    if not groups:
        return tuple(nodes.values()), tuple(outputs)
    readers: dict[str, list[str]] = {}
    for node in nodes.values():
        for value in {*node.inputs, *([node.shares] if node.shares else [])}:
            readers.setdefault(value, []).append(node.name)
    read_outside = {port.value for port in outputs}
    instead: dict[str, Node] = {}  # the first node of a repeat -> the node that stands for all of it
    gone: set[str] = set()
    renamed: dict[str, str] = {}
    shapes = {port.name: port.shape for port in inputs} | {node.name: node.output for node in nodes.values()}
    for group in sorted(groups, key=lambda group: -len(group.copies)):
        inside = {name for copy in group.copies for name in copy}
        if gone & inside or not equal(group, nodes, inside, readers, read_outside):
            continue
        name = fresh("repeat")
        spans[name] = group.span
        first = group.copies[0]
        instead[first[0]] = repeat(name, group, nodes, shapes)
        gone |= inside
        renamed[group.ends[-1]] = name
    kept: list[Node] = []
    for node in nodes.values():
        if node.name in instead:
            kept.append(moved(instead[node.name], renamed))
        elif node.name not in gone:
            kept.append(moved(node, renamed))
    ports = tuple(
        port.model_copy(update={"value": renamed[port.value]}) if port.value in renamed else port for port in outputs
    )
    return tuple(kept), ports


def moved(node: Node, renamed: Mapping[str, str]) -> Node:
    """The node, reading the repeats instead of the last of their layers."""
    if not any(value in renamed for value in node.inputs):
        return node
    return node.model_copy(update={"inputs": tuple(renamed.get(value, value) for value in node.inputs)})


def equal(
    group: Group,
    nodes: Mapping[str, Node],
    inside: set[str],
    readers: Mapping[str, Sequence[str]],
    read_outside: set[str],
) -> bool:
    """Whether the copies do the same, give the shape that they take, and let nobody see into them."""
    if len(group.copies) < 2 or not group.copies[0]:
        return False
    first = group.copies[0]
    if any(len(copy) != len(first) for copy in group.copies):
        return False
    if group.ends[0] not in first or nodes[group.ends[0]].output != group.shape:
        return False
    if any(nodes[name].shares or (CARRIED in nodes[name].inputs and group.start != CARRIED) for name in first):
        return False
    at = {name: i for i, name in enumerate(first)}
    for k, copy in enumerate(group.copies):
        if k and group.ends[k] != copy[at[group.ends[0]]]:
            return False
        following = set(group.copies[k + 1]) if k + 1 < len(group.copies) else None
        own = set(copy)
        for name in copy:
            users = set(readers.get(name, ())) - own
            if name != group.ends[k] and (users or name in read_outside):
                return False
            if name == group.ends[k] and following is not None and (users - following or name in read_outside):
                return False
    pattern = [form(nodes[name], local(group, 0)) for name in first]
    return all(
        [form(nodes[name], names) for name in group.copies[k]] == pattern
        for k in range(1, len(group.copies))
        for names in (local(group, k),)
    )


def local(group: Group, copy: int) -> dict[str, str]:
    """What the values of a copy are called in the body: as in the first copy."""
    names = dict(zip(group.copies[copy], group.copies[0], strict=True))
    names[group.entering(copy)] = CARRIED
    return names


def form(node: Node, names: Mapping[str, str]) -> tuple[object, ...]:
    """What has to be equal in all copies."""
    inputs = tuple(names.get(value, value) for value in node.inputs)
    # bodies of equal calls are one object; comparing others would cost more than it gains
    return (node.op, inputs, node.output, node.arguments, node.weights, id(node.body), node.macs, node.place)


def repeat(name: str, group: Group, nodes: Mapping[str, Node], shapes: Mapping[str, Shape]) -> Node:
    """One node for all copies."""
    names = local(group, 0)
    first = [nodes[each] for each in group.copies[0]]
    captured = dict.fromkeys(value for node in first for value in node.inputs if value not in names)
    body = [node.model_copy(update={"inputs": tuple(names.get(v, v) for v in node.inputs)}) for node in first]
    place = first[0].place
    return made(Node)(
        name=name,
        op="repeat",
        inputs=(group.start, *captured),
        output=group.shape,
        place=place,
        body=made(Graph)(
            name="repeat",
            inputs=(
                made(Port)(name=CARRIED, value=CARRIED, shape=group.shape, place=place),
                *(made(Port)(name=v, value=v, shape=shapes[v], place=place) for v in captured),
            ),
            nodes=tuple(body),
            outputs=(made(Port)(name="output", value=group.ends[0], shape=group.shape, place=place),),
        ),
        count=len(group.copies),
        copies=tuple(map(tuple, group.copies)),
    )
