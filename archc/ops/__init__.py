"""The layers. Importing this registers them all: every file of this folder is read."""

from importlib import import_module
from pathlib import Path

from archc.ops.op import Lowered, Op, Site, Update, WeightSpec
from archc.parameters import FAMILIES

__all__ = ["OPS", "Lowered", "Op", "Site", "Update", "WeightSpec"]

for _path in sorted(Path(__file__).parent.glob("[!_]*.py")):
    import_module(f"{__name__}.{_path.stem}")

OPS: dict[str, type[Op]] = FAMILIES["layer"]  # type: ignore[assignment]
"""Every layer by its name."""
