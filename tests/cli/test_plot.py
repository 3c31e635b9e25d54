"""`archc plot`, in this process: files, words, and everything that it refuses."""

import json
import shutil
from pathlib import Path

import pytest

from archc.train.plots.names import KINDS
from tests.cli.conftest import LINES, Archc

RUN = "runs/lines-1"


def test_it_says_where_the_picture_is(there: Archc) -> None:
    result = there("plot", RUN, "curves")
    assert result.exit_code == 0 and result.stdout == f"wrote {RUN}/plots/curves.svg\n"
    assert result.stderr.startswith("The best of 3 epochs is ")
    assert Path(RUN, "plots", "curves.svg").read_text().startswith("<?xml")
    assert there("plot", RUN, "confusion", "-q").stderr == ""


def test_forms_and_looks(there: Archc, tmp_path: Path) -> None:
    for name, start in (("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.SVG", b"<?xml")):
        result = there("plot", RUN, "filters", "-o", tmp_path / name, "--width", "84mm", "--theme", "dark")
        assert result.exit_code == 0, result.output
        assert (tmp_path / name).read_bytes().startswith(start)
    narrow = (tmp_path / "a.SVG").read_text()
    assert 'width="238' in narrow, "84 mm are 238 points"
    assert there("plot", RUN, "filters", "-o", "px.svg", "--width", "320px").exit_code == 0
    assert 'width="240' in Path("px.svg").read_text(), "320 px are 240 points"


def test_help_lists_the_kinds(there: Archc) -> None:
    text = there("plot", "--help").stdout
    assert all(f"{kind} " in text and what in text for kind, (what, _) in KINDS.items())
    assert "archc plot runs/digits-1 curves" in text


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ([RUN, "boundary"], 1, "takes 64 numbers, and a boundary can be drawn in the plane of two"),
        ([RUN, "boundary"], 1, f"`archc plot {RUN} confusion` fits this model"),
        ([RUN, "features"], 1, "Lines has no convolution"),
        ([RUN, "features"], 1, f"`archc plot {RUN} filters` fits this model"),
        ([RUN, "filters", "--layer", "dense2"], 1, "there is no layer `dense2`"),
        ([RUN, "filters", "--layer", "flatten1"], 1, "`flatten1` has no kernels"),
        ([RUN, "excite", "--layer", "nothing"], 1, "there are `dense1`"),
        (
            [RUN, "curves", "--layer", "dense1"],
            2,
            "takes no `--layer`, which is for filters, features, excite",
        ),
        ([RUN, "curve"], 2, "curves"),
        ([RUN, "curves", "-o", "curves.gif"], 2, "let the name end in one of .svg, .png, .pdf"),
        ([RUN, "curves", "--width", "3"], 2, "write a number and in, cm, mm, pt or px, as `3.3in`"),
        ([RUN, "curves", "--width", "1in"], 2, "`1in` is no width of a figure: one is from 2in to 60in wide"),
        ([RUN, "curves", "--width", "7000px"], 2, "one is from 2in to 60in wide"),
        ([RUN, "curves", "-o", "nodir/c.svg"], 1, "`nodir/c.svg` cannot be written: there is no folder `nodir`"),
        ([RUN, "curves", "--set", "a=1"], 2, "`--set` can't change it"),
        ([RUN, "features", "--example", "0"], 2, "--example"),
        (["runs/lines-9", "curves"], 1, f"did you mean `{RUN}`?"),
        (["runs/something", "curves"], 1, f"there are `{RUN}`"),
        (["nowhere", "curves"], 1, "E0004"),
        (["digits", "curves"], 1, "train it, `archc train digits`"),
        (["and", "gradients"], 1, "and is a file and no run"),
        (["perceptron", "boundary"], 1, "takes 3 numbers"),
    ],
)
def test_what_does_not_fit_is_said(there: Archc, words: list[str], status: int, said: str) -> None:
    result = there("plot", *words)
    assert result.exit_code == status, result.output
    assert said in result.stderr and "Traceback" not in result.stderr and "a fault of archc" not in result.stderr


