"""Run folders: where a run keeps what it was given, what it measured and what it learned."""

import errno
import fcntl
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from archc import __version__
from archc.data.atomic import whole_file
from archc.diagnostics import Diagnostic, Failed
from archc.ir import Module

MARK = "run.json"
"""Written last when a folder is made: a folder that has it is a run."""


@dataclass(frozen=True)
class Beginning:
    """What a run is given, as `run.json` keeps it: enough to find its data again and to repeat it."""

    name: str
    source: str
    seed: int
    device: str | None
    source_folder: str | None
    data_dir: str | None
    command: tuple[str, ...]
    versions: Mapping[str, str]
    hashes: Mapping[str, str]


@dataclass
class RunFolder:
    """A run's folder, and the lock on it while this process holds one."""

    path: Path
    _lock: IO[str] | None = field(default=None, repr=False)

    @property
    def program(self) -> Path:
        return self.path / "program.py"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def gradients(self) -> Path:
        return self.path / "gradients.jsonl"

    @property
    def best(self) -> Path:
        return self.path / "best.npz"

    @property
    def last(self) -> Path:
        return self.path / "last.npz"

    @property
    def start(self) -> Path:
        """The weights that the run started from, if its recipe has any."""
        return self.path / "start.npz"

    @property
    def result(self) -> Path:
        return self.path / "result.json"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def stopped(self) -> Path:
        """Why training stopped, if it was at numbers that aren't finite."""
        return self.path / "stopped.txt"

    @property
    def ir(self) -> Path:
        return self.path / "ir.json"

    def lock(self) -> None:
        """Keeps every other process out until this one ends or `unlock` is called.

        The kernel drops the lock with the process, however that dies: no lock is ever stale.
        Raises Failed if another process has it.
        """
        with writing(self.path):
            file = (self.path / ".lock").open("a+", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            owner = file.read(20).strip()
            file.close()
            by = f" (process {owner})" if owner else ""
            help = "wait until it ends, or train in another folder: `--run FOLDER`"
            raise Failed(Diagnostic("E0703", f"{self.path} is in use by another archc{by}", help=help)) from None
        try:
            with writing(self.path):
                file.truncate(0)
                file.write(str(os.getpid()))
                file.flush()
        except Failed:
            with suppress(OSError):
                file.close()
            raise
        self._lock = file

    def unlock(self) -> None:
        """Lets others in."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def write_text(self, name: str, text: str) -> None:
        """Writes a file of the folder, whole or not at all. Raises Failed."""
        with writing(self.path), whole_file(self.path / name) as file:
            file.write(text.encode("utf-8"))

    def write_json(self, name: str, value: object) -> None:
        """Likewise, as JSON with the keys in the order given. Raises Failed."""
        text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:  # a folder whose name isn't UTF-8, which JSON can spell in ASCII
            text = json.dumps(value, indent=2, allow_nan=False)
        self.write_text(name, text + "\n")

    def read_json(self, path: Path) -> Any:
        """What a JSON file of the folder holds. Raises Failed if it is missing or damaged."""
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise Failed(_not_a_run(self.path, f"it has no {path.name}")) from None
        except (OSError, ValueError) as error:
            notes = (str(error),)
            raise Failed(Diagnostic("E0704", f"{path} cannot be read", notes=notes, help=AGAIN)) from None

    def numbers(self) -> dict[str, Any]:
        """The figures of a run that is over. Raises Failed."""
        found = self.read_json(self.result)
        best, last = (found.get(name) if isinstance(found, dict) else None for name in ("best_epoch", "epochs"))
        if type(best) is int and type(last) is int and 1 <= best <= last:
            return dict(found)
        title = f"{self.result} is not one that archc wrote: it says nothing of the best of the epochs"
        raise Failed(Diagnostic("E0704", title, help=AGAIN))

    def beginning(self) -> Beginning:
        """What the run was given. Raises Failed."""
        values = self.read_json(self.path / MARK)
        try:
            names = Beginning.__dataclass_fields__
            return Beginning(**{name: values[name] for name in names} | {"command": tuple(values["command"])})
        except (KeyError, TypeError):
            raise Failed(_not_a_run(self.path, f"its {MARK} is not one that archc wrote")) from None

    def arch(self) -> tuple[str, str]:
        """Name and text of the `.arch` file as resolved. Raises Failed."""
        name = f"{self.beginning().name}.arch"
        try:
            return name, (self.path / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Failed(_not_a_run(self.path, str(error))) from None


def create_run(name: str, run: Path | None, runs: Path) -> RunFolder:
    """A new, locked folder: `run` if given, else `runs/name-NUMBER` with the next free number.

    Raises Failed if `run` holds a run already, another process has it, or it cannot be written.
    """
    folder = _next_free(name, runs) if run is None else RunFolder(run)
    with writing(folder.path):
        folder.path.mkdir(parents=True, exist_ok=True)
    folder.lock()
    if (folder.path / MARK).exists():
        folder.unlock()
        help = f"go on with it: `archc train {folder.path} --resume`; or train in another folder: `--run FOLDER`"
        raise Failed(Diagnostic("E0702", f"{folder.path} holds a run already", help=help))
    with writing(folder.path):
        folder.checkpoints.mkdir(exist_ok=True)
    return folder


def _next_free(name: str, runs: Path) -> RunFolder:
    with writing(runs):
        runs.mkdir(parents=True, exist_ok=True)
        pattern = re.compile(re.escape(name) + r"-(\d{1,9})")
        taken = [int(match[1]) for entry in runs.iterdir() if (match := pattern.fullmatch(entry.name))]
        number = max(taken, default=0) + 1
        while True:
            try:
                (runs / f"{name}-{number}").mkdir()
            except FileExistsError:  # another process was quicker
                number += 1
            else:
                return RunFolder(runs / f"{name}-{number}")


def open_run(path: Path, *, lock: bool) -> RunFolder:
    """The folder of a run that was begun earlier. Raises Failed if it is none, or another process has it."""
    if not path.is_dir():
        help = "`archc train FILE` prints the folder that it makes, such as runs/digits-1"
        raise Failed(Diagnostic("E0701", f"there is no run folder {path}", help=help))
    folder = RunFolder(path)
    if not (path / MARK).exists():
        raise Failed(_not_a_run(path, f"it has no {MARK}"))
    if lock:
        folder.lock()
    return folder


AGAIN = "train the `.arch` file again"


def unfinished(folder: RunFolder, typed: str) -> str:
    """What to do about a run that isn't over, which is called as it was typed."""
    try:
        why = folder.stopped.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, ValueError, IndexError):
        return f"go on with it: `archc train {typed} --resume`"
    return f"{why} ({folder.stopped}); it would stop there again: change the recipe, and train anew"


