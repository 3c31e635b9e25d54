"""The `neurons` style: circles, lines and numbers of MLPs, measured on the scene."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

import archc
from archc.diagnostics import Failed
from archc.draw.look import Look
from archc.draw.mlp import columns
from archc.draw.neurons import scene
from archc.draw.numbers import Wire, crossed, overlap, places
from archc.draw.scene import Circle, Line, Part, Point, Polygon, Scene, Text
from archc.draw.svg import svg
from archc.draw.theme import THEMES
from archc.draw.units import RADIUS, number
from archc.locate import built_in
from archc.train.weights import read_weights
from tests.cli.conftest import run as archc_command

FIGURES = Path(__file__).parents[1] / "golden" / "figures" / "neurons"

MLPS = [
    *("and", "applicants", "backprop", "cascade", "claims", "clipped", "credit_approval", "iris", "keras_synthetic"),
    *("logistic", "mlp", "mlp_threshold", "mnist_mlp", "net_3_3_1", "nor", "perceptron", "xor", "xor_given"),
]

LAYERS = """\
model Many(units = 3) {
    input a[3]
    input b[2]
    concat(a -> normalize, b)
    dense(12) as a_rather_long_name_of_a_layer -> batch_norm -> relu -> dropout(20%)
    maxout(4, 3)
    dense(units, bias = false) -> tanh
    rbf(2)
}
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run of xor."""
    folder = tmp_path_factory.mktemp("trained") / "xor-1"
    result = archc_command("train", "xor", "--set", "train.epochs=40", "--run", folder)
    assert result.exit_code == 0, result.output
    return folder


def drawn(name: str | Path, look: Look | None = None, **choices: object) -> Scene:
    return scene(archc.load(name, **choices).module, look or Look())


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "net.arch"
    path.write_text(text)
    return path


def of(kind: str, figure: Scene) -> list[Part]:
    return [part for part in figure.parts if part.kind == kind]


def texts(part: Part) -> list[str]:
    return [mark.text for mark in part.marks if isinstance(mark, Text)]


def circle(part: Part) -> Circle:
    return next(mark for mark in part.marks if isinstance(mark, Circle))


def ends(part: Part) -> tuple[tuple[float, float], tuple[float, float]]:
    lines = [mark for mark in part.marks if isinstance(mark, Line)]
    return lines[0].points[0], lines[-1].points[-1]


def wires(figure: Scene) -> list[Part]:
    return [part for part in of("edge", figure) if not any(isinstance(mark, Polygon) for mark in part.marks)]


def distance(x: float, y: float, start: Point, end: Point) -> float:
    """From a point to a straight line."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    share = ((x - start[0]) * dx + (y - start[1]) * dy) / ((dx * dx + dy * dy) or 1)
    share = min(1.0, max(0.0, share))
    return math.hypot(start[0] + share * dx - x, start[1] + share * dy - y)


def check_places(figure: Scene) -> None:
    """No text meets another, is cut, or is crossed by a line; no line passes through a circle."""
    page = (0.0, 0.0, figure.width, figure.height)
    lines = [(line, *line.points) for line in figure.marks() if isinstance(line, Line)]
    for text in figure.texts():
        left, top, right, bottom = text.bounds
        assert page[0] <= left and page[1] <= top and right <= page[2] and bottom <= page[3], text
        # the font's box leaves room for accents and tails that digits and most letters lack
        inner = (left, text.y - 0.6 * text.size, right, text.y)
        for line, start, end in lines:
            assert not crossed(start, end, inner), (text, line)
    for one, other in combinations(figure.texts(), 2):
        assert not overlap(one.bounds, other.bounds), (one, other)
    for part in of("node", figure):
        disc = circle(part)
        for line, start, end in lines:
            assert distance(disc.x, disc.y, start, end) > disc.radius - 0.01, (part.title, line)
        for text in part.marks:
            if isinstance(text, Text) and text.anchor == "middle":
                assert text.width <= 2 * disc.radius - 4


@pytest.mark.parametrize("name", MLPS)
def test_nothing_meets_in_any_model(name: str) -> None:
    figure = drawn(name)
    check_places(figure)
    assert figure.title and figure.desc.endswith(".")
    assert all(part.title for part in figure.parts)


def test_every_other_model_is_refused() -> None:
    refused = set()
    for name in built_in():
        try:
            columns(archc.load(name).module, Look())
        except Failed:
            refused.add(name)
    assert refused == set(built_in()) - set(MLPS)


