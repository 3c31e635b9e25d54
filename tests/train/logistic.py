"""A tiny standalone program, its IR and its data: what the tests of this room train.

The program's text is the kernels' own, so that the machinery under test is the one in every compiled program.
"""

import hashlib
import re
from pathlib import Path

import numpy as np

import archc.kernels
from archc.ir import (
    Column,
    DataSpec,
    Graph,
    Item,
    LossTerm,
    MetricTerm,
    Module,
    Monitor,
    Node,
    Place,
    Port,
    Recipe,
    Weight,
)
from archc.ir.items import item
from archc.recipes import FAMILIES

KERNELS = Path(archc.kernels.__file__).parent

ARCH_TEXT = """\
# a logistic regression
model Logistic {
  input x: [2]
  normalize1 = normalize(x)
  dense1 = dense(normalize1, 1)
  output dense1
}
"""

_MODEL = """\
MODEL = {
    "name": "Logistic",
    "source": "logistic.arch",
    "sha256": "SOURCE",
    "licence": "the program is yours",
    "inputs": {"x": (2,)},
    "outputs": {"output": ()},
    "recipe": {"data": "points", "precision": "float32", "seed": 0},
}
"""

_ENTRY = """

def predict(params, stats, inputs):
    \"\"\"Probabilities of "yes".\"\"\"
    return jax.nn.sigmoid(apply(params, stats, inputs, train=False, key=jax.random.key(0))[0])


if __name__ == "__main__":
    main()
"""


def program_text(*, epochs: int = 5, rows: int = 30, optimizer: str = "optax.adam(0.1)", looped: bool = False) -> str:
    """The text of a program for `rows` rows, two thirds of which train it in batches of 8, the last one ragged."""
    train, validation = rows * 2 // 3, rows // 5
    steps = -(-train // 8)
    parts = {"train": train, "validation": validation, "test": rows - train - validation}
    sizes = f"BATCH, EPOCHS, STEPS = 8, {epochs}, {steps}\nPART_ROWS = {parts}\noptimizer = {optimizer}\n"
    text = "\n\n".join([_text("face.py"), _MODEL.replace("SOURCE", SHA256), sizes, _text("steps.py")])
    if looped:
        text = text.replace("run_steps = run_steps_one_by_one", "run_steps = run_steps_looped_ragged")
    centred = '    x = inputs["x"] - stats["normalize1"]["offset"]\n'
    dense = '    return (x @ params["dense1"]["kernel"] + params["dense1"]["bias"])[:, 0], stats\n'
    assert centred in text and dense in text
    text = text.replace(centred, centred.rstrip() + "  # logistic.arch:4\n")
    text = text.replace(
        dense,
        '    with jax.named_scope("dense1"):\n'
        '        x = x @ params["dense1"]["kernel"]\n'
        '        x = x + params["dense1"]["bias"]  # logistic.arch:5\n'
        "    return x[:, 0], stats\n",
    )
    return text + _ENTRY


def _text(name: str) -> str:
    text = (KERNELS / name).read_text(encoding="utf-8")
    return re.sub(r"^from archc\.kernels\S* import (\([^)]*\)|[^\n]*)\n", "", text, flags=re.MULTILINE)


SHA256 = hashlib.sha256(ARCH_TEXT.encode()).hexdigest()


def declared(family: str, name: str, *arguments: object) -> Item:
    """An item of the recipes, as the IR holds it."""
    return item(FAMILIES[family][name].build(arguments, {}))


def module(*, epochs: int = 5, rows: int = 30) -> Module:
    """The IR of the same."""
    place = Place(file="logistic.arch", line=3, column=3)
    zeros = Item(kind="initialiser:zeros")
    normalize = Node(
        name="normalize1",
        op="normalize",
        inputs=("x",),
        output=(2,),
        weights=tuple(Weight(name=name, shape=(2,), init=zeros, trainable=False) for name in ("mean", "scale")),
        place=place.model_copy(update={"line": 4}),
    )
    dense = Node(
        name="dense1",
        op="dense",
        inputs=("normalize1",),
        output=(1,),
        weights=(
            Weight(name="kernel", shape=(2, 1), init=zeros),
            Weight(name="bias", shape=(1,), init=zeros),
        ),
        macs=2,
        place=place.model_copy(update={"line": 5}),
    )
    graph = Graph(
        name="Logistic",
        inputs=(Port(name="x", value="x", shape=(2,), place=place),),
        nodes=(normalize, dense),
        outputs=(Port(name="output", value="dense1", shape=(1,), place=place),),
    )
    train, validation = rows * 2 // 3, rows // 5
    recipe = Recipe(
        name="train",
        data=DataSpec(
            name="points",
            features=(Column(name="x", kind="number", shape=(2,)),),
            targets=(Column(name="y", kind="class", shape=(), classes=("no", "yes")),),
            examples=rows,
        ),
        columns={"x": "x"},
        losses=(LossTerm(weight=1.0, loss=declared("loss", "binary_cross_entropy"), output="output", target="y"),),
        links={"output": "sigmoid"},
        metrics=(MetricTerm(name="accuracy", metric=declared("metric", "accuracy"), output="output", target="y"),),
        optimizer=declared("optimizer", "adam", 0.1),
        weight_decay={"": 0.0},
        batch=8,
        epochs=epochs,
        stop=None,
        monitor=Monitor(quantity="loss", better="lower"),
        train_rows=train,
        validation_rows=validation,
        test_rows=rows - train - validation,
        precision="float32",
        seed=0,
    )
    return Module(source="logistic.arch", sha256=SHA256, graph=graph, recipe=recipe)


def table(rows: int = 30) -> dict[str, np.ndarray]:
    """Points, and whether they lie above a line, with some that don't fit."""
    random = np.random.default_rng(7)
    x = random.normal(size=(rows, 2)).astype(np.float32)
    noisy = x[:, 0] + x[:, 1] + random.normal(scale=0.5, size=rows) > 0.3
    return {"x": x, "y": noisy.astype(np.int32)}
