"""`archc diff`."""

import json
from pathlib import Path

from tests.cli.conftest import LINES, Archc

OTHER = LINES.replace("flatten\n", "conv(4, 3x3) -> relu\n    flatten\n").replace("batch     = 64", "batch     = 32")


def test_equal(archc: Archc) -> None:
    Path("a.arch").write_text(LINES)
    Path("b.arch").write_text("# another comment\n" + LINES.replace("    flatten", "\n\n    flatten"))
    result = archc("diff", "a.arch", "b.arch")
    assert (result.exit_code, result.output) == (0, "a.arch -> b.arch: no difference\n")
    assert json.loads(archc("diff", "digits", "digits", "--format", "json").stdout)["equal"] is True


def test_what_differs(archc: Archc) -> None:
    Path("a.arch").write_text(LINES)
    Path("b.arch").write_text(OTHER)
    result = archc("diff", "a.arch", "b.arch")
    assert result.exit_code == 1 and result.stderr == ""
    assert result.stdout == (
        "a.arch -> b.arch: 2 layers added, 1 setting of the recipe changed\n"
        "\n"
        "layers\n"
        "+ conv1  conv(filters = 4, window = 3x3)  [6, 6, 4]  40 parameters\n"
        "+ relu1  relu                             [6, 6, 4]\n"
        "\n"
        "shapes that follow\n"
        "~ flatten1  output        [64] -> [144]\n"
        "~ dense1    kernel.shape  [64, 10] -> [144, 10]\n"
        "\n"
        "recipe\n"
        "~ batch  64 -> 32\n"
        "\n"
        "totals\n"
        "              before  after  difference\n"
        "  parameters     650  1,490        +840\n"
        "  MACs           640  2,736      +2,096\n"
    )
    found = json.loads(archc("diff", "a.arch", "b.arch", "--format", "json").stdout)
    assert [step["scope"] for step in found["added"]] == ["conv1", "relu1"]
    assert found["recipe"] == [{"what": "batch", "before": 64, "after": 32}]
    assert found["before"]["parameters"] == 650 and found["after"]["file"] == "b.arch"
    assert found["matched"]["dense1"] == "dense1"


def test_how_weights_start_is_told_once(archc: Archc) -> None:
    Path("a.arch").write_text(OTHER)
    Path("b.arch").write_text(OTHER.replace("    epochs ", "    init      = normal(0.1)\n    epochs "))
    result = archc("diff", "a.arch", "b.arch")
    assert result.exit_code == 1
    assert "weights start otherwise" in result.stdout
    assert "~ kernel.init  glorot_uniform -> normal(deviation = 0.1)  in 2 layers\n" in result.stdout
    assert "totals" not in result.stdout


def test_settings_hold_on_both_sides(archc: Archc) -> None:
    Path("a.arch").write_text(LINES)
    Path("b.arch").write_text(LINES.replace("epochs    = 3", "epochs    = 4"))
    assert archc("diff", "a.arch", "b.arch").exit_code == 1
    assert archc("diff", "a.arch", "b.arch", "--set", "train.epochs=5").exit_code == 0


def test_trouble_is_no_difference(archc: Archc) -> None:
    Path("bad.arch").write_text("model A {\n    input x[2]\n    dens(1)\n}\n")
    for words, said in (
        (["digits", "bad.arch"], "did you mean `dense(1)`?"),
        (["digits", "nothing"], "there is no file and no built-in model `nothing`"),
        (["digits"], "B is missing"),
    ):
        result = archc("diff", *words)
        assert result.exit_code == 2 and said in result.stderr and result.stdout == ""


def test_runs(there: Archc) -> None:
    assert there("diff", "runs/lines-1", "lines.arch").exit_code == 0
    Path("other.arch").write_text(OTHER)
    result = there("diff", "runs/lines-1", "other.arch")
    assert result.exit_code == 1 and "2 layers added" in result.stdout
    assert there("diff", "runs/lines-1", "lines.arch", "--set", "train.epochs=5").exit_code == 2
    Path("empty").mkdir()
    assert there("diff", "empty", "lines.arch").exit_code == 2


