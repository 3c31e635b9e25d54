"""What `archc tune` measured: which form of each layer was fastest, an input of the compiler like the `.arch` file.

It lies beside that file, as `lenet5.lowering.json`; for a built-in model, in the folder that one works in.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from archc.diagnostics import Diagnostic, Failed
from archc.ir.graph import Frozen
from archc.ops import Op
from archc.ops.form import Target
from archc.resources import models_folder
from archc.types import TensorType

SUFFIX = ".lowering.json"
LARGEST = 2**24
"""Bytes that such a file may have."""

NEARLY = 0.97
"""A form is taken for what the cost rule takes if it needs at most this share of its time: less may be chance."""

NEEDED = {
    "missing": "is missing",
    "extra": "is nothing that archc knows there",
    "string": "has to be a text",
    "int": "has to be a whole number",
    "float": "has to be a number",
    "finite": "has to be a finite number",
    "greater": "has to be larger",
    "model": "has to be an object, `{…}`",
    "dict": "has to be an object, `{…}`",
    "mapping": "has to be an object, `{…}`",
}
"""What is wrong, by how pydantic's name for it begins."""


class Timed(Frozen):
    """A layer, or a whole step: the name of the form that is taken, and the milliseconds that each took."""

    form: str
    milliseconds: Mapping[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]]


class Measured(Frozen):
    """What was measured for a target: where, with which versions, for which batch, by layer, and of whole steps of the
    network of that name with the products of one library or another."""

    device: str
    versions: str
    batch: Annotated[int, Field(ge=1)]
    layers: Mapping[str, Timed]
    network: str | None = None
    library: Timed | None = None


class Tuning(Frozen):
    """What a file holds; `file` is its name."""

    file: str = ""
    cpu: Measured | None = None
    gpu: Measured | None = None

    @property
    def written(self) -> str:
        """The file's text."""
        return self.model_dump_json(indent=2, exclude={"file"}, exclude_none=True) + "\n"

    def of(self, target: Target) -> Measured | None:
        """What was measured for a target."""
        return self.cpu if target == "cpu" else self.gpu

    def timed(self, op: Op, x: TensorType, target: Target) -> Timed | None:
        """What is known of a layer there; None if nothing is."""
        measured = self.of(target)
        return measured.layers.get(layer_key(op, x)) if measured else None


def layer_key(op: Op, x: TensorType) -> str:
    """Under which name a layer stands in a file: as it is written, but for numbers of a kernel, with what enters it."""
    return f"{op.written(without=('weights',))} of {x}"


def tuning_path(path: Path) -> Path:
    """Where the choices for a `.arch` file lie, or would."""
    folder = Path() if path.resolve().is_relative_to(models_folder().resolve()) else path.parent
    return folder / f"{path.stem}{SUFFIX}"


def tuning_of(path: Path) -> Tuning | None:
    """The choices for a `.arch` file; None if there are none. Raises Failed if they cannot be used."""
    beside = tuning_path(path)
    name = beside.as_posix()
    if not beside.is_file():
        if beside.exists() or beside.is_symlink():
            raise _unusable(name, "it is no file, or leads to none")
        return None
    try:
        with beside.open("rb") as file:
            text = file.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise _unusable(name, f"it has more than {LARGEST >> 20} MiB")
        found = Tuning.model_validate_json(text)
    except OSError as error:
        raise _unusable(name, error.strerror or str(error)) from None
    except ValidationError as error:
        raise _unusable(name, _wrong(text.decode(errors="replace"), error)) from None
    return found.model_copy(update={"file": beside.name})


def unknown(title: str, there: str) -> Failed:
    """What is raised where a file asks for what there isn't; `there` says what there is."""
    help = f"{there}; `archc tune` writes the file anew, and without it archc's own rules choose"
    return Failed(Diagnostic("E1101", title, help=help))


def _wrong(text: str, error: ValidationError) -> str:
    """The first thing that is wrong with a file's text, in words, with its line."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return "it is no JSON: " + first["msg"].removeprefix("Invalid JSON: ")
    keys, at = [key for key in first["loc"] if isinstance(key, str)], 0
    for key in keys:
        at = max(at, text.find(json.dumps(key, ensure_ascii=False), at))
    needed = next((words for start, words in NEEDED.items() if first["type"].startswith(start)), first["msg"])
    what = f"`{'.'.join(keys)}`" if keys else "its content"
    return f"line {text.count(chr(10), 0, at) + 1}: {what} {needed}"


def _unusable(name: str, why: str) -> Failed:
    help = "`archc tune` writes it anew; without the file, archc's own rules choose"
    return Failed(Diagnostic("E1101", f"{name} does not hold what `archc tune` writes", notes=(why[:300],), help=help))
