"""Writes random models, to try what nobody thinks of."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.models import Sketch

INITIALISERS = (
    "zeros",
    "ones",
    "constant(0.3)",
    "normal(0.2)",
    "uniform(0.4)",
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "he_normal(fan = out)",
    "lecun_uniform",
    "lecun_normal(fan = mean)",
    "uniform(2.4, fan = in)",
    "normal(1, root_fan = out)",
    "truncated_normal(0.1)",
    "orthogonal",
)
OPTIMIZERS = (
    "sgd(0.1)",
    "sgd(0.1, momentum = 0.9)",
    "sgd(0.05, momentum = 0.5, nesterov = true)",
    "sgd(constant(0.1))",
    "sgd(step(0.1, factor = 0.5, every = 1))",
    "sgd(step(0.1, at = [1, 2]))",
    "sgd(step([0.1, 0.01], at = [1]))",
    "adam(1e-2)",
    "adam(cosine(1e-2), beta1 = 0.8, beta2 = 0.9, epsilon = 1e-6)",
    "adam(cosine(1e-2, final = 1e-3))",
    "adam(cosine(1e-2, warmup = 0.5))",
    "adamw(1e-2)",
    "adamw(1e-2, weight_decay = 0.1)",
    "sgd(polynomial(0.1, power = 2), momentum = 0.9, average = true)",
    "sgd(warmup(step(0.1, every = 1), epochs = 0.5))",
    "adagrad(exponential(0.05, factor = 0.9))",
    "adadelta",
    "rmsprop(1e-2, momentum = 0.5, centred = true)",
    "rmsprop(warmup(1e-2, epochs = 0.5), under_root = false)",
    "lion(1e-3)",
    "lamb(one_cycle(1e-2), weight_decay = 0)",
)

Shape = tuple[int, ...]


@dataclass
class End:
    """An output: its name ("" for the only one), its shape, and the function it ends in."""

    name: str
    shape: Shape
    function: str = "linear"


class Author(random.Random):
    """Writes random models; each sketch tells what it was made of, as `conv.padding = same`."""

    def start(self) -> None:
        self.used: set[str] = set()
        self.count = 0
        self.lines: list[str] = []
        self.blocks: list[str] = []
        self.depth = 0
        self.columns: dict[str, np.ndarray] = {}
        self.ends: list[End] = []
        self.rows = self.randint(12, 40)
        self.numbers = np.random.default_rng(self.randint(0, 10**6))

    def take(self, what: str, options: dict[str, Any]) -> Any:
        """One of some options, by name, which counts as used."""
        name = self.choice(list(options))
        self.used.add(f"{what} = {name}")
        return options[name]

    def word(self, what: str, options: Sequence[str]) -> str:
        return str(self.take(what, {option: option for option in options}))

    def maybe(self, what: str, share: float = 0.4) -> bool:
        return bool(self.random() < share and not self.used.add(what))

    def name(self) -> str:
        self.count += 1
        return f"§n{self.count}§"

    def call(self, op: str, *parts: str) -> str:
        self.used.add(op)
        given = [part for part in parts if part]
        return f"{op}({', '.join(given)})" if given else op

    # layers: what is written, and the shape that leaves

    def size(self, what: str, low: int, high: int) -> tuple[str, Shape]:
        a, b = self.randint(low, high), self.randint(low, high)
        options = {"number": (str(a), (a, a)), "size": (f"{a}x{b}", (a, b)), "tuple": (f"({a}, {b})", (a, b))}
        written, lengths = self.take(what, options)
        return written, lengths

    def padding(self, op: str, shape: Shape, k: Shape, s: Shape, most: int) -> tuple[str, Shape]:
        """`padding = …`, and the image that leaves."""
        a, b = self.randint(0, most), self.randint(0, most)
        options = {
            "default": ("", (0, 0)),
            "valid": ("padding = valid", (0, 0)),
            "same": ("padding = same", None),
            "number": (f"padding = {a}", (a, a)),
            "size": (f"padding = {a}x{b}", (a, b)),
        }
        written, pads = self.take(f"{op}.padding", options)
        if pads is None:
            return written, tuple(-(-n // step) for n, step in zip(shape, s, strict=False))
        return written, tuple((n + 2 * p - w) // t + 1 for n, p, w, t in zip(shape, pads, k, s, strict=False))

    def bias(self, op: str, units: int) -> str:
        numbers = ", ".join(f"{self.uniform(-1, 1):.2f}" for _ in range(units))
        options = {"default": "", "true": "bias = true", "false": "bias = false", "given": f"bias = [{numbers}]"}
        bias = self.take(f"{op}.bias", {**options, "initialiser": None})
        return str(bias) if bias is not None else f"bias = {self.word('initialiser', INITIALISERS[:5])}"

    def conv(self, shape: Shape) -> tuple[str, Shape]:
        filters = self.randint(1, 4)
        window, k = self.size("conv.window", 1, min(3, *shape[:2]))
        stride, s = self.size("conv.stride", 1, 2) if self.maybe("conv.stride") else ("", (1, 1))
        padding, after = self.padding("conv", shape, k, s, 2)
        named = self.word("conv.window", ["by place", "by name"]) == "by name"
        parts = (f"window = {window}" if named else window, f"stride = {stride}" * bool(stride), padding)
        return self.call("conv", str(filters), *parts, self.bias("conv", filters)), (*after, filters)

    def pool(self, shape: Shape) -> tuple[str, Shape]:
        op = self.choice(["max_pool", "avg_pool"])
        window, k = self.size(f"{op}.window", 1, min(3, *shape[:2]))
        stride, s = self.size(f"{op}.stride", 1, 3) if self.maybe(f"{op}.stride") else ("", k)
        padding, after = self.padding(op, shape, k, s, min(k) - 1)
        return self.call(op, window, f"stride = {stride}" * bool(stride), padding), (*after, shape[2])

    def dense(self, shape: Shape) -> tuple[str, Shape]:
        units = self.randint(1, 5)
        rows = [[round(self.uniform(-1, 1), 2) for _ in range(units)] for _ in range(shape[0])]
        options = {"default": ""}
        if shape[0] < 10:
            options["given"] = f"weights = {rows}"
        if shape[0] < 10 and units == 1:
            options["a plain list"] = f"weights = {[row[0] for row in rows]}"
        return self.call("dense", str(units), self.bias("dense", units), self.take("weights", options)), (units,)

    def pointwise(self, shape: Shape) -> tuple[str, Shape]:
        """A layer that leaves the shape as it is."""
        options = ["relu", "sigmoid", "tanh", "step", "step(0.2)", "batch_norm", "dropout(25%)", "dropout(0)"]
        options += ["batch_norm(epsilon = 1e-3, momentum = 0.7)"] + ["softmax"] * (shape[-1] > 1)
        return self.word("pointwise", options), shape

    def flow(self, shape: Shape, length: int) -> tuple[list[str], Shape]:
        """Random layers one behind the other."""
        steps: list[str] = []
        for _ in range(length):
            kinds: list[Callable[[Shape], tuple[str, Shape]]] = [self.pointwise]
            kinds += {1: [self.dense, self.dense], 3: [self.conv, self.conv, self.pool]}.get(len(shape), [])
            if self.depth < 3 and self.random() < 0.25:
                kinds = [self.block, self.repeat, self.choice_of_two, self.merge, self.merge, self.share]
            step, shape = self.choice(kinds)(shape)
            steps.append(f"{step} as {self.name()}" if " -> " not in step and self.maybe("as", 0.3) else step)
        return steps, shape

    # what layers are put together with

    def inner(self, shape: Shape, *, same: bool = False) -> tuple[str, Shape]:
        """A flow between braces or parentheses; one that keeps the shape if asked for."""
        self.depth += 1
        lines = self.lines
        if same:
            count = self.randint(1, 2)
            steps = [self.pointwise(shape)[0] for _ in range(count)]
            if len(shape) == 1:
                steps.append(self.call("dense", str(shape[0])))
            elif len(shape) == 3:
                steps.append(self.call("conv", str(shape[2]), "3", "padding = same"))
            if self.maybe("as", 0.2):
                steps[-1] += f" as {self.name()}"
        else:
            steps, shape = self.flow(shape, self.randint(1, 3))
        self.lines = lines
        self.depth -= 1
        return " -> ".join(steps), shape

    def block(self, shape: Shape) -> tuple[str, Shape]:
        """The call of a block that is written for it, with parameters that it uses."""
        body, after = self.inner(shape)
        name, size, act = self.name(), self.name(), self.name()
        units, layer = self.randint(1, 4), self.choice(["relu", "tanh", "dropout(25%) -> tanh"])
        end = {1: f" -> dense({size})", 3: f" -> conv({size}, 1)"}.get(len(after), "")
        after = (*after[:-1], units) if end else after
        default = self.maybe("block default")
        first = f"{size}{f' = {units}' * default}"
        given = "" if default else self.take("block.argument", {"by place": f"{units}", "by name": f"{size} = {units}"})
        if not end:
            first = given = ""
        handed = self.maybe("layer as argument")
        parameters = [part for part in (first, f"{act} = relu" if handed else "") if part]
        given = ", ".join(part for part in (given, f"{act} = {layer}" if handed else "") if part)
        lines = f"{body}{end}{f' -> {act}' * handed}"
        if self.maybe("block of lines"):
            lines = "\n    " + lines.replace(" -> ", "\n    -> ") + "\n"
        head = f"{name}({', '.join(parameters)})" if parameters or self.maybe("empty parentheses") else name
        self.blocks.append(f"block {head} {{ {lines} }}")
        self.used.add("block")
        return f"{name}({given})" if given or self.maybe("empty call") else name, after

    def repeat(self, shape: Shape) -> tuple[str, Shape]:
        body, after = self.inner(shape, same=True)
        times = self.word("repeat", ["2", "3", "1", "0", "[1, 2] as", "2 as"])
        head = times.replace("as", f"as {self.name()}")
        return f"repeat {head} {{ {body} }}", after

    def choice_of_two(self, shape: Shape) -> tuple[str, Shape]:
        taken, after = self.inner(shape)
        other, _ = self.inner(shape)
        conditions = {
            "true": ("1 < 2", True),
            "fact": ("it.size > 0", True),
            "false": ("not true", False),
            "else": ("2 == 3 or 1 > 4", False),
        }
        written, first = self.take("if", conditions)
        branches = (taken, other) if first else (other, taken)
        return f"if {written} {{ {branches[0]} }} else {{ {branches[1]} }}", after

    def merge(self, shape: Shape) -> tuple[str, Shape]:
        op = self.choice(["add", "multiply", "average", "maximum", "subtract", "concat"])
        branches = [self.inner(shape, same=True)[0], self.choice(["it", self.inner(shape, same=True)[0]])]
        if op not in ("subtract",) and self.maybe("three branches", 0.3):
            branches.append(self.inner(shape, same=True)[0])
        after = (*shape[:-1], shape[-1] * len(branches)) if op == "concat" else shape
        return self.call(op, *branches), after

    def share(self, shape: Shape) -> tuple[str, Shape]:
        """A layer that is used twice, if it keeps the shape and stands in a model's own body."""
        if self.depth or len(shape) == 2:
            return self.pointwise(shape)
        name, (layer, _) = self.name(), self.inner(shape, same=True)
        self.used.add("share")
        self.lines.append(f"share {name} = {' -> '.join(step.split(' as ')[0] for step in layer.split(' -> '))}")
        return f"{name} -> {name}", shape

    # models

    def model(self, *, recipe: bool = True) -> Sketch:
        self.start()
        head = f"model {self.name()}"
        inputs = [(self.name(), self.input_shape()) for _ in range(self.choice([1, 1, 2]))]
        self.used.add(f"inputs = {len(inputs)}")
        for name, shape in inputs:
            self.lines.append(f"input {name}[{', '.join(map(str, shape))}]")
            self.columns[name] = self.numbers.normal(0.5, 1, (self.rows, *shape)).astype(np.float32)
        named = len(inputs) > 1 or self.maybe("output", 0.3)
        for name, shape in inputs:
            self.body(name, shape, named=named, begins=len(inputs) > 1)
        blocks = [(head, self.lines)]
        if recipe:
            blocks.append(("train", self.settings()))
        text = "\n".join([*self.blocks, ""]) + "\n".join(
            f"{start} {{\n" + "".join(f"    {line}\n" for line in lines) + "}\n" for start, lines in blocks
        )
        return Sketch(text, self.columns if recipe else {}, self.used)

    def input_shape(self) -> Shape:
        image = (self.randint(4, 8), self.randint(4, 8), self.randint(1, 3))
        flat, sequence = (self.randint(1, 6),), (self.randint(2, 4), self.randint(2, 4))
        shape: Shape = self.take("input", {"flat": flat, "image": image, "more": image, "sequence": sequence})
        return shape

    def body(self, name: str, shape: Shape, *, named: bool, begins: bool) -> None:
        """The layers behind an input, and the outputs among them."""
        steps: list[str] = []
        if self.maybe("normalize", 0.3):
            steps.append(
                self.word(
                    "normalize", ["normalize"] + [f"normalize({k})" for k in ("standard", "minmax", "signed", "center")]
                )
            )
        more, shape = self.flow(shape, self.randint(0, 4))
        steps += more
        lead = [name] if begins else []
        if named and steps and self.maybe("tap"):
            stem, tap = self.name(), self.name()
            self.lines.append(f"let {stem} = {' -> '.join([*lead, *steps])}")
            more, tapped = self.flow(shape, 1)
            self.lines.append(f"output {tap} = {' -> '.join([stem, *more])}")
            self.ends.append(End(tap, tapped))
            steps, lead = [], [stem]
        if len(shape) > 1:
            self.used.add("flatten")
            steps.append("flatten")
        units = self.randint(2, 4)
        function = self.word("end", ["linear", "softmax", "sigmoid", "tanh"])
        steps += [f"dense({units})", *([function] if function != "linear" else [])]
        self.ends.append(End(self.name() if named else "", (units,), function))
        if named:
            self.lines.append(f"output {self.ends[-1].name} = {' -> '.join([*lead, *steps])}")
        elif lead or self.maybe("one line", 0.5):
            self.lines.append(" -> ".join([*lead, *steps]))
        else:
            self.lines += steps

    # recipes

    def target(self, kind: str, end: End) -> str:
        """The name of a new column that fits an output."""
        name = end.name if end.name and self.maybe("target of the output's name", 0.3) else self.name()
        if name in self.columns:
            name = self.name()
        if kind == "class":
            rows = np.arange(self.rows) % end.shape[0]
        else:
            rows = self.numbers.integers(0, 2, (self.rows, *end.shape)).astype(np.float32)
        self.columns[name] = rows
        return name

    def term(self, end: End) -> tuple[str, str, str]:
        """A loss for an output: how it is written, its target, and whether that is a class."""
        options = {"mse": "number", "half_mse": "number", "huber": "number", "absolute_error": "number"}
        if len(end.shape) == 1 and end.function != "sigmoid" and 1 < end.shape[0] <= self.rows:
            options["mse"] = self.choice(["number", "class"])
        if end.function in ("linear", "softmax") and len(end.shape) == 1 and end.shape[0] > 1 and end is self.ends[-1]:
            options["cross_entropy"] = "class"
            options["hinge"] = "class"
        if end.function in ("linear", "sigmoid") and end is self.ends[-1]:
            options["binary_cross_entropy"] = "number"
        loss = self.word("loss", list(options))
        column = self.target(options[loss], end)
        return loss, column, options[loss]

    def settings(self) -> list[str]:
        terms, metrics, targets = [], [], []
        for end in self.ends:
            if end is not self.ends[-1] and not self.maybe("several losses", 0.5):
                continue
            loss, column, kind = self.term(end)
            targets.append(column)
            alone = len(self.ends) == 1 or (column == end.name)
            arguments = f"({end.name})" if alone and end.name else "" if alone else f"({end.name}, {column})"
            if end.name and len(self.ends) == 1:
                arguments = f"({end.name}, {column})"
            terms.append(f"0.3 * {loss}{arguments}" if self.maybe("weight", 0.3) else f"{loss}{arguments}")
            if len(end.shape) == 1:
                metric = "accuracy" if kind == "class" else self.word("metric", ["mae", "accuracy"])
                metrics.append(f"{self.name()} = {metric}{arguments}")
        test_part = self.maybe("test part", 0.2)
        optimizer = self.word("optimizer", OPTIMIZERS)
        own = optimizer.startswith(("adamw", "lion", "lamb"))
        lines = [
            f'data = npz("rows.npz", targets = [{", ".join(chr(34) + t + chr(34) for t in targets)}])',
            f"loss = {' + '.join(terms)}",
            f"optimizer = {optimizer}",
            f"batch = {self.randint(1, self.rows)}",
            f"epochs = {self.randint(1, 3)}",
            self.word("validate", ["", "validate = 25%", "validate = 3", "validate = 0"]),
            "" if test_part else self.word("test", ["", "test = 10%", "test = 0"]),
            self.word("weight_decay", ["", "", "weight_decay = 0" if own else "weight_decay = 0.01"]),
            f"init = {self.word('initialiser', INITIALISERS)}" if self.maybe("init") else "",
            self.word("clip", ["", "", "clip = 1", "clip = value(0.1)"]),
            self.word("precision", ["", "", "precision = float32", "precision = bf16"]),
            self.word("seed", ["", "seed = 3"]),
        ]
        if metrics and self.maybe("metrics", 0.5):
            lines.append(
                f"metrics = [{', '.join(metrics)}]" if len(metrics) > 1 else f"metrics = {metrics[0].split(' = ')[1]}"
            )
        if "validate = validate = 0" not in self.used and self.maybe("stop", 0.4):
            lines.append(f"stop = early_stopping(val_loss{self.word('patience', ['', ', patience = 1'])})")
        if test_part:
            for name in list(self.columns):
                self.columns[f"test.{name}"] = self.columns[name][: self.rows // 3]
        return [line for line in lines if line]
