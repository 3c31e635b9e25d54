"""Files come whole or not at all, and what is no ordinary file stays what it is."""

import os
import stat
from pathlib import Path
from threading import Thread

import pytest

from archc.data.atomic import whole_file


def test_a_file_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    with whole_file(path) as file:
        file.write(b"one")
        assert not path.exists()
    assert path.read_bytes() == b"one"
    with pytest.raises(ZeroDivisionError), whole_file(path) as file:
        file.write(b"two")
        raise ZeroDivisionError
    assert path.read_bytes() == b"one" and list(tmp_path.iterdir()) == [path]


def test_what_is_no_ordinary_file_is_written_to(tmp_path: Path) -> None:
    """As root, a device could else be replaced by a file."""
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    with whole_file(pipe) as file:
        file.write(b"text")
    reader.join(10)
    assert read == [b"text"] and stat.S_ISFIFO(pipe.stat().st_mode) and list(tmp_path.iterdir()) == [pipe]
