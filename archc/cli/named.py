"""Names of files and runs: how a shell completes them, and which folder is a run."""

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from archc.locate import SUFFIX, built_in


class FileName(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """A `.arch` file, or a built-in model unless `models` is denied; also a run's folder where `runs` is said."""

    name = "file"

    def __init__(self, *, runs: bool = False, files: bool = True, models: bool = True):
        self.runs, self.files, self.models = runs, files, models

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            shown = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            self.fail(f"the name {shown} is not UTF-8: rename the file", param, ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        names: list[str] = []
        if self.files:
            names += [*(built_in() if self.models else ()), *_in_folder(incomplete, f"*{SUFFIX}")]
        if self.runs:
            names += [path.parent.as_posix() for path in sorted(Path().glob("runs/*/run.json"))]
        found = [CompletionItem(name) for name in dict.fromkeys(names) if name.startswith(incomplete)]
        # folders are left to the shell, so that it goes on inside them; bash wants them said first
        return [CompletionItem(incomplete, type="dir"), *found]


def _in_folder(incomplete: str, pattern: str) -> list[str]:
    """The files that a half-typed path may become."""
    folder = incomplete.rpartition("/")[0]
    start = Path(folder or ("/" if incomplete.startswith("/") else "."))
    try:
        found = sorted(path.name for path in start.glob(pattern))
    except OSError:
        return []
    lead = incomplete[: incomplete.rfind("/") + 1]
    return [lead + name for name in found]


def find_run(written: str) -> Path:
    """The folder of a run, which may not be one. Raises Failed if there is no such folder."""
    from archc.diagnostics import Diagnostic, Failed
    from archc.diagnostics.suggest import closest

    path = Path(written)
    if path.is_dir():
        return path
    known = [run.parent.as_posix() for run in sorted(Path().glob("runs/*/run.json"))]
    if holds_run(path.parent):
        help = f"say the run that it is of: `{path.parent.as_posix()}`"
    elif path.is_file() or written in built_in():
        help = f"train it first: `archc train {written}` says which folder it makes"
    elif f"runs/{written}" in known:
        help = f"did you mean `runs/{written}`?"
    elif near := closest(path.as_posix(), known):
        help = f"did you mean `{near[0]}`?"
    elif known:
        more = f" and {len(known) - 5} more in `runs`" if len(known) > 5 else ""
        help = f"there are {', '.join(f'`{run}`' for run in known[-5:])}{more}"
    else:
        help = "`archc train FILE` prints the folder that it makes, such as runs/digits-1"
    raise Failed(Diagnostic("E0701", f"there is no run folder `{written}`", help=help))


def holds_run(folder: Path) -> bool:
    """Whether a folder is that of a run."""
    return (folder / "run.json").exists()


def is_run(written: str) -> bool:
    """Whether a run's folder is meant, and not a file or a built-in model."""
    path = Path(written)
    return path.is_dir() and (holds_run(path) or written not in built_in())
