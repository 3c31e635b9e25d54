"""Figures of solids: sizes by the rule that they print, nothing on anything else, every layer in its place."""

import random
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from math import log2, prod, sqrt
from pathlib import Path

import pytest

from archc.draw.flows import Flow
from archc.draw.formats import printed
from archc.draw.look import Look
from archc.draw.scene import Circle, Line, Part, Scene, Text
from archc.draw.styles import draw
from archc.draw.theme import THEMES
from archc.draw.volumes import shown
from archc.ir import Module
from tests.draw.flaws import flaws, fronts
from tests.grower import Grower
from tests.models import BUILT_IN, FOLDER, built_in, module_of

GOLDEN = Path(__file__).parents[1] / "golden" / "figures" / "volumes"

UNET = """
block double(filters) { repeat 2 { conv(filters, 3x3) -> relu } }

model UNet(classes = 2, depth = 4, base = 64) {
    input image[572, 572, 1]
    repeat depth as i { double(base * 2 ** i) as skip -> max_pool(2x2) }
    double(base * 2 ** depth) -> dropout(50%)
    repeat depth as i {
        let filters = base * 2 ** (depth - 1 - i)
        conv_transpose(filters, 2x2, stride = 2) as up
        concat(skip[depth - 1 - i] -> crop(up.height, up.width), up) -> double(filters)
    }
    conv(classes, 1x1)
    output mask = it
}
"""
SIAMESE = """
block embed(size) {
    conv(15, 6x6) -> relu -> max_pool(3x3)
    flatten -> dense(size)
}

model Siamese {
    input left[28, 28, 1]
    input right[28, 28, 1]
    share tower = embed(2)
    output gap = distance(left -> tower, right -> tower)
}
"""
SEQUENCE = """
model Beat {
    input beat[512, 2]
    conv(16, 7, stride = 2, padding = same) -> relu -> max_pool(2)
    repeat 3 { conv(16, 5, padding = same) -> relu }
    global_max_pool -> dense(5) -> softmax
}
"""
VOLUME = """
model Scan {
    input scan[36, 64, 48, 1]
    conv(8, 3, padding = same) -> relu -> max_pool(2)
    conv(16, 3x5x5, padding = same) -> relu -> max_pool(2)
    flatten -> dense(64) -> relu -> dense(2) -> softmax
}
"""
WIDE = """
model Wide {
    input spectrogram[40, 400, 1]
    conv(16, 3x9, stride = (1, 2)) -> relu -> max_pool(2x4)
    global_avg_pool -> dense(10)
}
"""
BEFORE_NORM = """
block unit {
    let x = it
    add(x, batch_norm -> relu -> conv(8, 3, padding = same))
}

model Before {
    input image[16, 16, 3]
    conv(8, 3, padding = same)
    repeat 4 { unit }
    relu -> flatten -> dense(10)
}
"""
WRITTEN = {
    "unet": UNET,
    "siamese": SIAMESE,
    "sequence": SEQUENCE,
    "volume": VOLUME,
    "wide": WIDE,
    "before": BEFORE_NORM,
}
LOOKS = {"itself": Look(), "closed": Look(0), "one level": Look(1), "full": Look(full=True)}


def scene_of(module: Module, look: Look | None = None) -> Scene:
    return draw(module, "volumes", look or Look())


def named(scene: Scene) -> dict[str, Part]:
    """The solids by the scopes of their layers."""
    return {part.id: part for part in scene.parts if part.kind == "node"}


def texts(scene: Scene, kind: str) -> list[str]:
    return [mark.text for part in scene.parts if part.kind == kind for mark in part.marks if isinstance(mark, Text)]


def times_of(flow: Flow) -> dict[str, int]:
    """How many layers of the network each station stands for, those of repeated groups around it counted."""
    return {
        station.id: station.count * prod(group.count for group in flow.groups if station.id in group.members)
        for station in flow.stations
    }


def extents(solid: Part) -> tuple[float, float, float]:
    """How thick and high the front of a solid is, and how far back its top goes."""
    left, top, right, bottom = next(fronts(solid))
    return right - left, bottom - top, top - solid.bounds[1]


