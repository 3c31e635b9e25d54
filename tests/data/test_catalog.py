"""What is known of data sets without loading them, and what arguments they refuse."""

import subprocess
import sys

import pytest

from archc.data.dataset import Where
from archc.ir import Column, DataSpec
from archc.parameters import FAMILIES, Unfit, Word

from .conftest import Room, data_set, refused

TEN = tuple("0123456789")


def test_every_data_set_is_registered_and_documented():
    assert set(FAMILIES["data set"]) >= {"digits", "xor", "moons", "circles", "blobs", "examples", "npz"}
    assert set(FAMILIES["data set"]) >= {"mnist", "fashion_mnist", "usps", "cifar10", "images"}
    for made in FAMILIES["data set"].values():
        assert made.__doc__


def test_the_catalog_imports_no_numpy():
    code = "import sys, archc.data.catalog; print([m for m in ('numpy', 'jax', 'sklearn', 'PIL') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_digits(room: Room):
    spec = room.spec("digits")
    assert spec.features == (Column(name="image", kind="image", shape=(8, 8, 1)),)
    assert spec.targets == (Column(name="digit", kind="class", shape=(), classes=TEN),)
    assert (spec.examples, spec.test_examples, spec.validate_share, spec.test_share) == (1797, 0, 0.15, 0.15)


def test_mnist_brings_its_test_part(room: Room):
    spec = room.spec("mnist")
    assert spec.features == (Column(name="image", kind="image", shape=(28, 28, 1)),)
    assert (spec.examples, spec.test_examples, spec.validate_share, spec.test_share) == (60_000, 10_000, 0.1, 0.0)
    assert spec.arguments["scale"] == "unit"
    assert {value for name, value in spec.arguments.items() if name not in ("scale", "fit", "seed")} == {None}


def test_xor_holds_nothing_out(room: Room):
    spec = room.spec("xor")
    assert (spec.examples, spec.validate_share, spec.test_share) == (4, 0.0, 0.0)
    assert spec.targets == (Column(name="y", kind="class", shape=(), classes=("0", "1")),)


def test_made_points_and_their_arguments(room: Room):
    assert room.spec("moons").arguments == {"n": 400, "noise": 0.2, "seed": 0}
    assert room.spec("circles").arguments == {"n": 400, "noise": 0.1, "seed": 0}
    blobs = room.spec("blobs", 90, classes=5)
    assert (blobs.examples, blobs.validate_share, blobs.test_share) == (90, 0.2, 0.2)
    assert blobs.targets[0].classes == tuple("01234")


@pytest.mark.parametrize(
    ("name", "positional", "parameter", "problem"),
    [
        ("moons", (2.5,), "n", "`n` takes a whole number of at least 2"),
        ("moons", (10**9,), "n", "at most 10_000_000 points are made"),
        ("moons", (100, -1), "noise", "`noise` takes a number"),
        ("blobs", (3, 4), "n", "3 points are too few for 4 classes"),
        ("mnist", (), "scale", "one of `unit`, `signed`, `none`"),
    ],
)
def test_arguments_that_do_not_fit(name: str, positional: tuple[object, ...], parameter: str, problem: str):
    with pytest.raises(Unfit) as caught:
        data_set(name, *positional, **({"scale": Word("half")} if name == "mnist" else {}))
    assert caught.value.parameter == parameter
    assert problem in caught.value.problem


def test_examples_are_cut_at_the_models_inputs(room: Room):
    rows = [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]
    spec = room.spec("examples", rows)
    assert spec.features == (Column(name="x", kind="number", shape=(2,)),)
    assert spec.targets == (Column(name="y", kind="number", shape=(1,)),)
    assert spec.examples == 4
    assert DataSpec.model_validate_json(spec.model_dump_json()) == spec


def test_examples_for_several_inputs(room: Room):
    spec = data_set("examples", [[1, 2, 3, 4]]).spec(Where(room.folder, model_inputs=(1, 2)))
    assert [(c.name, c.shape) for c in spec.features + spec.targets] == [("x1", (1,)), ("x2", (2,)), ("y", (1,))]


def test_examples_may_have_no_targets(room: Room):
    assert room.spec("examples", [[1, 2], [3, 4]]).targets == ()


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([], "has no rows"),
        ([1, 2], "row 1 of `examples` is a single number"),
        ([[0, 0, 0], [0, 1], [1, 0, 1]], "row 2 of `examples` has 2 numbers, and row 1 has 3"),
        ([[0, [1], 0]], "row 1 of `examples` has a list inside"),
        ([[0, 0, 0], [0, 1e39, 0]], "row 2 of `examples` has a number that float32 doesn't hold"),
        ([[0, 0, 0], [0, float("nan"), 0]], "row 2 of `examples`"),
        ([[0, 10**400, 0]], "row 1 of `examples`"),
    ],
)
def test_examples_that_are_no_table(rows: list[object], problem: str):
    with pytest.raises(Unfit) as caught:
        data_set("examples", rows)
    assert problem in caught.value.problem
    assert caught.value.parameter == "rows"


def test_examples_narrower_than_the_model(room: Room):
    with refused("E0605", "a row of `examples` has 1 number, and the model takes 2"):
        room.spec("examples", [[1], [2]])


def test_examples_without_a_known_input(room: Room):
    with pytest.raises(Unfit, match="how many numbers of a row are inputs is not known"):
        data_set("examples", [[1, 2]]).spec(Where(room.folder))


def test_relative_paths_start_at_the_folder_then_at_the_data_folder(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.npz").touch()
    where = Where(tmp_path / "models", data_dir=tmp_path / "data")
    assert where.find("a.npz") == tmp_path / "data" / "a.npz"
    assert where.find("b.npz") == tmp_path / "models" / "b.npz"
    assert where.find("a\0b") == tmp_path / "models" / "a\0b"
