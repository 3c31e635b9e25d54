"""Whose products and convolutions a program calls: by the rule, by what was measured, and with the same result."""

from itertools import product

import jax
import numpy as np
import pytest

from archc.data.made import digits
from archc.diagnostics import Failed
from archc.ir import Module
from archc.ir.tuning import Measured, Timed, Tuning
from archc.program import emit
from archc.program.library import CONVOLUTIONS, PRODUCTS, Library
from archc.program.lowering import Lowering, planned
from tests.models import imported, module_of

RECIPE = "data = digits\n loss = cross_entropy\n optimizer = sgd(0.1)\n batch = 64\n epochs = 1"
DENSE = "flatten\n dense(128) -> relu\n repeat 16 { dense(128) -> tanh }\n dense(10) -> softmax"
CONVOLVED = "conv(4, 3) -> batch_norm -> relu\n conv(8, 3) -> relu\n max_pool(2)\n flatten -> dense(10) -> softmax"
NETS = {"dense": DENSE, "convolved": CONVOLVED}


def net(layers: str) -> Module:
    return module_of(f"model Net {{\n input image[8, 8, 1]\n {layers}\n}}\ntrain {{\n {RECIPE}\n}}\n")


def tuning(name: str, milliseconds: dict[str, float]) -> Tuning:
    library = Timed(form=name, milliseconds=milliseconds)
    measured = Measured(device="a CPU", versions="jax", batch=64, layers={}, network="Net", library=library)
    return Tuning(file="net.lowering.json", cpu=measured)


def called(module: Module, lowering: Lowering) -> tuple[Library, ...]:
    return lowering.libraries(module.recipe, planned(module, lowering))


@pytest.mark.parametrize(
    ("layers", "batch", "title"),
    [
        ("repeat 20 { dense(128) -> relu }", 64, "XLA's own products"),
        ("dense(128) -> relu", 128, "XLA's own products"),
        ("repeat 20 { dense(128) -> relu }", 32, "YNNPACK's products"),
        ("repeat 20 { dense(512) -> relu }", 128, "YNNPACK's products"),
        ("repeat 20 { dense(16) -> relu }", 128, "YNNPACK's products"),
        ("conv(8, 3) -> relu\n flatten -> dense(128)", 128, "XLA's own convolutions, YNNPACK's products"),
    ],
)
def test_the_rule(layers: str, batch: int, title: str) -> None:
    recipe = f"data = mnist\n loss = cross_entropy\n optimizer = sgd(0.1)\n batch = {batch}\n epochs = 1"
    first = "input image[28, 28, 1]" + "\n flatten" * (not layers.startswith("conv"))
    module = module_of(f"model Net {{\n {first}\n {layers}\n dense(10) -> softmax\n}}\ntrain {{\n {recipe}\n}}\n")
    first_of, *_ = called(module, Lowering())
    assert first_of.title == title
    assert called(module, Lowering("gpu")) == ()
    text = emit(module)
    assert text.count("compiler_options=COMPILER_OPTIONS") == 2
    assert ('"xla_cpu_experimental_ynn_fusion_type": ""' in text) == (title == "XLA's own products")
    assert '"xla_cpu_prefer_vector_width": 512' in text
    assert "COMPILER_OPTIONS" not in emit(module, plain=True) + emit(module, "gpu")


def test_few_parameters_are_no_matter() -> None:
    recipe = "data = iris\n loss = cross_entropy\n optimizer = sgd(0.1)\n batch = 16\n epochs = 1"
    small = module_of(f"model Net {{\n input x[4]\n dense(3) -> softmax\n}}\ntrain {{\n {recipe}\n}}\n")
    assert called(small, Lowering()) == () and "COMPILER_OPTIONS" not in emit(small)


@pytest.mark.parametrize("layers", NETS)
def test_what_was_measured_is_taken(layers: str) -> None:
    module = net(NETS[layers])
    rule, *_ = called(module, Lowering())
    for library in CONVOLUTIONS if layers == "convolved" else PRODUCTS:
        file = tuning(library.name, {"xla": 0.21, "ynnpack": 0.5})
        chosen, other = called(module, Lowering(tuning=file))
        assert (chosen.name, chosen.measured) == (library.name, "net.lowering.json") and other.name != chosen.name
        text = emit(module, tuning=file)
        assert (text.count(f"a step takes {0.21 if library.name == 'xla' else 0.5} ms")) == 1
        assert ("INDIVIDUAL_DOT" in text) == (layers == "convolved" and library.name == "ynnpack")
        assert ('fusion_type": ""' in text) == (library.name == "xla")
        assert called(module, Lowering(plain=True, tuning=file)) == ()
    only = called(module, Lowering(tuning=tuning(rule.name, {})))[0]
    assert only.why == "net.lowering.json says so"


def test_what_was_measured_of_another_network_is_not_taken() -> None:
    module = net(DENSE)
    file = tuning("ynnpack", {"xla": 0.5, "ynnpack": 0.2})
    assert file.cpu is not None
    others = file.model_copy(update={"cpu": file.cpu.model_copy(update={"network": "Another"})})
    assert called(module, Lowering(tuning=others)) == called(module, Lowering())
    assert called(module, Lowering(tuning=file))[0].name == "ynnpack"


@pytest.mark.parametrize(("other", "says"), [(0.98, ", which may be chance ("), (1.5, "products (")])
def test_little_less_may_be_chance(other: float, says: str) -> None:
    (chosen, *_) = called(net(DENSE), Lowering(tuning=tuning("xla", {"xla": 1.0, "ynnpack": other})))
    assert says in chosen.why


def test_what_there_is_not() -> None:
    with pytest.raises(Failed) as caught:
        emit(net(DENSE), tuning=tuning("mkl", {"mkl": 1.0}))
    (found,) = caught.value.diagnostics
    assert found.code == "E1101" and "`mkl`" in found.title and "`xla` and `ynnpack`" in str(found.help)


@pytest.mark.parametrize("layers", NETS)
def test_steps_are_the_same_with_either(layers: str) -> None:
    module = net(NETS[layers])
    texts = [emit(module, tuning=tuning(name, {})) for name in ("xla", "ynnpack")]
    assert texts[0] != texts[1]
    taken = []
    for text in (*texts, emit(module, plain=True)):
        program = imported(text)
        data = program.parts(digits(), 0)["train"]
        state, sums = program.run_steps(program.init(jax.random.key(0)), data, program.order(640, 0, 1), 0, 5)
        taken.append((state.params, sums))
    for one, other in product(taken[:2], taken[1:]):
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5), one, other)
