"""Files that commands write where they were told to."""

import errno
import os
import shlex
import shutil
from pathlib import Path

import click

from archc.locate import SUFFIX


def refuse_output(path: Path | None, source: Path | None, ctx: click.Context, suffix: str = "") -> None:
    """Raises UsageError for a name that no file can bear, or that would overwrite what people write themselves, and
    Failed if there is no such folder."""
    if path is None:
        return
    if not path.name or path.is_dir():
        raise click.UsageError(f"`{path}` is a folder: say the name of a file in it", ctx)
    if path.suffix == SUFFIX:
        raise click.UsageError(f"`{path}` is a name for a model: give the output another one", ctx)
    if source is not None and path.exists() and source.exists() and path.samefile(source):
        raise click.UsageError(f"`{path}` is the input, and would be overwritten: give the output another name", ctx)
    if not path.parent.exists():
        raise _unwritable(path, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
    if suffix and path.suffix != suffix:
        name = path.with_suffix(suffix)
        raise click.UsageError(f"what is written is a numpy file: call it `{name}`, not `{path}`", ctx)


def write_text(path: Path, text: str) -> None:
    """Writes a file, whole or not at all. Raises Failed."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file, whole or not at all. Raises Failed."""
    from archc.data.atomic import whole_file

    try:
        with whole_file(path) as file:
            file.write(content)
    except OSError as error:
        raise _unwritable(path, error) from None


def rewrite(path: Path, text: str) -> None:
    """Writes a file that is there, whole or not at all, and leaves it its permissions. Raises Failed."""
    from archc.data.atomic import whole_file

    try:
        target = path.resolve(strict=True)  # a link stays one
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with whole_file(target) as file:
            shutil.copymode(target, file.name)
            file.write(text.encode("utf-8"))
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> Exception:
    from archc.diagnostics import Diagnostic, Failed

    reason, help = (error.strerror or str(error)).lower(), ""
    if isinstance(error, FileNotFoundError):
        missing = next((each for each in reversed(path.parents) if not each.exists()), None)
        if missing is not None:
            reason = f"there is no folder `{missing}`"
            help = f"make it first, `mkdir -p {shlex.quote(str(path.parent))}`, or name one that is there"
    return Failed(Diagnostic("E0612", f"`{path}` cannot be written: {reason}", help=help))