def sizes_of(scene: Scene) -> dict[str, tuple[int, ...]]:
    """What leaves each layer, as its solid tells."""
    facts = {name: dict(solid.facts)["output"] for name, solid in named(scene).items()}
    return {name: tuple(map(int, shape.strip("[]").split(", "))) for name, shape in facts.items()}


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_every_model_is_drawn_without_a_flaw(path: Path) -> None:
    for look in LOOKS.values():
        assert flaws(scene_of(built_in(path), look)) == []


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
@pytest.mark.parametrize("name", WRITTEN)
def test_every_family_is_drawn_without_a_flaw(name: str, look: Look) -> None:
    assert flaws(scene_of(module_of(WRITTEN[name]), look)) == []


@pytest.mark.parametrize("first", range(0, 100, 50))
def test_random_models_are_drawn_without_a_flaw(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + 50):
        module = Grower(seed).model().module(tmp_path)
        for look in (Look(), Look(full=True)):
            assert flaws(scene_of(module, look)) == [], seed


def tangled(seed: int) -> str:
    """A network whose values go anywhere later on."""
    chance = random.Random(seed)
    values, lines, used = ["x"], [], set[str]()
    for i in range(chance.randint(4, 12)):
        some = chance.sample(values, min(len(values), chance.randint(2, 3)))
        if len(some) == 1 or chance.random() < 0.55:
            some = [chance.choice(values[-4:])]
            flow = f"{some[0]} -> {chance.choice(['conv(8, 3, padding = same)', 'relu', 'batch_norm'])}"
        else:
            flow = chance.choice([f"add({', '.join(some)})", f"concat({', '.join(some)}) -> conv(8, 1)"])
        used.update(some)
        lines.append(f"    let v{i} = {flow}")
        values.append(f"v{i}")
    text = "\n".join(lines)
    unused = [value for value in values if value not in used]
    end = f"    add({', '.join(unused)})" if len(unused) > 1 else f"    {unused[0]} -> global_avg_pool"
    return f"model Net {{\n    input x[16, 16, 8]\n{text}\n{end}\n}}\n"


@pytest.mark.parametrize("first", range(0, 120, 60))
def test_tangled_networks_are_drawn_without_a_flaw(first: int) -> None:
    for seed in range(first, first + 60):
        assert flaws(scene_of(module_of(tangled(seed)))) == [], tangled(seed)


@pytest.mark.parametrize(
    ("flaw", "said"),
    [
        (Part("label", (Text(60, 130, "on it"),)), "image is on `on it`"),
        (
            Part("edge", (Line(((0, 75), (400, 75))),), "a line", ends=("image", "C1")),
            "a line runs through the front of C1",
        ),
        (Part("label", (Text(-5, 20, "off"),), "words"), "label words is off the page"),
    ],
    ids=["text", "line", "page"],
)
def test_a_flaw_is_found(flaw: Part, said: str) -> None:
    scene = scene_of(built_in(FOLDER / "lenet5.arch"))
    assert said in flaws(Scene(scene.width, scene.height, (*scene.parts, flaw)))


@pytest.mark.parametrize("name", ["alexnet", "vgg16", "lenet5", "googlenet", "resnet50"])
def test_maps_grow_by_the_rule(name: str) -> None:
    """Height and width with √size, thickness with log₂ channels, bars with log₂ of their numbers."""
    scene = scene_of(built_in(FOLDER / f"{name}.arch"))
    solids, shapes = named(scene), sizes_of(scene)
    maps = [part for part, shape in shapes.items() if len(shape) == 3 and not isinstance(solids[part].marks[0], Circle)]
    bars = [part for part, shape in shapes.items() if len(shape) == 1]
    assert len(maps) > 4 and bars
    measured = {part: extents(solids[part]) for part in (*maps, *bars)}
    for one, other in pairwise(maps):
        (height, width, channels), (height2, width2, channels2) = shapes[one], shapes[other]
        (thick, high, back), (thick2, high2, back2) = measured[one], measured[other]
        assert high / high2 == pytest.approx(sqrt(height / height2))
        assert back / back2 == pytest.approx(sqrt(width / width2))
        assert thick / thick2 == pytest.approx((1 + log2(channels)) / (1 + log2(channels2)))
    for one, other in pairwise(bars):
        (n,), (m,) = shapes[one], shapes[other]
        assert measured[one][1] / measured[other][1] == pytest.approx((1 + log2(n)) / (1 + log2(m)))
        assert measured[one][0] == measured[other][0] < min(measured[part][0] for part in maps[1:])


