"""Backprop figures: every formula in them is true of their numbers, and everything can be read."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archc.data.dataset import Where
from archc.data.readers import load
from archc.diagnostics import Failed
from archc.draw.backprop import scene
from archc.draw.computation import Computation, computation
from archc.draw.formats import printed
from archc.draw.look import Look
from archc.draw.rules import number
from archc.draw.scene import Bounds, Line, Part, Scene, Text
from archc.ir import Module
from archc.train.backprop import Asked, trace
from tests.models import FOLDER, built_in, module_of

GOLDEN = Path(__file__).parents[1] / "golden" / "figures"


def taught(loss: str, rows: str, body: str, before: str = "") -> str:
    recipe = (
        f"data = examples({rows})\n loss = {loss}\n optimizer = sgd(0.1)\n init = normal(0.8)\n batch = 1\n epochs = 1"
    )
    return f"{before}model M {{\n input x[2]\n {body}\n}}\ntrain {{\n {recipe}\n}}\n"


ONE, TWO = "[[0.5, -1, 1]]", "[[0.5, -1, 1, 0.25]]"
PLANE = (
    "data = blobs(12, 3)\n loss = cross_entropy\n optimizer = sgd(0.1)\n init = normal(0.8)\n batch = 4\n epochs = 1"
)
TEXTS = {
    "tanh": taught("mse", TWO, "dense(3) -> tanh\n dense(2) -> tanh"),
    "relu": taught("squared_error", TWO, "dense(3, bias = false) -> relu\n dense(2)"),
    "linear": taught("half_mse", ONE, "dense(2) -> linear\n dense(1) -> linear"),
    "step": taught("half_mse", ONE, "dense(2) -> step(0.25)\n dense(1) -> sigmoid"),
    "generic": taught("huber", ONE, "dense(2) -> gelu\n dense(1) -> softplus"),
    "twice": taught("binary_cross_entropy", "[[0.5, -1, 1, 0]]", "dense(2) -> sigmoid"),
    "weighed": taught("2 * binary_cross_entropy", ONE, "dense(1) -> sigmoid"),
    "settings": taught("huber(delta = 0.5)", ONE, "dense(2) -> tanh\n dense(1)"),
    "sure": taught("binary_cross_entropy", "[[1, 1, 1]]", "dense(1, weights = [8, 3]) -> sigmoid"),
    "classes as ends": f"model M {{\n input x[2]\n dense(1)\n}}\n"
    f"train {{\n {PLANE.replace('12, 3', '12, 2').replace('cross_entropy', 'mse(targets = [-1, 1])')}\n}}\n",
    "terms": taught("0.5 * mae + 3 * huber(delta = 0.25)", TWO, "dense(2)"),
    "unnamed end": taught("binary_cross_entropy", ONE, "dense(2) -> tanh\n dense(1)"),
    "blocks": taught("half_mse", ONE, "hidden(2)\n hidden(2)\n dense(1)", "block hidden(n) { dense(n) -> sigmoid }\n"),
    "kept": taught("half_mse", ONE, "dense(2, weights = [[1, 2], [3, 4]], trainable = false) -> tanh\n dense(1)"),
    "classes": f"model M {{\n input x[2]\n dense(3) -> softmax\n}}\ntrain {{\n {PLANE}\n}}\n",
    "wide": f"model M {{\n input x[2]\n dense(12) -> tanh\n dense(11) -> relu\n dense(3) -> softmax\n}}\n"
    f"train {{\n {PLANE}\n}}\n",
    "smoothed": f"model M {{\n input x[2]\n dense(3) -> softmax\n}}\n"
    f"train {{\n {PLANE.replace('cross_entropy', 'cross_entropy(smoothing = 10%)')}\n}}\n",
    "perceptron": (FOLDER / "perceptron.arch").read_text(encoding="utf-8")
    + "train {\n data = examples([[0, 1, 1, 1]])\n loss = half_mse\n optimizer = sgd(1)\n batch = 1\n epochs = 1\n}\n",
    "claims": (FOLDER / "claims.arch").read_text(encoding="utf-8")
    + "train {\n data = examples([[1, -1, 1]])\n loss = half_mse\n optimizer = sgd(1)\n batch = 1\n epochs = 1\n}\n",
    "xor_given": (FOLDER / "xor_given.arch").read_text(encoding="utf-8")
    + "train {\n data = examples([[1, 1, 0]])\n loss = half_mse\n optimizer = sgd(1)\n batch = 1\n epochs = 1\n}\n",
    "images": "model M {\n input image[8, 8, 1]\n"
    "conv(4, 3x3) -> relu -> max_pool(2x2)\n flatten\n dense(10) -> softmax\n}\n"
    "train {\n data = digits\n loss = cross_entropy\n optimizer = sgd(0.1)\n batch = 8\n epochs = 1\n}\n",
}
MODELS = ("logistic", "xor", "backprop", "net_3_3_1", "mlp", "iris")
FIGURES = (*MODELS, *TEXTS)


@cache
def example(name: str) -> tuple[Module, Look]:
    """A network and its second example, if there is one."""
    module = built_in(FOLDER / f"{name}.arch") if name in MODELS else module_of(TEXTS[name])
    assert module.recipe is not None
    rows = min(module.recipe.train_rows, 2)
    return module, Look(trace=trace(module, load(module.recipe.data, Where(FOLDER)), Asked(number=rows)))


def figure(name: str) -> Scene:
    return scene(*example(name))


def found(name: str) -> Computation:
    return computation(*example(name))


def told(drawn: Scene) -> list[str]:
    """What stands in and at nodes, lines of one size and colour joined."""
    found = []
    for part in drawn.parts:
        texts = [mark for mark in part.marks if isinstance(mark, Text)]
        found += [" ".join(text.text for text in texts if text.fill == fill) for fill in {text.fill for text in texts}]
    return found


# formulas


NAMES: dict[str, Any] = {
    "exp": np.exp,
    "log": np.log,
    "max": np.maximum,
    "mean": np.mean,
    "sum": np.sum,
    "outer": np.outer,
    "σ": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "softmax": lambda *z: np.exp(np.array(z)).squeeze() / np.exp(np.array(z)).sum(),
}
SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"


def evaluated(formula: str, computed: Computation) -> Any:
    """What a formula of a figure comes to, from the numbers of the nodes that it names."""
    values: dict[str, Any] = {}
    for cell in computed.cells:
        shape = cell.quantity.shape
        values[cell.name] = np.reshape(cell.quantity.value, shape)
        if cell.quantity.slope is not None:
            values[f"d{cell.name}"] = np.reshape(cell.quantity.slope, shape)
    for base in {name[:-1] for name in values if name[-1] in SUBSCRIPTS} - values.keys():
        # a sum over all units names none of them
        values[base] = np.array([values[base + j] for j in SUBSCRIPTS if base + j in values])
    names = sorted(values, key=len, reverse=True)
    one = "|".join(map(re.escape, names))
    text = re.sub(rf"(?<![a-z])({one})", lambda m: f"<{names.index(m[1])}>", formula)
    text = re.sub(r"(<\d+>) (<\d+>)⊤", r"outer(\1, \2)", text)
    text = re.sub(r"(<\d+>)⊤(<\d+>)", r"\1.T @ \2", text)
    text = re.sub(r"(<\d+>)(<\d+>)", r"\1 @ \2" if not computed.scalar else r"\1 * \2", text)
    text = re.sub(r"1\[(.*?)\]", r"((\1) * 1.0)", text)
    text = re.sub(r"Σ (.*)", r"sum(\1)", text)
    text = re.sub(r"mean (\(.*\)²)", r"mean(\1)", text)
    text = re.sub(r"log (<\d+>)", r"log(\1)", text)
    text = re.sub(rf"\)([{SUBSCRIPTS}])", lambda m: f")[{SUBSCRIPTS.index(m[1]) - 1}]", text)
    text = text.replace("½", "0.5 * ").replace("²", "**2").replace("·", " * ").replace("∘", "*").replace("−", "-")
    text = re.sub(r"<(\d+)>", r"v[\1]", text)
    return eval(text, {"__builtins__": {}}, {**NAMES, "v": [values[name] for name in names]})


def close(value: Any, expected: Any) -> None:
    np.testing.assert_allclose(value, expected, rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize("name", FIGURES)
def test_rules_are_true_of_the_numbers(name: str) -> None:
    computed = found(name)
    for cell in computed.cells:
        if cell.rule:
            assert cell.quantity.slope is not None, cell.name
            close(evaluated(" ".join(cell.rule), computed), np.reshape(cell.quantity.slope, cell.quantity.shape))


UNWRITTEN = (
    "gelu",
    "softplus",
    "huber",
    "mae",
    "mse",
    "normalize",
    "conv",
    "max_pool",
    "flatten",
    "binary_cross_entropy",
    "cross_entropy",
)
"""What a figure names without saying how it is computed."""


@pytest.mark.parametrize("name", FIGURES)
def test_formulas_are_true_of_the_numbers(name: str) -> None:
    computed = found(name)
    for cell in computed.cells:
        left, equals, right = " ".join(cell.text).partition(" = ")
        if equals and right.partition("(")[0].rpartition("·")[2] not in UNWRITTEN:
            assert left == cell.name
            close(evaluated(right, computed), np.reshape(cell.quantity.value, cell.quantity.shape))


def test_logistic_regression_is_drawn_as_the_lecture_has_it() -> None:
    assert set(told(figure("logistic"))) >= {
        "z = w₁x₁ + w₂x₂ + w₃x₃ + b",
        "a = σ(z)",
        "L = −y·log a − (1 − y)·log(1 − a)",
        "da = −y/a + (1 − y)/(1 − a) = −2",
        "dz = a − y = −0.5",
        "db = a − y = −0.5",
        "dw₁ = (a − y)·x₁ = −0.5",
        "dw₂ = (a − y)·x₂ = −1",
        "dw₃ = (a − y)·x₃ = −2",
        "dx₂ = w₂·dz = 1.5",
        "0.6931",
    }


LOSSES = {
    "weighed": ["L = 2·binary_cross_entropy(a, y)"],
    "generic": ["L = huber(a⁽²⁾, y)"],
    "settings": ["L = huber(z⁽²⁾, y, delta = 0.5)"],
    "terms": ["L = 0.5·mae(z, y)", "+ 3·huber(z, y, delta = 0.25)"],
    "classes as ends": ["L = mse(z, y, targets = [-1, 1])"],
    "smoothed": ["L = cross_entropy(a, y, smoothing = 0.1)"],
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_without_a_short_form_is_told_with_factors_and_settings(name: str) -> None:
    (cell,) = (cell for cell in found(name).cells if cell.name == "L")
    assert list(cell.text) == LOSSES[name]
    said = told(figure(name))
    assert " ".join(LOSSES[name]) in said and any(text.startswith("y") for text in said)


def test_a_derivative_by_what_is_almost_sure_keeps_its_digits() -> None:
    """σ(11) is 1 but for 1.67e-5, of which float32 holds three digits."""
    cells = {cell.name: cell for cell in found("sure").cells}
    assert cells["a"].quantity.slope == pytest.approx((-(1 + np.exp(-11)),), rel=1e-6)
    assert cells["z"].quantity.slope == pytest.approx((-1 / (1 + np.exp(11)),), rel=1e-5)
    assert cells["L"].quantity.value == pytest.approx((np.log1p(np.exp(-11)),), rel=1e-5)


def test_two_layers_of_sigmoids_worked_by_hand() -> None:
    assert set(told(figure("backprop"))) >= {
        "L = ½(a⁽²⁾ − y)²",
        "da⁽²⁾ = a⁽²⁾ − y = −0.5",
        "dz⁽²⁾ = da⁽²⁾·a⁽²⁾·(1 − a⁽²⁾) = −0.125",
        "dw⁽²⁾₁ = dz⁽²⁾·a⁽¹⁾₁ = −0.0625",
        "da⁽¹⁾₁ = w⁽²⁾₁·dz⁽²⁾ = −0.375",
        "dw⁽¹⁾₁₂ = dz⁽¹⁾₁·x₂ = −0.1875",
        "dw⁽¹⁾₂₂ = dz⁽¹⁾₂·x₂ = 0.0625",
    }


@pytest.mark.parametrize("name", ["iris", "classes", "wide"])
def test_softmax_and_cross_entropy_are_a_minus_y(name: str) -> None:
    computed = found(name)
    for cell in computed.columns[-3]:
        assert cell.rule == (f"{cell.name.replace('z', 'a')} − {cell.name.replace('z', 'y')[:1]}{cell.name[1:2]}",) or (
            cell.rule == (f"{cell.name.replace('z', 'a')} − y",)
        )


def test_a_step_says_why_nothing_is_learnt() -> None:
    drawn = figure("perceptron")
    assert "dz = da·0 = 0" in told(drawn)
    assert "The derivative of step is 0 everywhere, so nothing before it learns." in told(drawn)


def test_losses_that_are_more_than_plain_have_no_rule() -> None:
    for name in ("weighed", "smoothed"):
        for cell in found(name).columns[-3]:
            assert not any("y" in term for term in cell.rule)


def test_weights_that_are_not_trained_have_no_derivative() -> None:
    assert [cell.quantity.slope for cell in found("kept").columns[1][0].leaves] == [None, None, None]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.123456, "0.1235"), (-2.0, "−2"), (-0.0, "0"), (1.25e-5, "1.25·10⁻⁵"), (-3e12, "−3·10¹²"), (1234.4, "1234")],
)
def test_numbers_have_four_digits(value: float, text: str) -> None:
    assert number(value) == text


# the figure


def parts(drawn: Scene, kind: str) -> Iterator[Part]:
    return (part for part in drawn.parts if part.kind == kind)


def meet(a: Bounds, b: Bounds, by: float = 0.5) -> bool:
    return min(a[2], b[2]) - max(a[0], b[0]) > by and min(a[3], b[3]) - max(a[1], b[1]) > by


def crosses(line: Line, box: Bounds) -> bool:
    """Whether a piece of a line is inside a box, of which a rim of a pixel doesn't count."""
    left, top, right, bottom = box[0] + 1, box[1] + 1, box[2] - 1, box[3] - 1
    for (x0, y0), (x1, y1) in zip(line.points, line.points[1:], strict=False):
        enters, leaves = 0.0, 1.0
        for start, delta, low, high in ((x0, x1 - x0, left, right), (y0, y1 - y0, top, bottom)):
            if not delta:
                if not low < start < high:
                    leaves = -1.0
                continue
            near, far = sorted(((low - start) / delta, (high - start) / delta))
            enters, leaves = max(enters, near), min(leaves, far)
        if enters < leaves:
            return True
    return False


