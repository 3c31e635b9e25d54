"""How a whole program runs: which sibling of each step does the job, and what was chosen where several would do.

The layers have choices of their own. What is said here of a GPU was not measured yet, and says so.
"""

from collections.abc import Iterator

from archc.ir import Graph, Recipe
from archc.ops.form import Target
from archc.program.body import place
from archc.program.choice import Choice
from archc.program.library import Library, library_choices
from archc.program.lowering import SCANNED_FROM
from archc.program.objective import ways
from archc.program.plan import Plan

QUICK_INIT = 10_000_000
"""Up to so many parameters, compiling `init` without optimization saves more than it costs when it runs."""

EXPECTED = "expected, not measured"


def roles_of(recipe: Recipe, convolves: bool, target: Target) -> dict[str, str]:
    """Which sibling of each step does the job."""
    return {
        "run_steps": steps_of(recipe, convolves, target),
        "parts": parts_of(recipe),
        "best_epoch": f"best_epoch_{'lowest' if recipe.monitor.better == 'lower' else 'highest'}",
        "should_stop": "should_stop_early" if recipe.stop else "should_stop_at_end",
        "main": "main_with_start" if recipe.start else "main",
        **({"order": "order_on_device"} if target == "gpu" else {}),
        **ways(recipe),
    }


def steps_of(recipe: Recipe, convolves: bool, target: Target) -> str:
    """Which sibling takes the steps of an epoch."""
    # XLA's CPU convolutions are an order of magnitude slower inside a device loop
    if target == "cpu" and convolves:
        return "run_steps_one_by_one"
    if not recipe.ragged:
        return "run_steps_looped"
    return "run_steps_in_one_program" if target == "gpu" else "run_steps_looped_ragged"


def reasons_of(plan: Plan) -> dict[str, str]:
    """Why kernels were chosen, as far as layers have such."""
    found: dict[str, list[str]] = {}
    for step in plan.layers():
        if step.form and not step.form.plain:
            found.setdefault(step.form.kernel, []).append(step.form.why)
    return {kernel: "; ".join(dict.fromkeys(reasons)) for kernel, reasons in found.items()}


def parts_of(recipe: Recipe) -> str:
    """Which sibling cuts the rows into parts."""
    if gaps_of(recipe):
        return "parts_filled_with_test" if recipe.data.test_examples else "parts_filled"
    return "parts_with_test" if recipe.data.test_examples else "parts_by_split"


def gaps_of(recipe: Recipe) -> dict[str, tuple[tuple[int, int, str], ...]]:
    """By column, which of its numbers may be missing, and the statistic that fills them."""
    return {column.name: column.gaps for column in recipe.data.features if column.gaps}


def fast_bits(recipe: Recipe | None, plan: Plan, target: Target) -> bool:
    """Whether steps draw from an `rbg` key: on a GPU, where there are steps and something to draw.

    First weights don't: with `vmap`, as copies of a repeat are made, `rbg` draws other numbers than without.
    """
    return recipe is not None and target == "gpu" and plan.random


def quick_init(graph: Graph, target: Target) -> bool:
    """Whether `init` is compiled without optimization: it gives the same but for rounding, wherever it runs."""
    return target == "cpu" and graph.parameters <= QUICK_INIT


def step_choices(recipe: Recipe | None, plan: Plan, target: Target, called: tuple[Library, ...]) -> list[Choice]:
    """What was chosen: for the program as a whole, for repeats, for layers. A model without a recipe takes no steps;
    `called` are the libraries among which one was chosen."""
    trained = [*_of_training(recipe, plan, target, called)] if recipe is not None else []
    return [
        *trained,
        _of_init(plan.graph, target),
        *_of_values(plan, target),
        *_of_repeats(plan, target),
        *_of_layers(plan),
    ]


def _of_training(recipe: Recipe, plan: Plan, target: Target, called: tuple[Library, ...]) -> Iterator[Choice]:
    yield _of_steps(recipe, plan.convolves, target)
    yield from library_choices(called)
    yield Choice(
        "data",
        "all rows on the device, gathered inside the step",
        "a step then costs one call and no copy; what a GPU gains: expected, not measured"
        if target == "gpu"
        else "a step then costs one call; on a CPU the device's memory is the machine's",
    )
    yield _of_order(target)
    if plan.random:
        yield _of_bits(target)
    yield Choice(
        "donation",
        "the state is overwritten",
        "parameters and optimizer state are then held once and not twice; `train_step` and `run_steps` donate it",
        ("a new state each step",),
    )
    if recipe.precision == "bf16":
        why = "the recipe says so; parameters, optimizer state, sums and the scales and shifts of norms stay float32"
    elif target == "gpu":
        why = f"the recipe says so; `precision = bf16` should be several times faster on a GPU ({EXPECTED})"
    else:
        why = "the recipe says so; a CPU has no faster bfloat16"
    yield Choice("precision", recipe.precision, why, tuple({"bf16", "float32"} - {recipe.precision}))