def test_a_run_that_is_not_whole(there: Archc, tmp_path: Path) -> None:
    run = tmp_path / "half"
    shutil.copytree(RUN, run)
    for name in ("result.json", "best.npz", "gradients.jsonl"):
        (run / name).unlink()
    curves = there("plot", run, "curves")
    assert curves.exit_code == 0 and "The run is not over." in curves.stderr
    for kind in ("confusion", "filters", "excite"):
        weights = there("plot", run, kind)
        assert weights.exit_code == 1 and "E0709" in weights.stderr and "--resume" in weights.stderr
    gradients = there("plot", run, "gradients")
    assert gradients.exit_code == 1 and "no record of its gradients" in gradients.stderr
    whole = (run / "metrics.jsonl").read_text()
    lines = whole.splitlines(keepends=True)
    for said, text in {
        "line 2 is no JSON": lines[0] + lines[1][:40] + "\n" + "".join(lines[2:]),
        "line 2 is of epoch 3, and that of epoch 2 is missing": lines[0] + "".join(lines[2:]),
        "line 1 holds NaN": whole.replace('"loss": ', '"loss": NaN, "was": ', 1),
        "line 1 says nothing of an epoch": "[]\n" + whole,
        "line 1 holds something else than finite numbers": whole.replace('"loss": ', '"loss": "low", "was": ', 1),
    }.items():
        (run / "metrics.jsonl").write_text(text)
        damaged = there("plot", run, "curves")
        assert damaged.exit_code == 1 and "error[E0704]" in damaged.stderr and said in damaged.stderr, damaged.stderr
    # a line that was cut as the run was killed is none
    (run / "metrics.jsonl").write_text(whole[:-10])
    assert there("plot", run, "curves").exit_code == 0
    # a line that was lost is written anew without the figures of the steps
    bare = [json.loads(line) for line in lines]
    bare[1] = {name: bare[1][name] for name in ("epoch", "step", "validation")}
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in bare))
    assert there("plot", run, "curves").exit_code == 0
    (run / "metrics.jsonl").write_text("")
    none = there("plot", run, "curves")
    assert none.exit_code == 1 and f"go on with it: `archc train {run.as_posix()} --resume`" in none.stderr


def test_damaged_figures_of_a_run_that_is_over(there: Archc, tmp_path: Path) -> None:
    run = tmp_path / "damaged"
    shutil.copytree(RUN, run)
    gradients = (run / "gradients.jsonl").read_text()
    for line, said in {
        "x": "is no JSON",
        "[]": "says nothing of an epoch",
        '{"epoch": 1e999, "norms": {"dense1": 1.0}}': "says nothing of an epoch",
        '{"epoch": 99, "norms": {"dense1": Infinity}}': "holds Infinity",
        '{"epoch": 99, "norms": {"dense1": "much"}}': "holds something else than norms",
        '{"epoch": 99, "norms": {"dense1": -1}}': "holds something else than norms",
        '{"epoch": 0, "norms": {"dense1": 1}}': "is of an epoch that the line before it has passed",
    }.items():
        (run / "gradients.jsonl").write_text(f"{gradients}{line}\n")
        damaged = there("plot", run, "gradients")
        number = gradients.count("\n") + 1
        assert damaged.exit_code == 1 and f"gradients.jsonl is damaged: line {number} {said}" in damaged.stderr
        assert "--resume" not in damaged.stderr, "it is over"
    result = (run / "result.json").read_text()
    for text, said in {
        "x": "result.json cannot be read",
        "{}": "says nothing of the best of the epochs",
        result.replace('"best_epoch": ', '"best_epoch": 1.5, "was": '): "says nothing of the best of the epochs",
        result.replace('"best_epoch": ', '"best_epoch": 7, "was": ').replace('"epochs": ', '"epochs": 9, "were": '): (
            "metrics.jsonl ends with epoch 3, and epoch 7 was the best"
        ),
    }.items():
        (run / "result.json").write_text(text)
        damaged = there("plot", run, "curves")
        assert damaged.exit_code == 1 and "error[E0704]" in damaged.stderr and said in damaged.stderr, damaged.stderr


