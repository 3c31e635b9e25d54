"""Whose products and convolutions a CPU program calls, and how wide its loops are: options of XLA's compiler."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from archc.ir import Recipe
from archc.ir.tuning import NEARLY, Tuning, unknown
from archc.ops.form import Target
from archc.program.choice import Choice
from archc.program.plan import Plan

SLIM, ROWS = (32, 192), 64
"""Products over so many rows or more, of whose sides the narrower is between these, are faster by XLA itself."""

FEW = 10_000
"""With fewer parameters, no loop over them is long enough to matter."""

WIDE = "Loops take 16 numbers at a time where the processor can: steps of small nets take 5 % less"
BARRIERS = "Barriers last until code is written, and keep apart what they should. "

OLD_XLA = "An XLA that knows no such option needs none."


@dataclass(frozen=True)
class Library:
    """What XLA calls for products and convolutions. `options` is the sibling that does the job `COMPILER_OPTIONS`."""

    name: str
    title: str
    options: str
    why: str
    measured: str = ""
    barriers: bool = False

    @property
    def reason(self) -> str:
        """What stands above the options in a program."""
        return f"{self.title}: {self.why}. {BARRIERS if self.barriers else ''}{WIDE}. {OLD_XLA}"


CONVOLUTIONS = (
    Library(
        "ynnpack",
        "XLA's own convolutions, YNNPACK's products",
        "COMPILER_OPTIONS",
        "YNNPACK convolves slower, steps of a 32/64 net in 46 ms instead of 26",
        barriers=True,
    ),
    Library(
        "xla",
        "XLA's own convolutions and products",
        "COMPILER_OPTIONS_FOR_OWN",
        "products of many rows and columns are 6 to 8 % slower so in ResNets",
        barriers=True,
    ),
)
"""Of networks with convolutions, that of the cost rule first."""

PRODUCTS = (
    Library(
        "ynnpack",
        "YNNPACK's products",
        "COMPILER_OPTIONS_FOR_LOOPS",
        "small batches and many units are up to 1.7 times as fast so: 3 of 512, a batch of 8, 1.0 ms",
    ),
    Library(
        "xla",
        "XLA's own products",
        "COMPILER_OPTIONS_FOR_PRODUCTS",
        "YNNPACK is slower with few units, 48 layers of 128 in 17 ms instead of 15",
    ),
)
"""Of networks without, in one order: which is first depends on their layers."""


def libraries(recipe: Recipe | None, plan: Plan, target: Target, tuning: Tuning | None = None) -> tuple[Library, ...]:
    """What a network may call, that which is chosen first; none where nobody measured it, or it makes no difference.

    Raises Failed if `tuning` wants what there isn't.
    """
    if recipe is None or target != "cpu" or recipe.precision != "float32":
        return ()
    if plan.convolves:
        found = CONVOLUTIONS
    elif slim(plan, recipe.batch):
        found = PRODUCTS[::-1]
    elif plan.graph.parameters >= FEW:
        found = PRODUCTS
    else:
        return ()
    measured = tuning.of(target) if tuning else None
    timed = measured.library if measured and measured.network == plan.graph.name else None
    if tuning is None or timed is None:
        return found
    chosen = next((each for each in found if each.name == timed.form), None)
    if chosen is None:
        title = f"{tuning.file} wants products by `{timed.form}`, and there are none of that name"
        names = " and ".join(f"`{each.name}`" for each in found)
        raise unknown(title, f"there are those by {names}")
    why = f"{tuning.file} says so"
    others = tuple(each for each in found if each is not chosen)
    if {each.name for each in found} <= timed.milliseconds.keys():
        taken, other = (timed.milliseconds[each.name] for each in (chosen, others[0]))
        but = ", which may be chance" if NEARLY * taken < other < taken else ""
        why = f"a step takes {taken:.3g} ms, and {other:.3g} with {others[0].title}{but} ({tuning.file})"
    return (replace(chosen, why=why, measured=tuning.file), *others)


def compiled_with(found: tuple[Library, ...], plan: Plan) -> dict[str, str]:
    """Which functions are compiled with options, and what these are called: of those that the host calls, since JAX
    takes options for no others."""
    if not found:
        return {}
    steps = "train_step" if plan.convolves else "device_loop"
    return {steps: "COMPILER_OPTIONS", "evaluate_step": "COMPILER_OPTIONS"}


def slim(plan: Plan, batch: int) -> bool:
    """Whether most of what a network multiplies is in dense layers of few units, over rows enough."""

    def multiplied(plan: Plan, times: int = 1) -> Iterator[tuple[int, bool]]:
        for step in plan.steps:
            if step.body is not None:
                yield from multiplied(step.body, times * step.node.count)
                continue
            x = plan.shapes[step.node.inputs[0]]
            narrow = min((x.channels, step.node.output[-1])) if step.op and step.op.drawing == "dense" else 0
            rows = batch * x.size // x.channels if narrow else 0
            yield times * step.node.macs, rows >= ROWS and SLIM[0] <= narrow <= SLIM[1]

    found = list(multiplied(plan))
    return 2 * sum(macs for macs, fits in found if fits) > sum(macs for macs, _ in found)


def library_choices(found: tuple[Library, ...]) -> Iterator[Choice]:
    """What was chosen, for `archc compile --explain-lowering`."""
    if found:
        chosen, *others = found
        yield Choice("library", chosen.title, chosen.why, tuple(each.title for each in others))
        yield Choice("loops", "16 numbers at a time", WIDE, ("8 at a time",))
