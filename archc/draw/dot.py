"""The graph style as Graphviz's DOT: nodes, blocks as clusters, no places: Graphviz lays it out, where it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from archc.draw import cards
from archc.draw import text as font
from archc.draw.graph import SHOWN
from archc.draw.look import Look
from archc.draw.opening import Opened, opened
from archc.draw.outline import Inside, Outline, Piece
from archc.ir import Module

POINTS_A_PIXEL = 72 / 96


def dot(module: Module, look: Look, theme: Mapping[str, str], inches: float | None = None) -> bytes:
    """The text of a DOT file. Drawn, it is at most `inches` wide, if that is given."""
    import graphviz

    whole, is_open = opened(Outline(look.full).whole(module.graph), look, SHOWN[0])
    graph = graphviz.Digraph(module.graph.name)
    ink, size = theme["ink"], f"{cards.SIZE * POINTS_A_PIXEL:g}"
    graph.attr(label=_label([module.graph.name]), labelloc="t", bgcolor=theme["paper"], fontcolor=ink)
    graph.attr(fontname=font.FAMILY, **({"size": f"{inches:g},1000"} if inches else {}))
    graph.attr("node", shape="box", style="rounded,filled", fontname=font.FAMILY, fontsize=size, color=ink)
    graph.attr("node", height="0.3", margin="0.1,0.05")
    graph.attr(
        "edge", color=theme["edge"], fontname=font.FAMILY, fontsize=size, fontcolor=theme["soft"], arrowsize="0.6"
    )
    manner = _Manner(is_open, theme)
    _fill(graph, whole, {}, manner, 0)
    for source, target in manner.edges:
        # once, however many read it
        told = manner.shapes.pop(source, "")
        graph.edge(source, target, **({"label": _label([f" {told}"])} if told else {}))
    return bytes(graph.source, "utf-8")


class _Manner:
    """How things are written: what is open, in which colours.

    `edges` are written last: a node belongs to the first cluster in which it is named, in an edge too. `shapes` are
    what the first edge from a node is labelled with.
    """

    def __init__(self, is_open: Opened, theme: Mapping[str, str]) -> None:
        self.is_open, self.theme = is_open, theme
        self.edges: list[tuple[str, str]] = []
        self.shapes: dict[str, str] = {}


def _fill(graph: Any, inside: Inside, entering: Mapping[str, str], manner: _Manner, depth: int) -> str:
    """Writes what is inside, where `entering` says which node gives each value; gives the node whose value leaves."""
    nodes = dict(entering)
    shapes = {piece.value: piece.output for piece in inside.pieces}
    for piece in inside.pieces:
        sources = [nodes[value] for value in piece.inputs]
        if piece.open is not None and manner.is_open(piece, depth):
            nodes[piece.value] = _cluster(graph, piece, sources, manner, depth)
            continue
        nodes[piece.value] = piece.id
        _node(graph, piece, manner)
        if piece.kind not in ("input", "output") and any(shapes.get(value) != piece.output for value in piece.inputs):
            manner.shapes[piece.id] = cards.form(piece.output)
        manner.edges += [(source, piece.id) for source in sources]
    return nodes.get(inside.value, "")


def _cluster(graph: Any, piece: Piece, sources: Sequence[str], manner: _Manner, depth: int) -> str:
    assert piece.open is not None
    inner, theme = piece.open(), manner.theme
    with graph.subgraph(name=f"cluster {piece.id}") as cluster:
        head = cards.card(piece)
        fill = theme["frame2" if depth % 2 else "frame"]
        cluster.attr(label=_label([f"{head.head} {head.badge}".rstrip()]), labeljust="l", style="rounded,filled")
        cluster.attr(fontsize=f"{cards.HEAD_SIZE * POINTS_A_PIXEL:g}")
        cluster.attr(fillcolor=fill, color=theme["rule"], fontcolor=theme["ink"], tooltip=_label([cards.title(piece)]))
        entering = dict(zip(inner.inputs, sources, strict=True))
        return _fill(cluster, inner, entering, manner, depth + (piece.kind == "block"))


def _node(graph: Any, piece: Piece, manner: _Manner) -> None:
    card = cards.card(piece)
    family = "band" if card.family == "block" else card.family
    graph.node(
        piece.id,
        label=_label([f"{card.head} {card.badge}".rstrip(), *(line for line, _ in card.lines)]),
        tooltip=_label([cards.title(piece)]),
        fillcolor=manner.theme[family],
        fontcolor=manner.theme["ink" if card.family == "block" else f"{card.family}.text"],
        **({"peripheries": "2"} if card.stacked else {}),
    )


def _label(lines: Sequence[str]) -> str:
    """Lines as Graphviz takes them, nothing in them read as its own signs."""
    from graphviz import escape, nohtml

    label: str = nohtml("\\n".join(escape(font.printable(line)).replace("&", "&amp;") for line in lines))
    return label
