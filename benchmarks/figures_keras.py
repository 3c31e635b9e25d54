"""LeNet-5, GoogLeNet and ResNet-50 in Keras, drawn by plot_model and by visualkeras.

    python benchmarks/figures_keras.py plot_model lenet5 lenet5.svg

Run by figures.py, each figure in a process of its own; archc isn't imported. With a further argument, `told`, it prints
the network's parameters and layers as JSON, and of visualkeras, whose images don't tell, what it drew.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "numpy"  # the quickest: on JAX, making GoogLeNet's weights takes ten times as long

import keras
from keras import layers

INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64), "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64), "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128), "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}  # fmt: skip
"""Szegedy et al. (2014), table 1."""


def lenet5() -> keras.Model:
    """As models/lenet5.arch."""
    x = image = keras.Input((28, 28, 1), name="image")
    x = layers.Conv2D(6, 5, padding="same", activation="tanh", name="C1")(x)
    x = layers.AveragePooling2D(2, name="S2")(x)
    x = layers.Conv2D(16, 5, activation="tanh", name="C3")(x)
    x = layers.AveragePooling2D(2, name="S4")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(120, activation="tanh", name="C5")(x)
    x = layers.Dense(84, activation="tanh", name="F6")(x)
    return keras.Model(image, layers.Dense(10, activation="softmax")(x), name="lenet5")


@keras.saving.register_keras_serializable()
class LRN(layers.Layer):
    """Local response normalisation over 5 channels; a figure needs its shape alone."""

    def call(self, x: Any) -> Any:
        return x


def unit(x: Any, filters: int, k: int, stride: int = 1) -> Any:
    return layers.Conv2D(filters, k, stride, padding="same", activation="relu")(x)


def halve(x: Any) -> Any:
    return layers.MaxPooling2D(3, 2, padding="same")(x)


def inception(x: Any, name: str, nested: bool) -> Any:
    c1, r3, c3, r5, c5, p = INCEPTIONS[name]
    entering = keras.Input(x.shape[1:]) if nested else x
    pooled = layers.MaxPooling2D(3, 1, padding="same")(entering)
    branches = [
        unit(entering, c1, 1),
        unit(unit(entering, r3, 1), c3, 3),
        unit(unit(entering, r5, 1), c5, 5),
        unit(pooled, p, 1),
    ]
    y = layers.Concatenate()(branches)
    return keras.Model(entering, y, name=f"inception_{name}")(x) if nested else y


def auxiliary(x: Any, name: str) -> Any:
    x = layers.Flatten()(unit(layers.AveragePooling2D(5, 3)(x), 128, 1))
    x = layers.Dropout(0.7)(layers.Dense(1024, activation="relu")(x))
    return layers.Dense(1000, name=name)(x)


def googlenet(nested: bool = True) -> keras.Model:
    """As models/googlenet.arch, with its two auxiliary heads; `nested` makes a model of each inception."""
    image = keras.Input((224, 224, 3), name="image")
    x = LRN()(halve(unit(image, 64, 7, 2)))
    x = halve(LRN()(unit(unit(x, 64, 1), 192, 3)))
    heads = []
    for name in INCEPTIONS:
        x = inception(x, name, nested)
        if name in ("3b", "4e"):
            x = halve(x)
        if name in ("4a", "4d"):
            heads.append(auxiliary(x, f"aux{len(heads) + 1}"))
    x = layers.Dropout(0.4)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, [*heads, layers.Dense(1000, name="class")(x)], name="googlenet")


def resnet50() -> keras.Model:
    """The one that comes with Keras: its convolutions have biases, and a block's first one the stride."""
    return keras.applications.ResNet50(weights=None, classifier_activation=None)


NETWORKS: dict[str, Callable[..., keras.Model]] = {"lenet5": lenet5, "googlenet": googlenet, "resnet50": resnet50}


def plot_model(name: str, path: Path, nested: bool = True) -> keras.Model:
    """All that it can show, blocks open. With another dpi than 72 Graphviz 2.43 cuts an SVG off."""
    model = NETWORKS[name]()
    shown = {"show_shapes": True, "show_layer_names": True, "show_layer_activations": True, "expand_nested": nested}
    keras.utils.plot_model(model, path, **shown, dpi=72 if path.suffix == ".svg" else 96)
    return model


def folded(name: str, path: Path) -> keras.Model:
    """The same with nested models closed."""
    return plot_model(name, path, nested=False)


def flat(name: str) -> keras.Model:
    """visualkeras knows no nested models, and 0.2.0 reads an attribute that Keras 3 no longer has."""
    model = googlenet(nested=False) if name == "googlenet" else NETWORKS[name]()
    for layer in model.layers:
        layer.output_shape = layer.output.shape
    return model


