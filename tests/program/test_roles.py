"""What is chosen for a whole program is what stands in its text."""

import jax
import numpy as np
import pytest

from archc.ir import Module
from archc.ops.form import Target
from archc.passes import run
from archc.program import emit
from archc.program.choice import Choice
from archc.program.lowering import Lowering
from archc.program.plan import plan
from archc.program.roles import QUICK_INIT, step_choices
from tests.models import BUILT_IN, FOLDER, built_in, imported, module_of

TARGETS: tuple[Target, ...] = ("cpu", "gpu")
DEEP = """
model Deep {
    input x[4]
    dense(6)
    repeat %d { dense(6) -> tanh -> dropout(0.1) }
    dense(3)
}
train {
    data = iris
    loss = cross_entropy
    optimizer = adam(1e-3)
    batch = 16
    epochs = 2
    init = orthogonal
}
"""


def of_steps(module: Module, lowering: Lowering) -> list[Choice]:
    network = plan(run(module).graph, lowering)
    return step_choices(module.recipe, network, lowering.target, lowering.libraries(module.recipe, network))


def chosen(module: Module, target: Target, *, unroll: bool = False) -> dict[str, Choice]:
    """The choices by topic."""
    found = of_steps(module, Lowering(target, unroll))
    whole = [each for each in found if each.topic == "repeat" or not each.where]
    assert len({each.topic for each in whole}) == len(whole)
    return {each.topic: each for each in whole}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_the_text_has_what_is_chosen(path: object, target: Target) -> None:
    module = built_in(path)  # type: ignore[arg-type]
    text = emit(module, target)
    found = of_steps(module, Lowering(target))
    for each in found:
        assert each.chosen and each.why and each.chosen not in each.others, each
    by_topic = {each.topic: each.chosen for each in found}
    assert ("fori_loop" in text) == by_topic.get("steps", "").startswith("one device loop")
    assert ('impl="rbg"' in text) == (by_topic.get("random bits") == "rbg")
    assert ("lax.scan(" in text) == any(each.chosen.startswith("one") for each in found if each.topic == "repeat")
    assert ("optimization_level" in text) == (by_topic["initial weights"] == "compiled without optimization")
    assert ("bfloat16" in text) == (by_topic.get("precision") == "bf16")
    assert ("compiler_options=COMPILER" in text) == ("library" in by_topic) == ("loops" in by_topic)
    assert ("donate_argnames" in text) == ("donation" in by_topic)
    assert ("dimension_numbers" in text) <= (by_topic.get("layout") == "channels last")
    assert ("def batch_norm(" in text) == ("evaluation" in by_topic)


def test_a_gpu_is_told_of_as_expected() -> None:
    module = module_of(DEEP % 5)
    for topic, each in chosen(module, "gpu").items():
        if topic in ("steps", "data", "shuffle", "random bits", "repeat"):
            assert "expected, not measured" in each.why, each
    for each in chosen(module, "cpu").values():
        assert "expected" not in each.why, each


@pytest.mark.parametrize(
    ("copies", "target", "unroll", "says"),
    [
        (20, "cpu", False, "from 16 copies on"),
        (20, "cpu", True, "`--unroll` asks for it"),
        (5, "cpu", False, "fewer than 16 copies"),
        (5, "gpu", False, "from 4 copies on"),
    ],
)
def test_repeats(copies: int, target: Target, unroll: bool, says: str) -> None:
    repeat = chosen(module_of(DEEP % copies), target, unroll=unroll)["repeat"]
    assert says in repeat.why and repeat.where == "repeat1" and repeat.place == "net.arch:5"


@pytest.mark.parametrize("init", ["glorot_uniform", "he_normal", "truncated_normal(0.1)", "orthogonal"])
def test_first_weights_compiled_in_haste_are_the_same(init: str) -> None:
    """But for the last digit."""
    text = emit(module_of((DEEP % 3).replace("orthogonal", init)))
    quick = '@jax.jit(compiler_options={"xla_backend_optimization_level": 0})\ndef init'
    assert quick in text
    plain = text.replace(quick, "@jax.jit\ndef init")
    states = [imported(each).init(jax.random.key(5)) for each in (text, plain)]
    for one, other in zip(*(jax.tree.leaves(state.params) for state in states), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_many_weights_are_drawn_by_what_is_optimized() -> None:
    large = built_in(FOLDER / "resnet18.arch")
    assert large.graph.parameters > QUICK_INIT
    assert chosen_init(large) == "compiled with optimization"
    assert chosen_init(built_in(FOLDER / "lenet5.arch")) == "compiled without optimization"


def chosen_init(module: Module) -> str:
    return chosen(module, "cpu")["initial weights"].chosen
