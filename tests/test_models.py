"""The built-in models are what their headers say they are."""

import os
import re
from collections import Counter
from math import prod
from pathlib import Path
from statistics import median

import numpy as np
import pytest

import archc
from archc.locate import built_in

ROWS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)

COUNTS = {
    "and": (2, 2),
    "nor": (3, 2),
    "perceptron": (3, 3),
    "xor_given": (9, 6),
    "mlp": (26, 20),
    "mlp_threshold": (16, 12),
    "keras_synthetic": (17, 12),
    "logistic": (4, 3),
    "applicants": (8, 7),
    "backprop": (9, 6),
    "claims": (25, 18),
    "net_3_3_1": (16, 12),
    "convolved": (9, 81),
    "clipped": (3, 2),
    "cascade": (51, 41),
    "xor": (9, 6),
    "iris": (131, 112),
    "credit_approval": (52, 51),
    "digits": (76_586, 675_072),
    "lenet5": (61_706, 416_520),
    "lenet5_1998": (60_000, 325_680),
    "mnist_mlp": (79_510, 79_400),
    "matlab_digits": (180_880, None),
    "zip1989": (9_760, 63_660),
    "fashion_mnist": (206_922, 1_218_048),
    "mnist_to_usps": (98_442, 1_994_240),
    "alexnet": (60_965_224, 724_406_816),
    "alexnet_torchvision": (61_100_840, 714_188_480),
    "vgg11": (132_863_336, 7_609_090_048),
    "vgg13": (133_047_848, 11_308_466_176),
    "vgg16": (138_357_544, 15_470_264_320),
    "vgg19": (143_667_240, 19_632_062_464),
    "resnet18": (11_689_512, 1_814_073_344),
    "resnet34": (21_797_672, 3_663_761_408),
    "resnet50": (25_557_032, 4_089_184_256),
    "resnet101": (44_549_160, 7_801_405_440),
    "resnet152": (60_192_808, 11_513_626_624),
    "googlenet": (13_378_280, None),
    "googlenet_torchvision": (6_624_904, 1_498_376_192),
}
"""Trainable parameters and multiply-accumulates."""

needs_mnist = pytest.mark.skipif(
    not Path(os.environ.get("ARCHC_DATA", ""), "mnist").is_dir() or not os.environ.get("ARCHC_DATA"),
    reason="needs the MNIST files: set ARCHC_DATA to the folder that holds mnist/",
)


needs_credit = pytest.mark.skipif(
    not Path(os.environ.get("ARCHC_DATA", ""), "credit-approval").is_dir() or not os.environ.get("ARCHC_DATA"),
    reason="needs the UCI credit approvals: set ARCHC_DATA to the folder that holds credit-approval/",
)


def header(name: str) -> str:
    """The comment lines at the top of a model."""
    lines = built_in()[name].read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines[:4] if line.startswith("#"))


def stated(name: str) -> float:
    """The accuracy that a header promises, as a share."""
    found = re.search(r"([\d.]+) %", header(name))
    assert found, f"the header of {name} states no accuracy"
    return float(found[1]) / 100


def trained(name: str, folder: Path, seed: int) -> float:
    """The accuracy on the test part after training as the header says."""
    return archc.load(name).fit(seed=seed, run=folder / f"{name}-{seed}").result["test"]["accuracy"]


def test_every_built_in_model_is_known_here() -> None:
    assert set(built_in()) == set(COUNTS)


@pytest.mark.parametrize("name", COUNTS)
def test_header_states_a_command_and_a_result(name: str) -> None:
    assert re.search(rf"^# archc (train|predict|summary) {name}\b.* {{4,}}\S", header(name), re.MULTILINE)


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_the_published_ones(name: str) -> None:
    model = archc.load(name)
    parameters, macs = COUNTS[name]
    assert model.parameters == parameters
    assert macs is None or model.macs == macs
    assert not model.warnings


def test_googlenet_is_counted_without_its_auxiliary_heads() -> None:
    text = built_in()["googlenet"].read_text(encoding="utf-8")
    assert "assert class.params == 6_998_552" in text and "assert class.macs == 1_582_671_872" in text


@pytest.mark.parametrize("name", [name for name in COUNTS if COUNTS[name][0] > 1_000_000])
def test_large_networks_hold_their_figures_themselves(name: str) -> None:
    text = built_in()[name].read_text(encoding="utf-8")
    assert f"assert params == {COUNTS[name][0]:_}" in text
    assert "assert macs ==" in text or "assert class.macs ==" in text


@pytest.mark.parametrize(("name", "lines"), [("resnet50", 40), ("googlenet", 60)])
def test_large_networks_are_short_files(name: str, lines: int) -> None:
    assert len(built_in()[name].read_text(encoding="utf-8").splitlines()) <= lines


@pytest.mark.parametrize(
    ("name", "expected"), [("and", [0, 0, 0, 1]), ("nor", [1, 0, 0, 0]), ("xor_given", [0, 1, 1, 0])]
)
def test_given_weights_give_the_truth_table_exactly(name: str, expected: list[int]) -> None:
    import jax

    program = archc.compile(name)
    state = program.init(jax.random.key(0))
    outputs = program.predict(state.params, state.stats, {"x": ROWS})
    assert np.asarray(outputs)[:, 0].tolist() == expected