@pytest.mark.parametrize("name", FIGURES)
def test_everything_can_be_read(name: str) -> None:
    drawn = figure(name)
    texts = list(drawn.texts())
    for a, b in combinations(texts, 2):
        assert not meet(a.bounds, b.bounds), (a.text, b.text)
    nodes = list(parts(drawn, "node"))
    for one, other in combinations(nodes, 2):
        assert not meet(one.bounds, other.bounds), (one.title, other.title)
    for part in nodes:
        box, *inside = part.marks
        for text in inside:
            assert text.bounds[0] >= box.bounds[0] + 4 and text.bounds[2] <= box.bounds[2] - 4, text
    for part in (part for kind in ("label", "legend", "note") for part in parts(drawn, kind)):
        for text in (mark for mark in part.marks if isinstance(mark, Text)):
            assert text.bounds[0] >= 0 and text.bounds[2] <= drawn.width and text.bounds[3] <= drawn.height
            assert not any(meet(text.bounds, node.bounds) for node in nodes), text
    for part in parts(drawn, "edge"):
        for line in (mark for mark in part.marks if isinstance(mark, Line)):
            for node in nodes:
                assert not crosses(line, node.marks[0].bounds), (part.ends, node.title)
            for text in texts:
                assert not crosses(line, text.bounds), (part.ends, text.text)


