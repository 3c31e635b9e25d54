"""Draws the figures of docs/gallery, and writes docs/gallery.md.

python docs/gallery.py
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from archc.cli.application import application
from archc.draw.styles import STYLES

DOCS = Path(__file__).resolve().parent
FOLDER, PAGE = DOCS / "gallery", DOCS / "gallery.md"

HEAD = """\
# Gallery

What `archc draw` makes of files in [models/](../models). Each figure stands behind the command that draws it; an ending
of `.png`, `.pdf` or `.html` gives another kind of file. What other tools draw of the same networks is in
[figures-compared.md](figures-compared.md).

`python docs/gallery.py` draws them anew.
"""


@dataclass(frozen=True)
class Figure:
    """A model in a style; `variant` tells two figures of the same apart."""

    model: str
    style: str
    caption: str
    options: tuple[str, ...] = ()
    variant: str = ""

    @property
    def name(self) -> str:
        """Of its file."""
        return "-".join(filter(None, (self.model, self.style, self.variant))) + ".svg"

    def arguments(self, output: str) -> list[str]:
        """What is typed behind `archc`."""
        style = [] if self.style == "graph" else ["--style", self.style]
        return ["draw", self.model, *style, *self.options, "-o", output]


FIGURES = (
    Figure("lenet5", "graph", "LeNet-5: settings, parameters and products on each layer, shapes where they change"),
    Figure("resnet50", "graph", "ResNet-50 on a page: equal blocks are folded, and their numbers summed"),
    Figure("resnet50", "graph", "With its bottlenecks open: skips lead to the sums", ("--depth", "2"), "open"),
    Figure("resnet152", "graph", "ResNet-152 is no larger than ResNet-50"),
    Figure("googlenet", "graph", "GoogLeNet with its three outputs; the first inception is open"),
    Figure("vgg16", "graph", "VGG-16, for dark slides", ("--theme", "dark"), "dark"),
    Figure("lenet5_1998", "volumes", "The network of 1998 as solids, as in its paper"),
    Figure("alexnet", "volumes", "AlexNet in two groups, as on two GPUs"),
    Figure("vgg16", "volumes", "VGG-16"),
    Figure("resnet18", "volumes", "ResNet-18, with its skips"),
    Figure("googlenet", "volumes", "GoogLeNet: branches in rows"),
    Figure("net_3_3_1", "neurons", "Three inputs, three hidden units, one output"),
    Figure("xor_given", "neurons", "Exclusive or, with its weights on the lines"),
    Figure("perceptron", "neurons", "A perceptron"),
    Figure("mnist_mlp", "neurons", "Columns of many units are shortened"),
    Figure("logistic", "backprop", "Logistic regression: dz = a − y, and from it the gradients of the weights"),
    Figure("backprop", "backprop", "Values forwards and derivatives backwards, for one example", ("--example", "1")),
    Figure("net_3_3_1", "backprop", "Two layers, with numbers given", ("--given", "x=1,2,3", "y=1")),
)


def page() -> str:
    """The text of docs/gallery.md."""
    lines = [HEAD]
    for style, purpose in STYLES.items():
        lines += [f"## `{style}`: {purpose}", ""]
        for figure in FIGURES:
            if figure.style == style:
                command = " ".join(["archc", *figure.arguments(figure.name)])
                lines += [f"{figure.caption}.", "", "```sh", command, "```", ""]
                lines += [f"![{figure.model}, as {style}](gallery/{figure.name})", ""]
    return "\n".join(lines).rstrip() + "\n"


def draw(figure: Figure, folder: Path) -> str:
    """Draws a figure into a folder; what `archc` says if it can't, else ""."""
    run = CliRunner().invoke(application, figure.arguments(str(folder / figure.name)))
    return run.output if run.exit_code else ""


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.svg"):
        old.unlink()
    faults = [fault for figure in FIGURES if (fault := draw(figure, FOLDER))]
    PAGE.write_text(page(), encoding="utf-8")
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