def _not_a_run(path: Path, why: str) -> Diagnostic:
    return Diagnostic("E0704", f"{path} is not a run folder, or not a whole one", notes=(why,), help=AGAIN)


_ROOM = "free some space or choose another folder: `--run FOLDER`"
_HELP = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: _ROOM,
    errno.EACCES: "choose a folder that you may write to: `--run FOLDER`",
    errno.EPERM: "choose a folder that you may write to: `--run FOLDER`",
    errno.EROFS: "choose a folder on a disk that can be written: `--run FOLDER`",
    errno.EEXIST: "a file has that name: take it away, or choose another folder: `--run FOLDER`",
    errno.ENOTDIR: "part of the path is a file: take it away, or choose another folder: `--run FOLDER`",
    errno.ENAMETOOLONG: "choose a shorter name: `--run FOLDER`",
}
"""What to do about what the system says."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises Failed for an OSError in the block, which writes at `path`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        help = _HELP.get(error.errno or 0, "choose another folder: `--run FOLDER`")
        raise Failed(Diagnostic("E0707", f"{path} cannot be written: {reason}", help=help)) from error


def versions() -> dict[str, str]:
    """The versions that a run's numbers may depend on."""
    found = {"python": ".".join(map(str, sys.version_info[:3])), "archc": __version__}
    return {**found, **{package: version(package) for package in ("jax", "jaxlib", "optax", "numpy")}}


def run_name(source: str) -> str:
    """The name that a run of this source file bears: safe in a path, whatever the file is called."""
    return re.sub(r"[^\w.-]+", "_", Path(source).stem).strip("._-") or "run"


def begin(folder: RunFolder, beginning: Beginning, *, arch_text: str, program_text: str, ir_json: str) -> None:
    """Writes what a run is given, `run.json` last: a folder that has it is complete. Raises Failed."""
    folder.write_text(f"{beginning.name}.arch", arch_text)
    folder.write_text("program.py", program_text)
    folder.write_text("ir.json", ir_json)
    folder.write_json(MARK, {name: _plain(getattr(beginning, name)) for name in Beginning.__dataclass_fields__})


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


def read_module(folder: RunFolder) -> Module:
    """The IR that a run was begun with. Raises Failed."""
    try:
        return Module.model_validate(folder.read_json(folder.ir))
    except ValueError as error:
        notes = (str(error).splitlines()[0],)
        raise Failed(Diagnostic("E0704", f"{folder.ir} is damaged", notes=notes)) from None
