"""From bytes to text. What cannot be read, is no text, or hides some is refused here."""

import re
import stat
from collections.abc import Callable
from pathlib import Path

from archc.diagnostics import Diagnostic, Failed
from archc.locate import first_in
from archc.source import Source

Reader = Callable[[Path, str], Source]
"""Gives the text of a file under the name that messages call it by. Raises Failed."""

LARGEST_FILE = 10_000_000

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
_KNOWN = {
    0x00: "NUL",
    0x1B: "the escape character of terminals",
    0xAD: "a soft hyphen",
    0x200B: "a space of no width",
    0x2060: "a word joiner",
    0xFEFF: "a byte order mark amid the text",
}
_REVERSING = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def read_source(path: Path, shown_as: str) -> Source:
    """The text of a file; `shown_as` is its name in messages. Raises Failed."""
    if "\0" in str(path):
        raise _unreadable(shown_as, "its name holds a NUL character")
    try:
        # looked at before it is opened: opening a pipe waits for its other end
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            found = first_in(path)
            such = f", such as `{(Path(shown_as) / found.name).as_posix()}`" if found else ""
            raise _unreadable(shown_as, "it is a folder", f"name an `.arch` file in it{such}")
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable(shown_as, "it is no ordinary file but a pipe, a socket or a device")
        if status.st_size > LARGEST_FILE:
            raise _too_large(shown_as)
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise _unreadable(shown_as, "there is no such file", "check the spelling and the folder") from None
    except PermissionError:
        raise _unreadable(shown_as, "you may not read it", "check its permissions") from None
    except NotADirectoryError:
        raise _unreadable(shown_as, "a part of its path is a file and no folder") from None
    except OSError as error:
        raise _unreadable(shown_as, (error.strerror or str(error)).lower()) from None
    return source_from_bytes(data, shown_as)


def source_from_bytes(data: bytes, name: str) -> Source:
    """The text that the bytes stand for. A byte order mark and carriage returns are taken out. Raises Failed."""
    if len(data) > LARGEST_FILE:
        raise _too_large(name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Failed(_not_utf8(data, name, error)) from None
    source = Source(name, text.replace("\r\n", "\n").replace("\r", "\n"))
    hidden = hidden_character(source)
    if hidden:
        raise Failed(hidden)
    return source


def hidden_character(source: Source) -> Diagnostic | None:
    """What to say of the first character that hides or reverses text, if there is one."""
    found = _HIDDEN.search(source.text)
    if not found:
        return None
    code = ord(found.group())
    if code in _REVERSING:
        what = "it changes the direction of the text around it"
    else:
        what = f"it is {_KNOWN.get(code, 'a control character')}"
    return Diagnostic(
        "E0003",
        f"an invisible character, U+{code:04X}",
        source.span(*found.span()),
        label=what,
        notes=("a file with such characters may say something else than it shows",),
        help="delete it; if you cannot see it, write the line anew",
    )


def _unreadable(name: str, why: str, help: str = "") -> Failed:
    return Failed(Diagnostic("E0001", f"`{name}` cannot be read: {why}", help=help))


def _too_large(name: str) -> Failed:
    title = f"`{name}` is larger than {LARGEST_FILE // 1_000_000} MB, the most that archc reads"
    return Failed(Diagnostic("E0005", title, help="is it an `.arch` file? Even the largest networks take a few kB"))


def _not_utf8(data: bytes, name: str, error: UnicodeDecodeError) -> Diagnostic:
    # some decoders count from after the byte order mark
    offset = error.start + (len(data) - len(error.object))
    line = data.count(b"\n", 0, offset) + 1
    notes: tuple[str, ...] = ()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        notes = ("it begins like a file in UTF-16",)
    elif b"\0" in data[:1000]:
        notes = ("it looks like a file that is no text at all",)
    return Diagnostic(
        "E0002",
        f"`{name}` is not UTF-8 text: byte {offset} (0x{data[offset]:02X}), in line {line}, does not fit",
        notes=notes,
        help="save the file as UTF-8",
    )
