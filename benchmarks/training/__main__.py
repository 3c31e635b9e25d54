"""Training speed: archc beside Keras 3 on JAX, Flax NNX, hand-written JAX and PyTorch.

    python -m benchmarks.training                                 all models of the CPU, three rounds
    python -m benchmarks.training --quick                         does everything work? its times say nothing
    python -m benchmarks.training --models lenet5 conv --peers keras torch --rounds 5
    python -m benchmarks.training --json speed.json --picture speed.svg --docs
    python -m benchmarks.training --target gpu                    the large models too, in bf16
    python -m benchmarks.training --from speed.json --docs        nothing is measured: table and picture anew

Needs `pip install -e ".[benchmarks]"`, and for MNIST the folder that ARCHC_DATA names. Every measurement is a process
of its own; the sides take turns, and ratios of medians are what counts. All begin from the same weights and see the
same rows in the same order, with the same batch, precision and Adam. A side whose final loss is more than 2 % from
archc's is refused. Ctrl-C keeps what is finished.
"""

import argparse
import json
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.training.machine import machine, versions
from benchmarks.training.picture import draw
from benchmarks.training.rounds import Plan, compare, ours_first
from benchmarks.training.sides import SIDES
from benchmarks.training.table import into_page, markdown
from benchmarks.training.work import WORKS, works_for

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=WORKS, metavar="MODEL", help=", ".join(WORKS))
    parser.add_argument("--peers", nargs="+", choices=SIDES, default=list(SIDES), metavar="PEER", help=", ".join(SIDES))
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each side (3)")
    parser.add_argument("--cold", type=int, default=2, help="starts of each side with nothing compiled before (2)")
    parser.add_argument("--target", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--quick", action="store_true", help="little work, one round")
    parser.add_argument("--json", type=Path, help="also write the figures here, after every process")
    parser.add_argument("--picture", type=Path, help="also draw the ratios: .svg, .png or .pdf")
    parser.add_argument("--docs", action="store_true", help="also rewrite the tables of docs/performance.md")
    parser.add_argument(
        "--from", dest="kept", type=Path, nargs="+", help="measure nothing: take figures of earlier --json files"
    )
    args = parser.parse_args()
    if args.rounds < 1 or args.cold < 0:
        parser.error("there is at least one round, and no fewer than 0 cold starts")
    unfit = sorted(set(args.models or ()) - set(works_for(args.target)))
    if unfit:
        parser.error(f"{', '.join(unfit)}: only with --target gpu")
    return args


def begun(args: argparse.Namespace, plan: Plan) -> dict[str, Any]:
    """What is known before anything is measured."""
    return {
        "command": shlex.join(["python", "-m", "benchmarks.training", *sys.argv[1:]]),
        "target": plan.target,
        "rounds": plan.rounds,
        "colds": plan.colds,
        "quick": plan.quick,
        "machine": machine(),
        "versions": versions(),
        "works": [],
    }


def measured(args: argparse.Namespace) -> dict[str, Any]:
    """Measures, and writes what is known down after every process."""
    plan = Plan(args.target, 1, 1, True) if args.quick else Plan(args.target, args.rounds, args.cold)
    found = begun(args, plan)
    try:
        for name in args.models or works_for(args.target):
            found["works"].append({})
            with tempfile.TemporaryDirectory() as folder:
                for state in compare(name, ours_first(args.peers), plan, Path(folder), say):
                    found["works"][-1] = state
                    if args.json:
                        write(args.json, found)
            say(f"{name}: done")
    except KeyboardInterrupt:
        say("stopped: what is finished is kept")
    found["works"] = [work for work in found["works"] if work]
    devices = {run["device"] for work in found["works"] for side in work["sides"].values() for run in side["runs"]}
    if plan.target == "gpu":
        found["machine"]["gpu"] = ", ".join(sorted(devices))
    return found


def merged(paths: list[Path]) -> dict[str, Any]:
    """Figures of several files; of a work that is in two, the later ones. What they were measured on must agree."""
    read = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    for other in read[1:]:
        if any(other[key] != read[0][key] for key in ("machine", "versions", "target")):
            sys.exit("the files are of different machines, versions or targets: they have no table in common")
    works = {work["work"]: work for found in read for work in found["works"]}
    commands = " && ".join(dict.fromkeys(found["command"] for found in read))
    rounds, colds = (" and ".join(dict.fromkeys(str(found[key]) for found in read)) for key in ("rounds", "colds"))
    there = [works[name] for name in WORKS if name in works]
    return {**read[0], "command": commands, "rounds": rounds, "colds": colds, "works": there}


def write(path: Path, found: dict[str, Any]) -> None:
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    args = arguments()
    found = merged(args.kept) if args.kept else measured(args)
    if args.json:
        write(args.json, found)
    print(markdown(found))
    if args.picture:
        draw(found, args.picture)
    if args.docs:
        into_page(PAGE, found)


if __name__ == "__main__":
    main()