def test_the_rule_is_printed() -> None:
    told = " ".join(texts(scene_of(built_in(FOLDER / "alexnet.arch")), "note"))
    assert "Height and width (going back) of a solid ∝ √ of the map's, thickness ∝ 1 + log₂ of its channels." in told
    assert "A flat value of n numbers is a bar: height ∝ 1 + log₂ n." in told
    assert "sequence" not in told and "volume" not in told


def test_what_is_not_square_is_drawn_so() -> None:
    scene = scene_of(module_of(WIDE))
    _, high, back = extents(named(scene)["spectrogram"])
    _, square, deep = extents(named(scene_of(built_in(FOLDER / "lenet5.arch")))["image"])
    assert (back / high) / (deep / square) == pytest.approx(sqrt(400 / 40))


def test_sequences_are_slabs_without_a_width() -> None:
    scene = scene_of(module_of(SEQUENCE))
    solids, shapes = named(scene), sizes_of(scene)
    flat = [name for name, shape in shapes.items() if len(shape) == 2]
    assert [shapes[name] for name in flat] == [(512, 2), (256, 16), (128, 16), (128, 16)]
    for one, other in pairwise(flat):
        assert extents(solids[one])[1] / extents(solids[other])[1] == pytest.approx(
            sqrt(shapes[one][0] / shapes[other][0])
        )
    assert len({round(extents(solids[name])[2], 6) for name in shapes}) == 1
    assert "A sequence, length×channels, has no width" in " ".join(texts(scene, "note"))
    assert "512×2" in texts(scene, "label")


def test_volumes_are_a_slab_for_each_root_of_their_depth() -> None:
    scene = scene_of(module_of(VOLUME))
    slabs = {sizes_of(scene)[name][0]: len(list(fronts(solid))) for name, solid in named(scene).items()}
    assert (slabs[36], slabs[18], slabs[9]) == (6, 4, 3)
    assert "A volume, depth×height×width×channels, is √depth such solids" in " ".join(texts(scene, "note"))


def test_alexnet_is_that_of_the_paper() -> None:
    scene = scene_of(built_in(FOLDER / "alexnet.arch"))
    above = [words for words in texts(scene, "label") if words.replace("×", "").isdigit()]
    assert above == [
        *("227×227×3", "55×55×96", "27×27×96", "27×27×256", "13×13×256", "13×13×384", "13×13×384", "13×13×256"),
        *("6×6×256", "4096", "4096", "1000"),
    ]
    assert {"conv 11×11", "stride 4", "relu, lrn", "fc6", "relu, dropout"} <= set(texts(scene, "label"))
    windows = [part.title.partition("window of ")[2] for part in scene.parts if part.kind == "edge"]
    assert windows == ["11×11", "3×3", "5×5", *["3×3"] * 5, "", "", ""]


def test_windows_are_on_the_face_they_slide_over_and_lead_to_the_next_solid() -> None:
    scene = scene_of(built_in(FOLDER / "lenet5.arch"))
    solids = named(scene)
    found = [part for part in scene.parts if part.kind == "edge" and "window" in part.title]
    assert len(found) == 4
    for part in found:
        window, *lines = part.marks
        assert part.ends
        source, goal = (solids[name] for name in part.ends)
        left, top, right, bottom = window.bounds
        assert left >= next(fronts(source))[2] and right <= source.bounds[2]
        assert top >= source.bounds[1] and bottom <= source.bounds[3]
        tips = {line.points[-1] for line in lines if isinstance(line, Line)}
        assert len(tips) == 1
        x, y = tips.pop()
        front = next(fronts(goal))
        assert x == pytest.approx(front[0]) and front[1] < y < front[3]


def test_arrows_leave_and_enter_at_faces() -> None:
    for name in ("resnet18", "googlenet"):
        scene = scene_of(built_in(FOLDER / f"{name}.arch"))
        solids = named(scene)
        for part in scene.parts:
            if part.kind == "edge" and isinstance(part.marks[0], Line):
                assert part.ends
                (source, goal), points = (solids[end].bounds for end in part.ends), part.marks[0].points
                assert source[0] < points[0][0] <= source[2] and source[1] < points[0][1] < source[3]
                assert goal[0] <= points[-1][0] < goal[2] and goal[1] <= points[-1][1] < goal[3]


def middle(part: Part) -> float:
    return (part.bounds[1] + part.bounds[3]) / 2