def test_nothing_meets_in_a_network_of_many_layers(tmp_path: Path) -> None:
    figure = drawn(written(tmp_path, LAYERS))
    check_places(figure)
    said = [text.text for text in figure.texts()]
    for word in ("a, b", "5 inputs", "normalize", "batch_norm", "relu", "dropout(0.2)", "4 maxout units", "tanh"):
        assert word in said
    assert "W: 5×12" in said and "b: 12" in said and "W: 12×12" in said and "centres: 3×2" in said
    assert not any("b: 3" in text for text in said)


def test_long_words_find_room(tmp_path: Path) -> None:
    body = "dense(12345) as hidden -> hard_sigmoid -> gaussian_noise(0.125)\n dense(1000) as o -> log_softmax"
    figure = drawn(written(tmp_path, f"model M {{\n input x[10000]\n normalize(minmax)\n {body}\n}}\n"))
    check_places(figure)
    assert {"W: 10000×12345", "W: 12345×1000", "hard_sigmoid", "normalize(minmax)"} <= {t.text for t in figure.texts()}


def test_numbers_keep_clear_of_each_other() -> None:
    """Two lines that run side by side: their numbers stand one behind the other, or not at all."""
    pair = [Wire((0, 0), (100, 0), "−12.34"), Wire((0, 14), (100, 14), "−12.34")]
    found = places(pair, 0, 100)
    assert found is not None
    assert not overlap(pair[0].box(found[0]), pair[1].box(found[1]))
    assert places(pair, 0, 60) is None
    assert places([Wire((0, 0), (100, 0), "−12.34"), Wire((0, 3), (100, 3), "")], 0, 100) is None


@pytest.mark.parametrize(
    ("units", "there", "dots"), [(1, [1], 0), (10, list(range(1, 11)), 0), (11, [1, 2, 3, 4, 5, 9, 10, 11], 1)]
)
def test_up_to_ten_units_are_shown(tmp_path: Path, units: int, there: list[int], dots: int) -> None:
    path = written(tmp_path, f"model M {{\n input x[{units}]\n dense(2)\n}}\n")
    figure = drawn(path)
    nodes = [part.id for part in of("node", figure) if part.id.startswith("x[")]
    assert nodes == [f"x[{number}]" for number in there]
    left_out = [part for part in of("label", figure) if "more units" in part.title]
    assert len(left_out) == dots and all(f"{units - 8} more" in part.title for part in left_out)
    assert f"{units} input{'s' * (units > 1)}" in [text.text for text in figure.texts()]
    whole = drawn(path, Look(full=True))
    assert sum(part.id.startswith("x[") for part in of("node", whole)) == units


def test_a_line_is_a_weight() -> None:
    figure = drawn("net_3_3_1")
    nodes = {part.id: circle(part) for part in of("node", figure)}
    assert len(nodes) == 3 + 1 + 3 + 1 + 1
    found = {part.ends: part for part in wires(figure)}
    assert len(found) == len(wires(figure)) == 16
    expected = {(f"x[{i}]", f"layer2[{j}]") for i in (1, 2, 3) for j in (1, 2, 3)}
    expected |= {("layer2.bias", f"layer2[{j}]") for j in (1, 2, 3)}
    expected |= {(f"layer2[{j}]", "layer3[1]") for j in (1, 2, 3)} | {("layer3.bias", "layer3[1]")}
    assert set(found) == expected
    for (source, unit), part in found.items():
        start, end = ends(part)
        assert math.dist(start, (nodes[source].x, nodes[source].y)) == pytest.approx(RADIUS)
        assert math.dist(end, (nodes[unit].x, nodes[unit].y)) == pytest.approx(RADIUS)
        assert start[0] < end[0]


@pytest.mark.parametrize("name", ["xor_given", "net_3_3_1", "claims", "backprop", "mlp_threshold", "perceptron"])
def test_numbers_on_the_lines_are_the_file_s(name: str) -> None:
    """And each is on its own line, of whose sign the line tells."""
    model = archc.load(name)
    chain = columns(model.module, Look())
    values: dict[tuple[str, str], float] = {}
    for before, after in pairwise(chain):
        for unit in range(after.units):
            to = f"{after.scope}[{unit + 1}]"
            for source in range(before.units):
                values[f"{before.scope}[{source + 1}]", to] = after.kernel[source][unit]
            if after.biased:
                values[f"{after.scope}.bias", to] = after.bias[unit]
    figure = scene(model.module, Look())
    parts = {part.ends: part for part in wires(figure)}
    assert set(parts) == set(values)
    for key, value in values.items():
        part = parts[key]
        (text,) = [mark for mark in part.marks if isinstance(mark, Text)]
        assert float(text.text.replace("−", "-")) == value
        (x0, y0), (x1, y1) = ends(part)
        assert x0 < text.x < x1
        assert text.y - 0.36 * text.size == pytest.approx(y0 + (text.x - x0) / (x1 - x0) * (y1 - y0))
        strokes = {(line.stroke, bool(line.dash)) for line in part.marks if isinstance(line, Line)}
        assert strokes == {("positive", False) if value > 0 else ("negative", True) if value else ("rule", False)}


