"""Files that commands write where they were told to."""

from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Writes a file, whole or not at all. Raises Failed."""
    from archc.data.atomic import whole_file
    from archc.diagnostics import Diagnostic, Failed

    try:
        with whole_file(path) as file:
            file.write(text.encode("utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Failed(Diagnostic("E0612", f"`{path}` cannot be written: {reason}")) from None
