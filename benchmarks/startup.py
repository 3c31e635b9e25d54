"""How long `archc check` takes as a whole process, beside importing pydantic and lark alone.

    python benchmarks/startup.py [--rounds 20]

The processes take turns; the ratio of the medians is what counts: 2.5 at most is the aim for `archc check`.
`archc draw resnet50` is to take at most three times what `archc check resnet50` takes.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

COMMANDS = {
    "import pydantic, lark": [sys.executable, "-c", "import pydantic, lark"],
    "archc check": [sys.executable, "-m", "archc", "check", "lenet5"],
    "archc summary": [sys.executable, "-m", "archc", "summary", "lenet5"],
    "archc compile": [sys.executable, "-m", "archc", "compile", "lenet5"],
    "archc check resnet50": [sys.executable, "-m", "archc", "check", "resnet50"],
    "archc draw resnet50": [sys.executable, "-m", "archc", "draw", "resnet50", "-o", os.devnull + ".svg"],
    "archc --help": [sys.executable, "-m", "archc", "--help"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=Path.home())
            seconds[name].append(time.perf_counter() - start)
    base = statistics.median(seconds["import pydantic, lark"])
    for name, times in seconds.items():
        print(f"{name:<24} {statistics.median(times) * 1000:>6.0f} ms   {statistics.median(times) / base:.2f}")


if __name__ == "__main__":
    main()