def test_xor_of_the_lecture() -> None:
    """Goodfellow et al. (2016), 6.1: W = [1 1; 1 1], b = (0, -1), U = (1, -2), c = 0."""
    figure = drawn("xor_given")
    said = {part.ends: texts(part)[0] for part in wires(figure)}
    assert [said[f"x[{i}]", f"dense1[{j}]"] for i in (1, 2) for j in (1, 2)] == ["1"] * 4
    assert [said["dense1.bias", f"dense1[{j}]"] for j in (1, 2)] == ["0", "−1"]
    assert [said[f"dense1[{j}]", "dense2[1]"] for j in (1, 2)] == ["1", "−2"]
    assert said["dense2.bias", "dense2[1]"] == "0"
    names = [texts(part)[0] for part in of("node", figure)]
    assert names == ["x₁", "x₂", "+1", "h₁", "h₂", "+1", "ŷ"]


def test_units_tell_what_they_are() -> None:
    nodes = {part.id: part for part in of("node", drawn("claims"))}
    assert nodes["cde[3]"].title == "hidden unit 3 of cde, bias −0.5"
    assert nodes["cde[3]"].line == 5
    assert dict(nodes["cde[3]"].facts) == {"layer": "cde", "unit": "3 of 3", "bias": "−0.5", "then": "sigmoid"}
    assert texts(nodes["fgh[2]"]) == ["h₂⁽²⁾"]


def test_names_of_the_data_stand_beside_the_units() -> None:
    nodes = {part.id: part for part in of("node", drawn("iris"))}
    assert texts(nodes["flower[4]"]) == ["x₄", "petal width (cm)"]
    assert texts(nodes["dense2[1]"]) == ["ŷ₁", "setosa"]
    applicant = {part.id: part for part in of("node", drawn("applicants"))}
    assert texts(applicant["applicant[2]"]) == ["x₂", "gender = female"]


def test_more_than_2000_weights_are_a_band() -> None:
    """mnist_mlp has 78,400 and 1,000."""
    figure = drawn("mnist_mlp")
    (band,) = [part for part in of("edge", figure) if part not in wires(figure)]
    assert band.ends == ("image", "dense1") and texts(band) == ["78,400", "weights"]
    assert len(wires(figure)) == 8 * 10


def test_the_border_of_a_band(tmp_path: Path) -> None:
    for inputs, lines in ((50, 8 * 8), (51, 0)):
        path = written(tmp_path, f"model M {{\n input x[{inputs}]\n dense(40)\n}}\n")
        assert len(wires(drawn(path))) == lines


def test_deep_networks_leave_columns_out(tmp_path: Path) -> None:
    path = written(tmp_path, "model M {\n input x[2]\n repeat 40 { dense(3) -> relu }\n dense(1)\n}\n")
    figure = drawn(path)
    check_places(figure)
    assert "34 more layers" in [text.text for text in figure.texts()]
    names = [part.id for part in of("label", figure) if part.id]
    assert names == ["x", "dense1", "dense2", "dense3", "dense4", "dense39", "dense40", "dense41"]
    assert all(part.ends is None or part.ends[1] != "dense39[1]" for part in figure.parts)
    whole = drawn(path, Look(full=True))
    assert len([part for part in of("label", whole) if part.id]) == 42