def test_colours(archc: Archc) -> None:
    Path("a.arch").write_text(LINES)
    Path("b.arch").write_text(OTHER)
    text = archc("diff", "a.arch", "b.arch", "--color", "always").stdout
    assert "\x1b[32m+ conv1" in text and "\x1b[33m~ batch" in text and "\x1b[1mlayers\x1b[0m" in text


def test_a_figure(archc: Archc) -> None:
    Path("a.arch").write_text(LINES)
    Path("b.arch").write_text(OTHER)
    result = archc("diff", "--draw", "a.arch", "b.arch")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "wrote diff.svg\n")
    text = Path("diff.svg").read_text(encoding="utf-8")
    assert text.startswith("<?xml") and "a.arch → b.arch" in text and "+ added" in text
    for ending, begins in (("png", b"\x89PNG"), ("pdf", b"%PDF"), ("html", b"<!DOCTYPE html>")):
        words = ["--theme", "dark", "--depth", "0", *(["--width", "3.3in"] if ending != "html" else [])]
        assert archc("diff", "--draw", "a.arch", "b.arch", "-o", f"d.{ending}", *words).exit_code == 1
        assert Path(f"d.{ending}").read_bytes()[:20].lower().startswith(begins.lower())
    assert archc("diff", "--draw", "a.arch", "a.arch", "-o", "same.svg").exit_code == 0
    assert "no difference" in Path("same.svg").read_text(encoding="utf-8")
    assert archc("diff", "--draw", "lenet5", "digits", "-o", "two.svg").exit_code == 1
    assert "LeNet5 → Digits" in Path("two.svg").read_text(encoding="utf-8")


def test_what_is_for_figures_alone(archc: Archc) -> None:
    Path("a.arch").write_text(LINES)
    for words, told in (
        (["-o", "d.svg"], "`-o` names the file of a figure: add `--draw`"),
        (["--theme", "dark"], "`--theme`, `--width` and `--depth` are for figures: add `--draw`"),
        (["--depth", "0"], "`--theme`, `--width` and `--depth` are for figures: add `--draw`"),
        (["--draw", "--format", "json"], "`--draw` writes a figure, and `--format` is for texts"),
        (["--draw", "-o", "d.bmp"], "`d.bmp` ends in none of .svg, .png, .pdf, .html, which say what to write"),
        (["--draw", "-o", "d.html", "--width", "3in"], "a page is as wide as its window: leave out `--width`"),
        (["--draw", "-o", "a.arch"], "`a.arch` is a name for a model"),
        (["--draw", "--width", "far"], "`far` is no width"),
    ):
        result = archc("diff", "a.arch", "a.arch", *words)
        assert result.exit_code == 2 and told in result.stderr, words
    assert sorted(path.name for path in Path().iterdir()) == ["a.arch"]
    missing = archc("diff", "--draw", "a.arch", "a.arch", "-o", "nowhere/d.svg")
    assert missing.exit_code == 2 and "nowhere/d.svg" in missing.stderr


def test_a_figure_too_small_to_read_is_told(archc: Archc) -> None:
    result = archc("diff", "--draw", "resnet50", "vgg16", "--width", "2in")
    assert result.exit_code == 1 and "6 pt is the least that can be read" in result.stderr


def test_one_number_stands_for_every_direction(archc: Archc) -> None:
    net = """model Net {
    input image[28, 28, 1]
    conv(4, 3x3, stride = 1x1, padding = [(1, 1), (1, 1)]) -> max_pool(2x2)
    flatten -> dense(3)
}
"""
    Path("a.arch").write_text(net)
    same = net.replace("2x2", "2").replace("3x3", "3").replace("1x1", "1").replace("[(1, 1), (1, 1)]", "1")
    Path("b.arch").write_text(same)
    assert archc("diff", "a.arch", "b.arch").output == "a.arch -> b.arch: no difference\n"
    Path("b.arch").write_text(same.replace("max_pool(2)", "max_pool(2x3)"))
    result = archc("diff", "a.arch", "b.arch")
    assert result.exit_code == 1 and "window  [2, 2] -> [2, 3]" in result.stdout and "stride" not in result.stdout