@pytest.mark.parametrize("name", FIGURES)
def test_arrows_lead_forwards_and_back(name: str) -> None:
    computed, drawn = found(name), figure(name)
    forwards = {part.ends for part in parts(drawn, "edge") if all(not mark.dash for mark in part.marks)}  # type: ignore[union-attr]
    back = {part.ends for part in parts(drawn, "edge") if all(mark.dash for mark in part.marks)}  # type: ignore[union-attr]
    reads = {(source, cell.name) for column in computed.columns for cell in column for source in cell.reads}
    assert forwards >= reads
    assert {(end, start) for start, end in reads} <= back
    assert {part.id for part in parts(drawn, "node")} == {cell.name for cell in computed.cells}


@pytest.mark.parametrize("name", FIGURES)
def test_values_stand_above_and_derivatives_below(name: str) -> None:
    for part in parts(figure(name), "label"):
        colors = [mark.fill for mark in part.marks if isinstance(mark, Text)]
        assert colors == sorted(colors, reverse=True) and set(colors) <= {"forward", "backward"}
        heights = [mark.y for mark in part.marks if isinstance(mark, Text)]
        assert heights == sorted(heights)


def test_print_tells_them_apart_without_colour() -> None:
    """Values are bold, derivatives not, and their arrows are dashed."""
    for part in parts(figure("xor"), "label"):
        for mark in part.marks:
            assert isinstance(mark, Text) and mark.bold == (mark.fill == "forward")