def test_learnt_weights(trained: Path) -> None:
    weights = read_weights(trained / "best.npz")
    figure = drawn("xor", Look(weights=weights))
    check_places(figure)
    plain = drawn("xor")
    assert len(wires(figure)) == len(wires(plain)) == 9
    assert {mark.stroke for part in wires(plain) for mark in part.marks if isinstance(mark, Line)} == {"edge"}
    parts = {part.ends: part for part in wires(figure)}
    kernel, bias = weights["dense1.kernel"], weights["dense1.bias"]
    values = {(f"x[{i + 1}]", f"dense1[{j + 1}]"): float(kernel[i, j]) for i in (0, 1) for j in (0, 1)}
    values |= {("dense1.bias", f"dense1[{j + 1}]"): float(bias[j]) for j in (0, 1)}
    widths = {}
    for key, value in values.items():
        line = next(mark for mark in parts[key].marks if isinstance(mark, Line))
        assert (line.stroke, bool(line.dash)) == (("positive", False) if value > 0 else ("negative", True))
        assert texts(parts[key]) == [f"{value:.2f}".replace("-", "−")]
        widths[abs(value)] = line.stroke_width
    assert sorted(widths.values()) == [widths[size] for size in sorted(widths)]
    assert len(set(widths.values())) == len(widths)
    (legend,) = of("legend", figure)
    assert texts(legend)[-1] == "width: size, within its layer"
    assert not of("legend", plain)
    hidden = {part.id: part.title for part in of("node", figure)}["dense1[2]"]
    assert hidden == f"hidden unit 2 of dense1, bias {number(float(bias[1]), True)}"


def test_a_band_says_what_was_learnt() -> None:
    weights = {
        "dense1.kernel": np.linspace(-1, 3, 78_400, dtype=np.float32).reshape(784, 100),
        "dense1.bias": np.zeros(100, np.float32),
        "dense2.kernel": np.ones((100, 10), np.float32),
        "dense2.bias": np.zeros(10, np.float32),
    }
    figure = drawn("mnist_mlp", Look(weights=weights))
    check_places(figure)
    (band,) = [part for part in of("edge", figure) if part not in wires(figure)]
    assert texts(band) == ["78,400", "weights", "75% positive", "size up to 3"]
    assert texts(of("legend", figure)[0]) == ["positive"]


def test_a_sign_is_not_told_by_colour_alone(trained: Path) -> None:
    figure = drawn("xor", Look(weights=read_weights(trained / "best.npz")))
    for theme in THEMES.values():
        assert theme["positive"] != theme["negative"]
    for line in (mark for mark in figure.marks() if isinstance(mark, Line)):
        assert (line.stroke == "negative") == bool(line.dash)


def test_shared_layers_show_the_weights_of_their_owner(tmp_path: Path) -> None:
    text = "model M {\n input x[2]\n share same = dense(2) -> relu\n same -> same\n dense(1)\n}\n"
    weights = {
        name: np.full(shape, value, np.float32)
        for name, shape, value in (
            ("same.dense1.kernel", (2, 2), 0.5),
            ("same.dense1.bias", (2,), 0.25),
            ("dense1.kernel", (2, 1), -1),
            ("dense1.bias", (1,), 0),
        )
    }
    chain = columns(archc.load(written(tmp_path, text)).module, Look(weights=weights))
    assert len(chain) == 4
    assert [column.kernel is not None for column in chain] == [False, True, True, True]
    assert float(chain[2].kernel[0][1]) == 0.5


WRONG = [
    ("conv(2, 3x3)\n flatten\n dense(1)", "4, 4, 1", "`conv1` is a convolution", 3),
    ("flatten\n dense(4) -> relu\n add(it, dense(4))\n dense(1)", "4, 4, 1", "`add1` joins branches", 5),
    ("max_pool(2x2)\n flatten\n dense(1)", "4, 4, 1", "`max_pool1` is a pooling layer", 3),
    ("let h = dense(4)\n output a = h -> dense(1)\n output b = h -> dense(1)", "4", "`dense3` reads `dense1`", 5),
    ("relu", "4", "it has no dense layer", 1),
    ("dense(4)\n reshape(2x2x1)\n conv(1, 2x2)", "4", "`conv1` is a convolution", 5),
    ("input y[2]\n distance(x, y)", "2", "`distance1` joins branches", 4),
]


@pytest.mark.parametrize(("body", "shape", "why", "line"), WRONG, ids=[why for _, _, why, _ in WRONG])
def test_what_is_no_mlp(tmp_path: Path, body: str, shape: str, why: str, line: int) -> None:
    model = archc.load(written(tmp_path, f"model M {{\n input x[{shape}]\n {body}\n}}\n"))
    with pytest.raises(Failed, match="E1001") as caught:
        scene(model.module, Look(source=model.source))
    (found,) = caught.value.diagnostics
    assert why in found.title and "--style graph" in found.help
    assert found.span is not None and found.span.line == line


def test_what_is_no_mlp_in_a_library() -> None:
    """The call in the file is marked, and the library's line is named."""
    model = archc.load("resnet18")
    with pytest.raises(Failed) as caught:
        scene(model.module, Look(source=model.source))
    (found,) = caught.value.diagnostics
    assert found.span is not None and found.span.text == "stem"
    assert "in resnet.arch, line " in found.notes[0]


