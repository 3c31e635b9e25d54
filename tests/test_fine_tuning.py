"""docs/fine-tuning.md: what was learnt from many examples helps with a few, shown on digits and on AlexNet."""

import os
import re
from pathlib import Path
from statistics import median

import jax
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import archc
from archc.cli.application import application
from archc.train.stored import save_weights
from tests.models import FOLDER, built_in, program_of

PAGE = Path(__file__).parents[1] / "docs" / "fine-tuning.md"
REAL = os.environ.get("ARCHC_DATA", "")
needs_digits = pytest.mark.skipif(
    not REAL or not all(Path(REAL, name).is_dir() for name in ("mnist", "usps")),
    reason="needs the MNIST and the USPS files: set ARCHC_DATA to the folder that holds mnist/ and usps/",
)
SEEDS = range(5)


def arrays(file: Path) -> dict[str, np.ndarray]:
    with np.load(file) as found:
        return dict(found)


def error(recipe: str, seed: int, folder: Path) -> float:
    """The share of the 2,007 test digits that are read wrongly, after learning from the 300 that the seed picks."""
    model = archc.load("mnist_to_usps", recipe=recipe, settings={"sample": seed})
    return 1 - model.fit(seed=seed, run=folder / f"{recipe}-{seed}").result["test"]["accuracy"]


@pytest.mark.slow
@needs_digits
def test_digits_of_mnist_help_to_read_zip_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARCHC_DATA", str(Path(REAL).resolve()))
    archc.fit("mnist_to_usps", seed=0, run="runs/mnist")
    tuned = [error("usps", seed, tmp_path) for seed in SEEDS]
    scratch = [error("scratch", seed, tmp_path) for seed in SEEDS]
    assert all(a < b for a, b in zip(tuned, scratch, strict=True)), (tuned, scratch)
    assert median(tuned) < 0.75 * median(scratch), (tuned, scratch)

    before, after = arrays(Path("runs/mnist/best.npz")), arrays(tmp_path / "usps-0" / "best.npz")
    assert {name for name in before if not np.array_equal(before[name], after[name])} == {"head.kernel", "head.bias"}


def test_the_page_shows_the_built_in_file() -> None:
    text, page = (path.read_text(encoding="utf-8") for path in (FOLDER / "mnist_to_usps.arch", PAGE))
    assert f"```arch\n# mnist_to_usps.arch\n{text[text.index('model Reader') :]}```\n" in page


def test_both_recipes_learn_from_the_same_examples_for_as_long() -> None:
    text = (FOLDER / "mnist_to_usps.arch").read_text(encoding="utf-8")
    tuned, scratch = (text[text.index(f"train {name} ") :].partition("\n}")[0] for name in ("usps", "scratch"))
    own = re.compile(r"^ +(optimizer|start|freeze) .*\n?", re.MULTILINE)
    assert own.sub("", tuned).split("{")[1].split() == own.sub("", scratch).split("{")[1].split()


@pytest.fixture
def flowers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The AlexNet of the page, with eight pictures of each of three colours in the place of its flowers."""
    monkeypatch.chdir(tmp_path)
    shown = re.search(r"^```arch elsewhere\n(# flowers\.arch\n.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert shown, "the page shows no flowers.arch"
    Path("flowers.arch").write_text(shown[1], encoding="utf-8")
    random = np.random.default_rng(0)
    for channel, name in enumerate(("daisy", "rose", "tulip")):
        folder = Path("flowers", name)
        folder.mkdir(parents=True)
        for number in range(8):
            pixels = random.integers(0, 80, (40, 60, 3), dtype=np.uint8)
            pixels[..., channel] += 150
            Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path


def typed(*words: str) -> str:
    done = CliRunner().invoke(application, words)
    assert done.exit_code == 0, done.output
    return done.output


def test_alexnet_of_the_page_is_fine(flowers: Path) -> None:
    (flowers / "alexnet.safetensors").touch()
    assert "flowers.arch: fine (AlexNet, 56,880,515 parameters)\n" in typed("check", "flowers.arch")


@pytest.mark.slow
def test_alexnet_learns_its_new_head_and_keeps_the_rest(flowers: Path) -> None:
    module = built_in(FOLDER / "alexnet.arch")
    program = program_of(module)
    stored = program.named(program.init(jax.random.key(0)))
    save_weights(Path("alexnet.safetensors"), stored, module.graph)
    said = typed("train", "flowers.arch", "--set", "train.epochs=1", "--set", "train.batch=7", "--run", "run")
    assert "start    8 of 9 layers from alexnet.safetensors, 56,868,230 numbers\n" in said
    assert "  left out fc8\n" in said

    learnt, first = arrays(Path("run/best.npz")), arrays(Path("run/start.npz"))
    assert learnt.keys() == stored.keys() and not any(name.startswith("fc8") for name in first)
    assert learnt["fc8.kernel"].shape == (4096, 3)
    for name in stored.keys() - {"fc8.kernel", "fc8.bias"}:
        assert np.array_equal(learnt[name], stored[name]), f"{name} was frozen"
    assert learnt["fc8.bias"].any(), "it starts at 0 and is learnt"