def test_every_node_says_what_it_is() -> None:
    drawn = figure("logistic")
    titles = [part.title for part in parts(drawn, "node")]
    assert "a = σ(z) = 0.5; da = −y/a + (1 − y)/(1 − a) = −2" in titles
    assert {part.line for part in parts(drawn, "node")} == {0, 5}
    assert "example 1 of 1; weights written in logistic.arch. From left to right: x₁ = 1;" in drawn.desc


def test_small_layers_are_drawn_unit_by_unit_and_others_as_one() -> None:
    assert [found(name).scalar for name in ("logistic", "xor", "mlp", "claims")] == [True] * 4
    assert [found(name).scalar for name in ("iris", "wide", "images")] == [False] * 3
    assert "[12] (" in " ".join(told(figure("wide")))
    assert all(len(list(found(name).cells)) <= 45 for name in FIGURES)


@pytest.mark.parametrize("name", ["logistic", "backprop", "wide"])
def test_figures_stay_as_they_are(name: str, golden: Any) -> None:
    if name != "wide":
        golden(GOLDEN / f"{name}-backprop.svg", printed(figure(name), "svg").decode())
    for form in ("png", "pdf"):
        assert printed(figure(name), form) == printed(figure(name), form)


# what doesn't suit

TRAIN = "train {\n data = examples([[1, 2, 3]])\n loss = half_mse\n optimizer = sgd(1)\n batch = 1\n epochs = 1\n}\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("model M { input x[2]\n dense(1) }\n", "it shows derivatives of a loss, and no `train` block names one"),
        (
            "model M { input x[2]\n let a = dense(3)\n add(a, dense(3)) -> dense(1) }\n" + TRAIN,
            "it draws one chain of layers, and `dense2` takes more or else than `dense1`",
        ),
        (
            "model M { input x[2]\n share d = dense(2)\n d -> d -> dense(1) }\n" + TRAIN,
            "it draws one chain of layers, and `d_2` shares the weights of `d`",
        ),
        (
            "model M { input x[2]\n repeat 20 { dense(3) -> tanh }\n dense(1) }\n" + TRAIN,
            "it draws at most 10 layers, and there are 41",
        ),
    ],
)
def test_other_networks_are_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(Failed) as failed:
        scene(module_of(text), Look())
    (diagnostic,) = failed.value.diagnostics
    assert diagnostic.code == "E1001"
    assert diagnostic.title == f"the `backprop` style doesn't suit this network: {why}"
    assert "--style graph" in diagnostic.help
