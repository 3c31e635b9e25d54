"""What was chosen in lowering a network, and why, as a text."""

from collections.abc import Iterable, Iterator
from textwrap import wrap

from archc.ir import Graph, Module
from archc.passes.pool_first import WHY, turned
from archc.program.choice import Choice
from archc.program.lowering import Lowering, planned
from archc.program.roles import step_choices
from archc.program.siblings import sibling_choices, siblings

WIDTH = 100
"""Columns of the text."""


def choices(module: Module, lowering: Lowering) -> list[Choice]:
    """Every choice of a program: those of its steps, then those of its layers. Raises Failed as `lowered` does."""
    network = planned(module, lowering)
    return [
        *_of_pooling(network.graph),
        *step_choices(module.recipe, network, lowering.target, lowering.libraries(module.recipe, network)),
        *sibling_choices(network, siblings(module.recipe, lowering)),
    ]


def _of_pooling(graph: Graph, within: str = "") -> Iterator[Choice]:
    for node in turned(graph):
        place = f"{node.place.file}:{node.place.line}"
        yield Choice("activation", "behind the pooling", WHY, ("before it, as written",), within + node.name, place)
    for node in graph.nodes:
        if node.body is not None:
            yield from _of_pooling(node.body, f"{within}{node.name}.")


def explanation(module: Module, lowering: Lowering) -> str:
    """The choices, layers that were decided alike together: what, how, why, and what else there is."""
    groups: dict[tuple[str, str, str, tuple[str, ...]], list[Choice]] = {}
    for choice in choices(module, lowering):
        groups.setdefault((choice.topic, choice.chosen, choice.why, choice.others), []).append(choice)
    return "\n\n".join("\n".join(_lines(*group, found)) for group, found in groups.items()) + "\n"


def _lines(topic: str, chosen: str, why: str, others: Iterable[str], found: Iterable[Choice]) -> Iterator[str]:
    yield from wrap(f"{topic}: {chosen}", WIDTH)
    yield from _indented("why", [why])
    yield from _indented("instead of", others)
    yield from _indented("where", [f"{each.where} ({each.place})" for each in found if each.where])


def _indented(lead: str, parts: Iterable[str]) -> list[str]:
    parts = list(parts)
    return wrap("; ".join(parts), WIDTH, initial_indent=f"  {lead:<11}", subsequent_indent=" " * 13) if parts else []
