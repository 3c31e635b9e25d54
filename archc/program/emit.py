"""IR -> the text of a standalone program: the kernels it uses, the model, and the steps."""

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

from archc import __version__
from archc.code import Literal
from archc.code import Mapping as Entries
from archc.ir import Module, Recipe
from archc.ir.tuning import Tuning
from archc.ops.form import Target
from archc.program.library import compiled_with
from archc.program.link import Definition, Linked, import_lines, link, names_read
from archc.program.lowering import Lowering
from archc.program.network import Network, model_dict
from archc.program.objective import Objective
from archc.program.printer import WIDTH, harmless, layout, literal
from archc.program.repeats import table
from archc.program.roles import gaps_of, reasons_of, roles_of
from archc.program.siblings import WHY, siblings

EVAL_BATCH = 256
"""Rows an evaluation step takes: enough to keep two cores or a GPU busy on small networks."""

STORED = ("named", "filled", "part_names", "stacked_axes")
"""Jobs that are done otherwise where the copies of a repeat are stacked."""


def emit(
    module: Module,
    target: Target = "cpu",
    *,
    unroll: bool = False,
    plain: bool = False,
    tuning: Tuning | None = None,
) -> str:
    """The program of a module, as `lowered` gives it."""
    return lowered(module, Lowering(target, unroll, plain, tuning))


def lowered(module: Module, lowering: Lowering) -> str:
    """The program of a module; equal modules give equal bytes. Raises Failed if what was measured doesn't fit it."""
    target = lowering.target
    network = Network(module, lowering)
    kernel_roles = {each.job: each.kernel for each in siblings(module.recipe, lowering)}
    init, apply = network.init(), [*network.blocks(), network.apply(), network.predict()]
    repeats = table(network.plan)
    face = ["named", *(["stack"] if repeats else [])]
    stored = {job: f"{job}_{'apart' if repeats else 'as_kept'}" for job in STORED}
    if module.recipe is None:
        steps = link(face, stored)
        return assemble(network, repeats, link(network.uses, kernel_roles), [*init, *apply], steps, {}, "")
    recipe = module.recipe
    objective = Objective(recipe, network.graph)
    optimizer = objective.optimizer()
    model = [
        *init,
        network.adapt(),
        *apply,
        objective.loss(),
        objective.metrics(),
        *objective.figures(),
        *([optimizer] if objective.masked else []),
        objective.select(),
    ]
    called = lowering.libraries(recipe, network.plan)
    options = {"COMPILER_OPTIONS": called[0].options} if called else {}
    roles = roles_of(recipe, network.plan.convolves, target) | stored | options
    compiled = compiled_with(called, network.plan)
    steps = link(["main", *face, *compiled.values()], roles).compiled(compiled)
    kernels = link(network.uses | objective.uses, stored | kernel_roles)
    numbers = repeats + constants(recipe, steps.uses) + ([] if objective.masked else optimizer)
    reasons = {each.options: each.reason for each in called[:1]}
    return assemble(network, numbers, kernels, model, steps, reasons, 'if __name__ == "__main__":\n    main()')


def explained(name: str, definition: Definition, reasons: Mapping[str, str]) -> str:
    """The text of a definition, behind a comment why it was chosen, if it was."""
    lines = wrap(reasons.get(definition.name, ""), WIDTH - 2)
    return "\n".join([*(f"# {line}" for line in lines), definition.under(name)])


def constants(recipe: Recipe, used: frozenset[str]) -> list[str]:
    """The numbers that the steps are written with, as far as they are used."""
    cut = {"train": recipe.train_rows, "validation": recipe.validation_rows}
    if not recipe.data.test_examples:
        cut["test"] = recipe.test_rows
    choose = "validation" if recipe.validation_rows else "train"
    numbers: dict[str, Any] = {
        "BATCH": recipe.batch,
        "EPOCHS": recipe.epochs,
        "STEPS": recipe.steps,
        "EVAL_BATCH": max(recipe.batch, EVAL_BATCH),
    }
    if recipe.stop:
        numbers["PATIENCE"] = recipe.stop.arguments["patience"]
    parts = {"CHOOSE": choose, "FINAL": "test" if recipe.test_rows else choose, "MONITOR": recipe.monitor.quantity}
    rows = f"PART_ROWS = {literal({part: rows for part, rows in cut.items() if rows})}"
    metrics = layout(Literal(tuple(term.name for term in recipe.metrics)), 0, "METRICS = ")
    gaps = layout(Entries(tuple((name, Literal(each)) for name, each in gaps_of(recipe).items())), 0, "GAPS = ")
    lines = [*(metrics if "METRICS" in used else []), *(gaps if "GAPS" in used else [])]
    return [*together(numbers), rows, *together(parts), *lines]


def together(values: dict[str, Any]) -> list[str]:
    """`A, B = 1, 2`, or a line each where that is too long."""
    line = f"{', '.join(values)} = {', '.join(literal(value) for value in values.values())}"
    return [line] if len(line) <= WIDTH else [f"{name} = {literal(value)}" for name, value in values.items()]


def assemble(
    network: Network,
    numbers: list[str],
    kernels: Linked,
    model: list[list[str]],
    steps: Linked,
    why: Mapping[str, str],
    tail: str,
) -> str:
    """Header, imports, constants, kernels, model and steps, two empty lines apart; `why` steps are as they are."""
    module, raw = network.module, network.graph
    reasons = {**reasons_of(network.plan), **WHY, **why}
    own = [*numbers, 'TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")']
    functions = ["\n".join(lines) for lines in model]
    written = [
        *(explained(name, definition, reasons) for name, definition in kernels.texts if not definition.one_line),
        *functions,
        *(explained(name, definition, reasons) for name, definition in steps.texts if not definition.one_line),
    ]
    lines = [definition.text for _, definition in kernels.texts if definition.one_line]
    top = [*model_dict(module, raw), *own, *lines]
    # what kernels use is known from when they were read
    names = names_read("\n".join([*own, *functions])) | kernels.uses | steps.uses
    given = " --start start.npz" if module.recipe and module.recipe.start else ""
    usage = (
        f"`python program.py data.npz --seed 0{given}` trains it as `archc train` does."
        if module.recipe
        else "The file has no recipe, so there is nothing to train."
    )
    source = harmless(module.source)
    header = [
        f'"""{module.graph.name}, compiled by archc {__version__} from {source}, to whose author it belongs.',
        "",
        usage,
        '"""',
    ]
    head = "\n".join([*header, "", *import_lines(names), "", *top])
    return "\n\n\n".join([head, *written, *([tail] if tail else [])]) + "\n"
