"""LeNet-5, GoogLeNet and ResNet-50 drawn by archc, Keras's plot_model, torchview and visualkeras, and measured.

    pip install -e ".[figures-peers]"
    python benchmarks/figures.py build/figures            the figures, figures.json and figures.md
    python benchmarks/figures.py build/figures --page     and what docs/figures-compared.md shows of them
    python benchmarks/figures.py build/figures --tools "archc graph" "archc volumes" --page    only these anew

plot_model and torchview need Graphviz's `dot`. What overlaps, is cut or crossed is measured in a headless Chromium, and
left out without one. `--peers PYTHON` runs the peers in another environment, `--rounds` repeats the timing.
"""

import argparse
import json
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import figures_measure
from figures_pictures import pictures

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "figures-compared.md"
NETWORKS = {"lenet5": 0, "googlenet": 9, "resnet50": 16}
"""By name, with how many of its layers have several inputs."""

PAPER = (7.0, 9.0)
"""What a page holds, in inches."""

VERSIONS = ("keras", "torch", "torchview", "visualkeras", "graphviz", "pydot")


@dataclass(frozen=True)
class Tool:
    """How a figure is drawn: by a script with the tool's name, or by `archc draw` with options.

    Of solids, on whose faces lines begin, it isn't measured which lines go through and join.
    """

    script: str = ""
    options: tuple[str, ...] = ()
    networks: tuple[str, ...] = tuple(NETWORKS)
    vector: bool = True
    solids: bool = False

    def command(self, name: str, network: str, path: Path, peers: str) -> list[str]:
        if self.script:
            return [peers, str(HERE / self.script), name, network, str(path)]
        return [sys.executable, "-m", "archc", "draw", network, *self.options, "-o", str(path)]


TOOLS = {
    "archc graph": Tool(),
    "archc graph --full": Tool(options=("--full",), networks=("googlenet", "resnet50")),
    "archc graph --depth 2": Tool(options=("--depth", "2"), networks=("resnet50",)),
    "archc volumes": Tool(options=("--style", "volumes"), solids=True),
    "plot_model": Tool("figures_keras.py"),
    "plot_model closed": Tool("figures_keras.py", networks=("googlenet",)),
    "torchview": Tool("figures_torch.py"),
    "torchview closed": Tool("figures_torch.py", networks=("googlenet", "resnet50")),
    "visualkeras layered": Tool("figures_keras.py", vector=False),
    "visualkeras graph": Tool("figures_keras.py", vector=False),
}


def stem(network: str, tool: str) -> str:
    return f"{network}-{re.sub('[ -]+', '-', tool)}"


def drawn(command: list[str]) -> tuple[float, str]:
    """Seconds of a fresh process, and the last line that it prints. Raises CalledProcessError with what went wrong."""
    start = time.perf_counter()
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return time.perf_counter() - start, (run.stdout.splitlines() or [""])[-1]


def timed(tools: list[str], network: str, folder: Path, peers: str, rounds: int) -> dict[str, float]:
    """The median of the seconds that each tool takes, in turn; those that fail are left out, and told."""
    seconds: dict[str, list[float]] = {tool: [] for tool in tools}
    for _ in range(rounds):
        for tool in list(seconds):
            path = folder / f"{stem(network, tool)}.{'svg' if TOOLS[tool].vector else 'png'}"
            try:
                seconds[tool].append(drawn(TOOLS[tool].command(tool, network, path, peers))[0])
            except subprocess.CalledProcessError as error:
                print(f"{tool} doesn't draw {network}: {error.stderr.strip()}", file=sys.stderr)
                del seconds[tool]
    return {tool: statistics.median(runs) for tool, runs in seconds.items()}


