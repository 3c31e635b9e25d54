"""IR -> the text of a standalone program: the kernels it uses, the model, and the steps."""

from typing import Literal

from archc import __version__
from archc.ir import Graph, Module, Recipe
from archc.passes import run
from archc.program.link import Linked, names_read, import_lines, link
from archc.program.network import Network, constant, model_dict
from archc.program.objective import Objective

Target = Literal["cpu", "gpu"]

EVALUATION_BATCH = 256
"""Rows an evaluation step takes: enough to keep two cores or a GPU busy on small networks."""


def emit(module: Module, target: Target = "cpu") -> str:
    """The program of a module; equal modules give equal bytes."""
    raw = run(module).graph
    network = Network(module, raw)
    model = [network.init(), network.apply(), network.predict()]
    if module.recipe is None:
        steps = link(["named"], {})
        return assemble(module, raw, [], link(network.uses, {}), model, steps, "")
    recipe = module.recipe
    objective = Objective(recipe, raw)
    model.insert(1, network.adapt())
    model += [objective.loss(), objective.metrics(), objective.optimizer(), objective.select()]
    roles = roles_of(recipe, raw, target)
    steps = link(["main"], roles)
    kernels = link(network.uses | objective.uses, {})
    return assemble(module, raw, constants(recipe, steps.uses), kernels, model, steps, 'if __name__ == "__main__":\n    main()')


def roles_of(recipe: Recipe, raw: Graph, target: Target) -> dict[str, str]:
    """Which sibling of each step does the job."""
    # XLA's CPU convolutions are an order of magnitude slower inside a device loop
    one_by_one = target == "cpu" and any(node.op == "conv" for _, node in raw.layers())
    looped = "run_steps_looped_ragged" if recipe.ragged else "run_steps_looped"
    return {
        "run_steps": "run_steps_one_by_one" if one_by_one else looped,
        "parts": "parts_with_test" if recipe.data.test_examples else "parts_by_split",
        "best_epoch": f"best_epoch_{'lowest' if recipe.monitor.better == 'lower' else 'highest'}",
        "should_stop": "should_stop_early" if recipe.stop else "should_stop_at_end",
    }


def constants(recipe: Recipe, used: frozenset[str]) -> list[str]:
    """The numbers that the steps are written with, as far as they are used."""
    cut = {"train": recipe.train_rows, "validation": recipe.validation_rows}
    if not recipe.data.test_examples:
        cut["test"] = recipe.test_rows
    choose = "validation" if recipe.validation_rows else "train"
    patience = recipe.stop.arguments["patience"] if recipe.stop else None
    values = {
        "BATCH": recipe.batch,
        "EPOCHS": recipe.epochs,
        "STEPS": recipe.steps,
        "PART_ROWS": {part: rows for part, rows in cut.items() if rows},
        "EVALUATION_BATCH": max(recipe.batch, EVALUATION_BATCH),
        "CHOOSE": choose,
        "FINAL": "test" if recipe.test_rows else choose,
        "MONITOR": recipe.monitor.quantity,
        "METRICS": tuple(term.name for term in recipe.metrics),
        "PATIENCE": patience,
    }
    always = {"BATCH", "EPOCHS", "STEPS", "PART_ROWS", "CHOOSE", "FINAL"}
    return [constant(name, value) for name, value in values.items() if name in used | always]


def assemble(
    module: Module, raw: Graph, numbers: list[str], kernels: Linked, model: list[list[str]], steps: Linked, tail: str
) -> str:
    """Header, imports, constants, kernels, model and steps, two empty lines apart."""
    written = [
        *(definition.text for _, definition in kernels.texts if not definition.one_line),
        *("\n".join(lines) for lines in model),
        *(definition.under(name) for name, definition in steps.texts if not definition.one_line),
    ]
    top = [
        *model_dict(module, raw),
        *numbers,
        'TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")',
        *(definition.text for _, definition in kernels.texts if definition.one_line),
    ]
    names = names_read("\n".join([*top, *written]))
    usage = "`python program.py data.npz --seed 0` trains it as `archc train` does." if module.recipe else "It learns nothing: all its weights are given."
    header = [
        f'"""{module.graph.name}, compiled by archc {__version__} from {module.source}.',
        "",
        usage,
        f'This program belongs to whoever wrote {module.source}.',
        '"""',
    ]
    head = "\n".join([*header, "", *import_lines(names), "", *top])
    return "\n\n\n".join([head, *written, *([tail] if tail else [])]) + "\n"
