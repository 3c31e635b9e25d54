"""What was chosen in lowering a network, and why, as a text."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from textwrap import wrap

from archc.ir import Module
from archc.passes import run
from archc.program.choice import Choice
from archc.program.lowering import Lowering
from archc.program.plan import plan
from archc.program.roles import step_choices

WIDTH = 100


def choices(module: Module, lowering: Lowering) -> list[Choice]:
    """Every choice of a program: those of its steps, then those of its layers. Raises Failed as `lowered` does."""
    narrow = module.recipe is not None and module.recipe.precision == "bf16"
    network = plan(run(module).graph, replace(lowering, narrow=narrow))
    return step_choices(module.recipe, network, lowering.target, plain=lowering.plain)


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