@pytest.mark.parametrize("name", ["xor_given", "mnist_mlp"])
def test_golden_figures(name: str, golden: Callable[[Path, str], None]) -> None:
    figure = drawn(name)
    text = svg(figure, THEMES["light"])
    assert text == svg(drawn(name), THEMES["light"])
    golden(FIGURES / f"{name}.svg", text)


def test_the_command(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = archc_command("draw", "--style", "neurons", "--weights", trained)
    assert result.exit_code == 0, result.output
    learnt = Path("xor-1.svg").read_bytes()
    result = archc_command("draw", "xor", "--style", "neurons", "--weights", trained)
    assert result.exit_code == 0 and Path("xor.svg").read_bytes() == learnt
    other = archc_command("draw", "xor_given", "--style", "neurons", "--weights", trained)
    assert other.exit_code == 1 and "E0709" in other.stderr and "another network than xor_given" in other.stderr
    wider = archc_command("draw", "xor", "--set", "hidden=3", "--style", "neurons", "--weights", trained)
    assert wider.exit_code == 1 and "`dense1` is not the same" in wider.stderr
    for words in (["draw", "xor", "--weights", trained], ["draw", "--style", "neurons"]):
        assert archc_command(*words).exit_code == 2
    fixed = archc_command("draw", "--style", "neurons", "--weights", trained, "--set", "hidden=3")
    assert fixed.exit_code == 2 and "fixed" in fixed.stderr
    lost = archc_command("draw", "--style", "neurons", "--weights", "nowhere")
    assert lost.exit_code == 1 and "E0701" in lost.stderr


def test_weights_that_do_not_fit(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("run.json", "ir.json"):
        Path(name).write_bytes((trained / name).read_bytes())
    words = ["draw", "--style", "neurons", "--weights", ".", "-o", "out.svg"]
    missing = archc_command(*words)
    assert missing.exit_code == 1 and "E0709" in missing.stderr and "there are no weights" in missing.stderr
    np.savez("best.npz", **{"dense1.kernel": np.zeros((2, 3), np.float32)})
    other = archc_command(*words)
    assert other.exit_code == 1 and "`dense1.kernel` is [2, 3], and the network has [2, 2]" in other.stderr


def test_figures_without_weights_need_neither_jax_nor_numpy() -> None:
    code = (
        "import sys, json, archc\nfrom archc.draw.styles import draw\nfrom archc.draw.look import Look\n"
        "for name in ('xor_given', 'mnist_mlp'): draw(archc.load(name).module, 'neurons', Look())\n"
        "print(json.dumps([name for name in ('jax', 'numpy') if name in sys.modules]))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(result.stdout) == []


PARTLY_GIVEN = """
model PartlyGiven {
    input x[2]
    dense(2, weights = [[1, 0], [-2, 0]], bias = false) -> relu
    dense(3, bias = false) -> relu
    dense(40, bias = false)
}
"""


def test_weights_that_are_zero_are_told_from_those_that_nobody_gave(tmp_path: Path) -> None:
    path = tmp_path / "partly_given.arch"
    path.write_text(PARTLY_GIVEN)
    figure = scene(archc.load(path).module, Look())
    check_places(figure)
    pens = {part.ends: next(mark for mark in part.marks if isinstance(mark, Line)) for part in wires(figure)}
    (zero,) = {(pen.stroke, pen.dash) for ends, pen in pens.items() if ends and ends[1] == "dense1[2]"}
    unknown = {(pen.stroke, pen.dash, pen.stroke_width) for ends, pen in pens.items() if ends and "dense1[" in ends[0]}
    unknown |= {(pen.stroke, pen.dash, pen.stroke_width) for ends, pen in pens.items() if ends and "dense2[" in ends[0]}
    assert len(unknown) == 1
    assert zero != next(iter(unknown))[:2]
    said = texts(of("legend", figure)[0])
    # zeros have their numbers here
    assert said == ["positive", "negative", "not given", "width: size, within its layer"]
    weights = {"dense1.kernel": np.eye(8, 9, dtype=np.float32) - np.eye(8, 9, 1, dtype=np.float32)}
    path.write_text("model Many {\n input x[8]\n dense(9, bias = false)\n}\n")
    assert texts(of("legend", scene(archc.load(path).module, Look(weights=weights)))[0]) == [
        "positive",
        "negative",
        "zero",
    ]