def test_xor_is_learnt(tmp_path: Path) -> None:
    run = archc.load("xor").fit(run=tmp_path / "xor")
    assert run.result["train"]["accuracy"] == 1
    assert run.predict(x=ROWS)["output"].values[:, 0].round().tolist() == [0, 1, 1, 0]


@pytest.mark.slow
def test_xor_is_learnt_from_each_of_twenty_seeds(tmp_path: Path) -> None:
    model = archc.load("xor")
    learnt = [model.fit(seed=seed, run=tmp_path / str(seed)).result["train"]["accuracy"] == 1 for seed in range(20)]
    assert all(learnt), f"{sum(learnt)} of 20"


@pytest.mark.slow
def test_odd_and_even_are_learnt_from_nineteen_of_twenty_seeds(tmp_path: Path) -> None:
    model = archc.load("mlp")
    learnt = [model.fit(seed=seed, run=tmp_path / str(seed)).result["train"]["accuracy"] == 1 for seed in range(20)]
    assert sum(learnt) >= 19 and "19 of the seeds 0 to 19" in header("mlp")


@pytest.mark.parametrize(("name", "least"), [("keras_synthetic", 0.95), ("applicants", 0.8)])
def test_small_networks_learn_what_their_headers_say(name: str, least: float, tmp_path: Path) -> None:
    reached = median(trained(name, tmp_path, seed) for seed in range(5))
    assert reached >= least and abs(reached - stated(name)) < 0.03


def test_the_applicant_of_the_lectures_is_refused(tmp_path: Path) -> None:
    run = archc.load("applicants").fit(seed=0, run=tmp_path / "run")
    chance = run.predict(applicant=np.array([[23, 0, 1, 30_000, 1, 1, 15_000]], np.float32))["approve"].values
    assert chance[0, 0] < 0.2


def test_digits_reach_what_the_header_says(tmp_path: Path) -> None:
    assert trained("digits", tmp_path, 0) >= stated("digits")


@pytest.mark.slow
def test_digits_reach_it_in_the_median_of_five_seeds(tmp_path: Path) -> None:
    assert median(trained("digits", tmp_path, seed) for seed in range(5)) >= stated("digits")


@pytest.mark.slow
@pytest.mark.skipif(
    not Path(os.environ.get("ARCHC_DATA", ""), "fashion-mnist").is_dir() or not os.environ.get("ARCHC_DATA"),
    reason="needs the Fashion-MNIST files: set ARCHC_DATA to the folder that holds fashion-mnist/",
)
def test_fashion_mnist_reaches_what_the_header_says(tmp_path: Path) -> None:
    assert trained("fashion_mnist", tmp_path, 0) >= stated("fashion_mnist")


def test_zip1989_holds_the_counts_of_the_paper_itself() -> None:
    text = built_in()["zip1989"].read_text(encoding="utf-8")
    for promise in ("params == 9_760", "macs + 1_000 == 64_660", "H3.size + digit.size == 1_256"):
        assert promise in text


@pytest.mark.slow
@pytest.mark.skipif(
    not Path(os.environ.get("ARCHC_DATA", ""), "usps").is_dir() or not os.environ.get("ARCHC_DATA"),
    reason="needs the USPS digits: set ARCHC_DATA to the folder that holds usps/",
)
def test_zip1989_errs_on_at_most_6_percent_in_the_median_of_five_seeds(tmp_path: Path) -> None:
    reached = [trained("zip1989", tmp_path, seed) for seed in range(5)]
    assert median(reached) >= 0.94 and abs(median(reached) - stated("zip1989")) < 0.01, reached


@pytest.mark.slow
@needs_mnist
@pytest.mark.parametrize("name", ["lenet5", "lenet5_1998", "mnist_mlp", "matlab_digits"])
def test_mnist_reaches_what_the_header_says(name: str, tmp_path: Path) -> None:
    assert trained(name, tmp_path, 0) >= stated(name)


@pytest.mark.slow
@needs_mnist
def test_lenet5_as_published_begins_to_learn(tmp_path: Path) -> None:
    few = {"train.data": "mnist(pad = 2, range = [-0.1, 1.175], take = 3000)", "train.epochs": 5}
    result = archc.load("lenet5_1998", settings=few).fit(seed=0, run=tmp_path / "run").result
    assert result["test"]["accuracy"] >= 0.9


def test_lenet5_as_published_has_the_counts_of_its_layers() -> None:
    counted: Counter[str] = Counter()
    for scope, node in archc.load("lenet5_1998").module.graph.layers():
        counted[scope.split(".")[0]] += sum(prod(weight.shape) for weight in node.weights if weight.trainable)
    assert +counted == {"C1": 156, "S2": 12, "C3": 1_516, "S4": 32, "C5": 48_120, "F6": 10_164}


def test_iris_learns_what_its_header_says(tmp_path: Path) -> None:
    reached = median(trained("iris", tmp_path, seed) for seed in range(5))
    assert reached >= 0.95 and abs(reached - stated("iris")) < 0.01


@needs_credit
def test_credit_approval_learns_what_its_header_says(tmp_path: Path) -> None:
    reached = median(trained("credit_approval", tmp_path, seed) for seed in range(5))
    assert reached >= 0.84 and abs(reached - stated("credit_approval")) < 0.02


@needs_credit
def test_the_network_for_credit_approval_learns_too(tmp_path: Path) -> None:
    network = archc.load("credit_approval", recipe="network")
    assert network.fit(seed=0, run=tmp_path / "run").result["test"]["accuracy"] >= 0.84