def measure(tool: str, network: str, folder: Path, peers: str) -> dict[str, Any]:
    """What is in a figure, which is drawn once more, as PNG."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    how, path = TOOLS[tool], folder / stem(network, tool)
    png = path.with_suffix(".png")
    told = drawn([*how.command(tool, network, png, peers), *(["told"] if how.script else [])])[1]
    width, height = Image.open(png).size
    found: dict[str, Any] = {"tool": tool, "network": network, "width": width, "height": height, "font": 0}
    found |= json.loads(told) if how.script else {}
    if how.vector:
        found |= figures_measure.measured(path.with_suffix(".svg"))
    if how.solids:
        found |= {"through": None, "merges": None}
    words = " ".join(found.pop("words", ())).lower()
    return {**found, "parameters shown": "param" in words, "MACs shown": "mac" in words}


def points(row: Mapping[str, Any]) -> tuple[float, float]:
    """The smallest text in pt, printed 7 in wide, and printed so that the figure fits a page."""
    inches = PAPER[0] / row["width"]
    whole = min(inches, PAPER[1] / row["height"])
    return row["font"] * inches * 72, row["font"] * whole * 72


def table(rows: list[dict[str, Any]]) -> str:
    """The figures of all networks, as Markdown."""
    lines = []
    for network, merges in NETWORKS.items():
        here = [row for row in rows if row["network"] == network]
        base = next((row["seconds"] for row in here if row["tool"] == "archc graph"), None)
        lines += [
            f"### `{network}` in figures",
            "",
            "| | time | beside `archc` | px | boxes | high, 7 in wide | text, 7 in wide | text, on a page"
            " | texts on texts, cut, struck by a line | lines through boxes | joins, of " + str(merges) + " |",
            "|---|---:|---:|---:|---:|---:|---:|---:|---|---:|---:|",
        ]
        lines += [line(row, base) for row in here]
        lines.append("")
    return "\n".join(lines)


def line(row: Mapping[str, Any], base: float | None) -> str:
    def shown(key: str) -> str:
        return "" if row.get(key) is None else str(row[key])

    wide, page = points(row)
    cells = [
        f"`{row['tool']}`",
        f"{row['seconds']:.2f} s",
        f"{row['seconds'] / base:.1f}" if base else "",
        f"{row['width']:,} × {row['height']:,}",
        shown("boxes"),
        f"{PAPER[0] * row['height'] / row['width']:.1f} in",
        f"{wide:.1f} pt" if wide else "none",
        f"{page:.1f} pt" if page else "none",
        ", ".join(map(str, (row["overlaps"], row["cut"], row["struck"]))) if "struck" in row else "",
        shown("through"),
        shown("merges"),
    ]
    return "| " + " | ".join(cells) + " |"


def versions(peers: str) -> dict[str, str]:
    """What drew."""
    asked = f"import importlib.metadata as m, json; print(json.dumps({{n: m.version(n) for n in {VERSIONS!r}}}))"
    found: dict[str, str] = json.loads(drawn([peers, "-c", asked])[1])
    dot = subprocess.run(["dot", "-V"], capture_output=True, text=True, check=True).stderr
    return {**found, "dot": re.sub(r".*version (\S+).*\n", r"\1", dot), "python": platform.python_version()}


def into_page(rows: list[dict[str, Any]]) -> None:
    """Puts the tables between the page's two marks."""
    text = PAGE.read_text(encoding="utf-8")
    begin, end = "<!-- benchmarks/figures.py wrote this -->\n", "<!-- up to here -->"
    head, tail = text.partition(begin)[0], text.partition(end)[2]
    PAGE.write_text(f"{head}{begin}\n{table(rows)}\n{end}{tail}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peers", default=sys.executable, help="the Python that has the peers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS), metavar="TOOL")
    parser.add_argument("--page", action="store_true", help="write docs/figures-compared.md and its pictures")
    args = parser.parse_args()
    folder: Path = args.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "figures.json"
    before = json.loads(kept.read_text(encoding="utf-8"))["figures"] if kept.exists() else []
    rows = {(row["network"], row["tool"]): row for row in before}
    for network in NETWORKS:
        tools = [tool for tool in args.tools if network in TOOLS[tool].networks]
        for tool, seconds in timed(tools, network, folder, args.peers, args.rounds).items():
            rows[network, tool] = {**measure(tool, network, folder, args.peers), "seconds": seconds}
            print(line(rows[network, tool], None), flush=True)
    found = [
        rows[key] for key in sorted(rows, key=lambda key: (list(NETWORKS).index(key[0]), list(TOOLS).index(key[1])))
    ]
    written = {"versions": versions(args.peers), "figures": found}
    kept.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    (folder / "figures.md").write_text(table(found), encoding="utf-8")
    if args.page:
        into_page(found)
        pictures(folder, PAGE)


if __name__ == "__main__":
    main()