def _of_steps(recipe: Recipe, convolves: bool, target: Target) -> Choice:
    loop, calls = "one device loop over the steps", "a call for each step"
    if steps_of(recipe, convolves, target) == "run_steps_one_by_one":
        why = "a convolution inside a device loop is 13 times slower on a CPU: 69 s against 5.3 s an epoch"
        return Choice("steps", calls, why, (loop,))
    if target == "cpu":
        why = "200 steps of a 784-128-10 network take 29 ms so, and 77 ms a call each, on a CPU"
        return Choice("steps", loop, why, (calls,))
    last = ", the smaller last batch included" if recipe.ragged else ""
    return Choice("steps", loop + last, f"the host then only waits for reports ({EXPECTED})", (calls,))


def _of_order(target: Target) -> Choice:
    device, host = "sorted on the device, and left there", "sorted on the device, and read by the host"
    if target == "gpu":
        return Choice("shuffle", device, f"an epoch then needs nothing of the host ({EXPECTED})", (host,))
    why = "on a CPU both lie in one memory, and steps that are calls cut their rows from it without a program"
    return Choice("shuffle", host, why, (device,))


def _of_bits(target: Target) -> Choice:
    if target == "gpu":
        why = f"the device's own generator, cheaper there than threefry ({EXPECTED}); the first weights use threefry"
        return Choice("random bits", "rbg", why, ("threefry",))
    why = "masks of dropout take 0.46 to 0.74 of the time that rbg takes on a CPU, whole steps 0.80 to 0.99"
    return Choice("random bits", "threefry", why, ("rbg",))


def _of_init(graph: Graph, target: Target) -> Choice:
    quick, full = "compiled without optimization", "compiled with optimization"
    if quick_init(graph, target):
        why = "it runs once, and compiles five times sooner so on a CPU: LeNet-5 0.46 s against 2.2 s"
        return Choice("initial weights", quick, why, (full,))
    if target == "cpu":
        why = f"{graph.parameters:,} parameters take longer to draw unoptimized than compiling saves"
        return Choice("initial weights", full, f"{why}: 1.3 s against 0.16 s for 11.7 million on a CPU", (quick,))
    return Choice("initial weights", full, "compiling without optimization was measured on a CPU alone", (quick,))


def _of_values(plan: Plan, target: Target) -> Iterator[Choice]:
    """What is the same for all layers of a kind."""
    kinds = {step.op.drawing for step in plan.layers() if step.op}
    names = {step.op.name for step in plan.layers() if step.op}
    gpu = target == "gpu"
    if plan.convolves:
        why = "convolutions with their gradients take 3 to 6 % longer with channels first, on a CPU"
        if gpu:
            why = f"what cuDNN's tensor cores take without turning values round ({EXPECTED})"
        yield Choice("layout", "channels last", why, ("channels first",))
    if kinds & {"conv", "dense"} and "activation" in kinds:
        why = "a convolution takes 1.78 ms with both and 1.68 without, a product 0.57 and 0.55, on a CPU"
        if gpu:
            why = f"it computes them in the kernel that reads or makes the values ({EXPECTED})"
        yield Choice("bias and activation", "left to XLA to fuse", why, ("one kernel with the product before them",))
    if "batch_norm" in names:
        why = "six layers of [256, 32, 32, 16] take 75 ms so, and 73 folded; of [256, 8, 8, 64] 40 ms both ways"
        if gpu:
            why = "folding gains 0 to 3 % on a CPU; on a GPU it was not measured"
        yield Choice("evaluation", "batch norm as it stands", why, ("folded into the weights before it",))


def _of_layers(plan: Plan, within: str = "") -> Iterator[Choice]:
    """A choice for each layer that has several forms."""
    for step in plan.steps:
        if step.body is not None:
            yield from _of_layers(step.body, f"{within}{step.node.name}.")
        elif step.form and step.op:
            topic = {"conv": "convolution", "pool": "pooling"}.get(step.op.drawing, step.op.name)
            others = tuple(form.title for form in step.forms[1:])
            where = f"{within}{step.node.name}"
            yield Choice(topic, step.form.title, step.form.why, others, where, place(step))


def _of_repeats(plan: Plan, target: Target, within: str = "") -> Iterator[Choice]:
    """A choice for each repeat, those inside others too."""
    scan, loop = "one device loop over stacked weights", "written out"
    for step in plan.steps:
        if step.body is None:
            continue
        if step.repeats:
            chosen, other = (scan, loop) if step.scanned else (loop, scan)
            yield Choice(
                "repeat",
                chosen,
                _why_repeated(step.node.count, step.scanned, step.body, target),
                (other,),
                within + step.node.name,
                place(step),
            )
        yield from _of_repeats(step.body, target, f"{within}{step.node.name}.")


def _why_repeated(count: int, scanned: bool, body: Plan, target: Target) -> str:
    least = SCANNED_FROM[target]
    if scanned and target == "cpu":
        return f"from {least} copies on; 3,000 dense blocks compile in 0.29 s so, and in 31.8 s written out, on a CPU"
    if scanned:
        return f"from {least} copies on, so that compile time doesn't grow with depth ({EXPECTED})"
    if target == "cpu" and body.convolves:
        return "a convolution inside a device loop is 13 times slower on a CPU"
    if count < least:
        return f"fewer than {least} copies compile as fast written out, and their steps are faster" + (
            f" ({EXPECTED})" if target == "gpu" else ""
        )
    return "`--unroll` asks for it"