def test_a_run_that_numbers_out_of_bounds_ended(archc: Archc) -> None:
    """It would end there again, so nothing advises to go on with it; and its gradients exploded."""
    Path("lines.arch").write_text(LINES, encoding="utf-8")
    done = archc("train", "lines.arch", "-q", "--set", "train.optimizer=sgd(3e38)")
    assert done.exit_code == 1 and "error[E0802]" in done.stderr
    said = Path("runs/lines-1/stopped.txt").read_text(encoding="utf-8")
    assert said.startswith("training stopped: NaN or infinity from epoch 1, step ")
    gradients = archc("plot", "runs/lines-1", "gradients")
    assert gradients.exit_code == 0
    assert "Exploding: the gradient of dense1 is no longer a finite number." in gradients.stderr
    for kind in ("curves", "confusion", "filters"):
        result = archc("plot", "runs/lines-1", kind)
        assert result.exit_code == 1 and "--resume" not in result.stderr
        assert said.splitlines()[0] in result.stderr and "change the recipe, and train anew" in result.stderr
    assert archc("train", "runs/lines-1", "--resume").exit_code == 1
    assert Path("runs/lines-1/stopped.txt").read_text(encoding="utf-8") == said


def test_a_row_that_is_not_there(archc: Archc) -> None:
    text = "model C { input image[8, 8, 1]\n conv(2, 3x3) -> relu\n flatten\n dense(data.classes) -> softmax }\n"
    recipe = "train { data = digits\n loss = cross_entropy\n optimizer = adam(0.01)\n batch = 256\n epochs = 1 }\n"
    Path("c.arch").write_text(text + recipe)
    assert archc("train", "c.arch", "-q").exit_code == 0
    assert archc("plot", "runs/c-1", "features", "--example", "270").exit_code == 0
    far = archc("plot", "runs/c-1", "features", "--example", "271")
    assert far.exit_code == 1 and "its rows are 1 to 270" in far.stderr
    maps = archc("plot", "runs/c-1", "features", "--layer", "dense1")
    assert maps.exit_code == 1 and "`dense1` has no maps to show" in maps.stderr


def test_a_classless_run_has_no_confusion(archc: Archc) -> None:
    assert archc("train", "xor", "-q", "--set", "train.epochs=3").exit_code == 0
    result = archc("plot", "runs/xor-1", "confusion")
    assert result.exit_code == 1 and "`archc plot runs/xor-1 curves`" in result.stderr
    for kind in ("filters", "features", "excite"):
        result = archc("plot", "runs/xor-1", kind)
        assert (
            result.exit_code == 1
            and "E0710" in result.stderr
            and "`archc plot runs/xor-1 boundary` fits" in result.stderr
        )
    part = archc("plot", "runs/xor-1", "confusion", "--part", "test")
    assert part.exit_code == 1 and "they have: train" in part.stderr


def test_names_that_the_font_lacks(archc: Archc) -> None:
    rows = "\n".join(f"{at % 7},{at % 3},{('日本語', 'other')[at % 2]}" for at in range(60))
    Path("kinds.csv").write_text(f"a,b,kind\n{rows}\n", encoding="utf-8")
    Path("k.arch").write_text(
        "model K { input x[2]\n dense(data.classes) -> softmax }\n"
        'train { data = csv("kinds.csv", target = kind)\n loss = cross_entropy\n optimizer = adam(0.01)\n'
        " batch = 16\n epochs = 1 }\n"
    )
    trained = archc("train", "k.arch")
    assert trained.exit_code == 0, trained.output
    drawn = archc("plot", "runs/k-1", "confusion")
    assert drawn.exit_code == 0 and "note: the font of pictures has no 日 本 語: boxes stand there" in drawn.stderr
    for said in (trained.stderr, drawn.stderr):
        assert "Warning" not in said and "missing" not in said


def test_a_single_kernel_is_one(archc: Archc) -> None:
    recipe = "train { data = digits\n loss = cross_entropy\n optimizer = adam(0.01)\n batch = 256\n epochs = 1 }\n"
    Path("one.arch").write_text(
        "model One { input image[8, 8, 1]\n conv(1, 3x3)\n flatten\n dense(data.classes) -> softmax }\n" + recipe
    )
    assert archc("train", "one.arch", "-q").exit_code == 0
    assert archc("plot", "runs/one-1", "filters").stderr.startswith("1 kernel of conv1,")
