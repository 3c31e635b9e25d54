"""Which file is meant: a path, or the bare name of a built-in model."""

import re
from pathlib import Path

SUFFIX = ".arch"

DATA = (".csv", ".npz", ".npy")
"""Endings of files that hold data, and no network."""


def built_in() -> dict[str, Path]:
    """The built-in models by name."""
    from archc.resources import models_folder

    return {path.stem: path for path in sorted(models_folder().glob(f"*{SUFFIX}"))}


def first_in(folder: Path) -> Path | None:
    """The first `.arch` file in a folder, if there is any."""
    return min(folder.glob(f"*{SUFFIX}"), default=None)


def find_file(written: str) -> Path:
    """The `.arch` file that was meant: a path, or the name of a built-in model. Raises Failed."""
    path = Path(written)
    if path.is_file():
        if path.suffix.lower() in DATA:
            raise _data(path)
        return path
    bare = re.fullmatch(r"[\w-]+", written) is not None
    if bare and written in built_in():
        return built_in()[written]
    if bare and not path.exists():
        raise _no_model(written)
    if path.suffix == SUFFIX and not path.exists():
        raise _no_file(path)
    # whatever it is, reading it tells what is wrong
    return path


def find_model(name: str) -> Path:
    """The built-in model of that name. Raises Failed."""
    models = built_in()
    if name not in models:
        raise _no_model(name)
    return models[name]


def _no_model(name: str) -> Exception:
    from archc.diagnostics import Diagnostic, Failed
    from archc.diagnostics.suggest import closest

    models = list(built_in())
    near = closest(name, models)
    if Path(f"{name}{SUFFIX}").is_file():
        help = f"did you mean the file `{name}{SUFFIX}`?"
    elif near:
        help = f"did you mean `{near[0]}`?"
    else:
        help = f"the built-in models are {', '.join(f'`{model}`' for model in models)}"
    return Failed(Diagnostic("E0004", f"there is no file and no built-in model `{name}`", help=help))


def _data(path: Path) -> Exception:
    from archc.diagnostics import Diagnostic, Failed

    kind = path.suffix.lower().removeprefix(".")
    wanted = f'a network names its data itself, as `data = {kind}("{path.name}", …)`' if kind != "npy" else ""
    title = f"`{path.as_posix()}` holds data, and a network is in an `{SUFFIX}` file"
    return Failed(Diagnostic("E0001", title, help=wanted or "`archc new` writes one to begin with"))


def _no_file(path: Path) -> Exception:
    from archc.diagnostics import Diagnostic, Failed
    from archc.diagnostics.suggest import closest

    name = path.as_posix()
    near = closest(path.stem, [other.stem for other in path.parent.glob(f"*{SUFFIX}")])
    if near:
        help = f"did you mean `{path.with_name(near[0] + SUFFIX).as_posix()}`?"
    elif path.stem in built_in() and path.name == name:
        help = f"the built-in model is called `{path.stem}`, without `{SUFFIX}`"
    else:
        help = "check the spelling and the folder"
    return Failed(Diagnostic("E0001", f"`{name}` cannot be read: there is no such file", help=help))