def test_branches_stand_in_rows() -> None:
    solids = named(scene_of(built_in(FOLDER / "googlenet.arch")))
    units = [f"inception1.{layer}" for layer in ("unit1.conv1", "unit3.conv1", "unit5.conv1", "max_pool1")]
    rows = [middle(solids[name]) for name in units]
    assert rows == sorted(rows) and len(set(rows)) == 4
    assert middle(solids["inception1.concat1"]) == pytest.approx((rows[0] + rows[-1]) / 2)
    assert middle(solids["unit1.conv1"]) == pytest.approx(middle(solids["inception9.concat1"]))
    assert middle(solids["auxiliary1.dense1"]) > max(rows)


def test_skips_go_above() -> None:
    for name, look in (("resnet18", Look()), ("resnet50", Look(full=True))):
        scene = scene_of(built_in(FOLDER / f"{name}.arch"), look)
        solids = named(scene)
        adds = [solid for solid in solids.values() if isinstance(solid.marks[0], Circle)]
        assert len(adds) >= 7
        for add in adds:
            ways = [part for part in scene.parts if part.kind == "edge" and part.ends and part.ends[1] == add.id]
            assert len(ways) == 2
            straight, above = sorted(ways, key=lambda way: -way.bounds[1])
            assert straight.bounds[1] == pytest.approx(middle(add))
            assert above.bounds[1] < min(middle(add) - 30, add.bounds[1])


def test_skips_of_a_u_net_say_what_is_cropped() -> None:
    scene = scene_of(module_of(UNET))
    cropped = [words for words in texts(scene, "label") if words.startswith("crop")]
    assert sorted(cropped) == sorted(
        ["crop to 56×56×512", "crop to 104×104×256", "crop to 200×200×128", "crop to 392×392×64"]
    )
    assert not any("crop" in name for name in named(scene))
    assert len({round(middle(solid), 6) for solid in named(scene).values()}) == 1


def test_shared_towers_stand_in_two_rows_and_say_so() -> None:
    scene = scene_of(module_of(SIAMESE))
    solids = named(scene)
    assert middle(solids["left"]) < middle(solids["distance1"]) < middle(solids["right"])
    assert "tower_2, weights of tower" in texts(scene, "note")
    owned = {name: dict(solid.facts)["parameters"] for name, solid in solids.items()}
    assert owned["tower.conv1"] == "555" and owned["tower_2.conv1"] == "0"


def test_equal_ones_fold_with_their_count() -> None:
    scene = scene_of(built_in(FOLDER / "vgg16.arch"))
    assert texts(scene, "badge") == ["×2", "×2", "×3"]
    assert dict(named(scene)["stage5.conv1"].facts)["parameters"] == f"{3 * 2_359_808:,}"
    stages = scene_of(built_in(FOLDER / "resnet152.arch"))
    assert texts(stages, "badge") == ["×2", "×7", "×35", "×2"]
    assert {"bottleneck1", "bottleneck", "stage4"} <= set(texts(stages, "note"))
    brief = scene_of(built_in(FOLDER / "resnet18.arch"))
    assert {"stage1: basic"} <= set(texts(brief, "note"))
    full = scene_of(built_in(FOLDER / "vgg16.arch"), Look(full=True))
    assert not texts(full, "badge") and len(named(full)) == 1 + 13 + 5 + 3


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_nothing_is_lost(path: Path) -> None:
    """The parameters and MACs of what is drawn, times how often, are those of the network, however much is open."""
    graph = built_in(path).graph
    for look in LOOKS.values():
        flow = shown(built_in(path), look)
        times = times_of(flow)
        assert sum(times[station.id] * station.parameters for station in flow.stations) == graph.parameters
        assert sum(times[station.id] * station.macs for station in flow.stations) == graph.macs
        assert not look.full or set(times.values()) == {1}


def test_what_keeps_the_shape_is_told_with_what_it_follows() -> None:
    scene = scene_of(built_in(FOLDER / "alexnet.arch"))
    assert not any(word in name for name in named(scene) for word in ("relu", "lrn", "dropout", "normalize", "softmax"))
    assert dict(named(scene)["conv1"].facts)["with"] == "relu, lrn"


def test_what_a_skip_passes_by_is_told_with_what_follows() -> None:
    """A norm and an activation that the skip does not go through aren't those of the sum before it."""
    scene = scene_of(module_of(BEFORE_NORM))
    facts = {name: dict(solid.facts).get("with", "") for name, solid in named(scene).items()}
    assert facts["unit1.conv1"] == "batch norm, relu"
    assert facts["unit1.add1"] == "", "what follows all of them isn't part of each"
    assert facts["dense1"] == "relu, flatten to 2048"
    assert "×4" in texts(scene, "badge")