UNSEEN = (
    layers.InputLayer, LRN, layers.BatchNormalization, layers.Activation, layers.ZeroPadding2D, layers.Dropout,
    layers.Flatten,
)  # fmt: skip
"""Left out of the larger networks, which would be 20,000 px wide or more with them."""

FONT = {"lenet5": 14, "googlenet": 28, "resnet50": 28}
"""In px."""


def layered(name: str, path: Path) -> keras.Model:
    """Solids in real proportions with a legend, sized so that a row of them fits a page."""
    import visualkeras
    from PIL import ImageFont

    model, font = flat(name), ImageFont.load_default(FONT[name])
    if name == "lenet5":
        written = visualkeras.LAYERED_TEXT_CALLABLES["name"]
        sizes = {"scale_xy": 6, "scale_z": 3, "max_z": 60, "spacing": 50, "padding": 40}
        visualkeras.layered_view(
            model, str(path), legend=True, show_dimension=True, text_callable=written, font=font, **sizes
        )
    else:
        sizes = {"scale_xy": 1.3, "scale_z": 0.03, "min_z": 4, "max_z": 40, "max_xy": 300, "min_xy": 6, "spacing": 6}
        visualkeras.layered_view(
            model, str(path), legend=True, type_ignore=list(UNSEEN), padding=20, font=font, **sizes
        )
    return model


def columns(name: str, path: Path) -> keras.Model:
    """Layers in columns and lines between them; with neurons, which are too many for anything but LeNet, there."""
    import visualkeras

    model = flat(name)
    visualkeras.graph_view(model, str(path), show_neurons=name == "lenet5", layer_spacing=120)
    return model


TOOLS: dict[str, Callable[[str, Path], keras.Model]] = {
    "plot_model": plot_model,
    "plot_model closed": folded,
    "visualkeras layered": layered,
    "visualkeras graph": columns,
}


def leaves(model: keras.Model) -> list[Any]:
    """The layers of a model and of the models in it."""
    return [leaf for layer in model.layers for leaf in (leaves(layer) if isinstance(layer, keras.Model) else [layer])]


def watched() -> tuple[list[Any], list[tuple[Any, Any]]]:
    """What visualkeras paints from now on, boxes and lines from one to another: an image tells neither."""
    import visualkeras.graph
    import visualkeras.utils as shapes

    boxes: list[Any] = []
    lines: list[tuple[Any, Any]] = []

    def noting(painted: Callable[..., None]) -> Callable[..., None]:
        def paint(self: Any, *args: Any) -> None:
            boxes.append(self)
            painted(self, *args)

        return paint

    for shape in (shapes.Box, shapes.Circle, shapes.Ellipses):
        shape.draw = noting(shape.draw)
    connect = visualkeras.graph._draw_connector

    def connector(draw: Any, start: Any, end: Any, **looks: Any) -> None:
        lines.append((start, end))
        connect(draw, start, end, **looks)

    visualkeras.graph._draw_connector = connector
    return boxes, lines


def crosses(line: tuple[Any, Any], box: Any) -> bool:
    """Whether a straight line goes through another box than its own."""
    start, end = line
    if box in line:
        return False
    x1, y1, x2, y2 = start.x2, (start.y1 + start.y2) / 2, end.x1, (end.y1 + end.y2) / 2
    points = (((x1 + (x2 - x1) * i / 1000), (y1 + (y2 - y1) * i / 1000)) for i in range(1001))
    return any(box.x1 + 2 < x < box.x2 - 2 and box.y1 + 2 < y < box.y2 - 2 for x, y in points)


def main() -> None:
    tool, name, path, *told = sys.argv[1:]
    if not told:
        TOOLS[tool](name, Path(path))
        return
    boxes, lines = watched() if tool == "visualkeras graph" else ([], [])
    model = TOOLS[tool](name, Path(path))
    found: dict[str, Any] = {}
    if tool == "visualkeras graph":
        entered = [end for _, end in lines]
        found = {
            "boxes": len(boxes),
            "edges": len(lines),
            "merges": None if name == "lenet5" else sum(entered.count(box) > 1 for box in boxes),  # neurons there
            "through": sum(any(crosses(line, box) for box in boxes) for line in lines),
        }
    if tool == "visualkeras layered":
        unseen = () if name == "lenet5" else UNSEEN
        boxes = [layer for layer in flat(name).layers if not isinstance(layer, unseen)]
        found = {"boxes": len(boxes), "edges": 0, "merges": 0, "font": FONT[name]}
    print(json.dumps({"parameters": model.count_params(), "layers": len(leaves(model)), **found}))


if __name__ == "__main__":
    main()