def test_blocks_close_into_one_solid_each() -> None:
    scene = scene_of(built_in(FOLDER / "resnet50.arch"), Look(0))
    assert list(named(scene)) == [
        *("image", "unit1", "max_pool1", "stage1", "stage2", "stage3", "stage4", "global_avg_pool1", "dense1")
    ]
    assert {"stage1", "32 layers"} <= set(texts(scene, "label"))
    assert "closed block" in texts(scene, "legend")
    opened = scene_of(built_in(FOLDER / "resnet50.arch"), Look(1))
    assert "stage4.bottleneck1" in named(opened) and texts(opened, "badge") == ["×2", "×3", "×5", "×2"]


def test_the_legend_lists_the_families_that_are_there() -> None:
    assert texts(scene_of(built_in(FOLDER / "lenet5.arch")), "legend") == ["convolution", "dense", "pooling", "input"]
    assert "layout" not in texts(scene_of(module_of(UNET)), "legend")


def test_solids_tell_what_they_are() -> None:
    solid = named(scene_of(built_in(FOLDER / "alexnet.arch")))["conv1"]
    assert solid.title == "conv1: conv(filters = 96, window = 11x11, stride = 4), gives [55, 55, 96]"
    assert solid.line == 7
    assert dict(solid.facts) == {
        "layer": "conv(filters = 96, window = 11x11, stride = 4)",
        "output": "[55, 55, 96]",
        "with": "relu, lrn",
        "parameters": "34,944",
        "MACs": "105,415,200",
        "source": "alexnet.arch:7",
    }
    # a layer of the library is written elsewhere: its line is that which calls it
    inner = named(scene_of(built_in(FOLDER / "vgg16.arch")))["stage1.conv1"]
    assert inner.line == 7 and dict(inner.facts)["source"] == "vgg.arch:9"


def test_a_network_without_maps_is_bars() -> None:
    scene = scene_of(built_in(FOLDER / "mlp.arch"))
    assert flaws(scene) == []
    assert [len(shape) for shape in sizes_of(scene).values()] == [1, 1, 1]


def test_every_colour_is_in_every_theme() -> None:
    for name in ("googlenet", "resnet50"):
        for look in (Look(), Look(0)):
            for theme in THEMES:
                assert printed(scene_of(built_in(FOLDER / f"{name}.arch"), look), "svg", theme)


def test_long_networks_are_drawn() -> None:
    layers = "\n".join(f"    conv({8 + i % 2}, 3, padding = same) -> relu" for i in range(500))
    module = module_of(f"model Net {{\n    input x[32, 32, 8]\n{layers}\n}}\n")
    scene = scene_of(module, Look(full=True))
    assert len(named(scene)) == 501 and flaws(scene) == []
    scene = scene_of(module)
    assert len(named(scene)) == 51 and flaws(scene) == []
    # 500 convolutions with a relu each, of which 33 and 16 are drawn
    assert f"{2 * (500 - 33 - 16)} layers" in texts(scene, "label")


def test_ways_past_each_other_nest_as_deeply_as_one_likes() -> None:
    down = "\n".join(f"    conv(8, {1 + 2 * (i % 2)}, padding = same) as a{i}" for i in range(300))
    up = "\n".join(f"    conv(8, 3, padding = same)\n    add(it, a{i})" for i in reversed(range(300)))
    scene = scene_of(module_of(f"model Net {{\n    input x[8, 8, 8]\n{down}\n{up}\n}}\n"))
    assert len(named(scene)) == 901


@pytest.mark.parametrize("name", ["lenet5", "alexnet"])
def test_golden_figures(name: str, golden: Callable[[Path, str], None]) -> None:
    text = printed(scene_of(built_in(FOLDER / f"{name}.arch")), "svg").decode()
    golden(GOLDEN / f"{name}.svg", text)


def test_the_same_file_gives_the_same_bytes() -> None:
    code = (
        "import sys; from tests.draw.test_volumes import *; import hashlib\n"
        "found = [printed(scene_of(built_in(path)), 'svg') for path in BUILT_IN]\n"
        "print(hashlib.sha256(b''.join(found)).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=FOLDER.parent,
            env={"PYTHONHASHSEED": str(order), "PYTHONPATH": str(FOLDER.parent)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for order in (1, 2)
    }
    assert len(runs) == 1
