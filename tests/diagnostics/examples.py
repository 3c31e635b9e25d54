"""Runs what the pages of `archc explain` show, in the working folder, as a reader would.

A block in ```arch is a file: its name is in its first line, `# net.arch`, and is net.arch without one.
```python is executed. A line of ```console is a command, typed behind `$`: archc's run in this process,
pip's are not run, and any other goes to the shell.
"""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner

from archc.cli.application import application
from archc.diagnostics.explain import Part

_CODE = re.compile(r"^(?:error|warning)\[([EW]\d{4})\]", re.MULTILINE)


class Example:
    """An example in the working folder; `codes` are those that were told, in order, and `file` is the last of it."""

    def __init__(self, trained: Path, monkeypatch: pytest.MonkeyPatch):
        self.codes: list[str] = []
        self.said = ""
        self.file = ""
        self.failed = False
        self._trained = trained
        self._monkeypatch = monkeypatch

    def run(self, parts: Iterable[Part]) -> None:
        """What a page shows, in order."""
        for part in parts:
            match part.language:
                case "arch":
                    named = re.match(r"# (\S+\.arch)\n", part.text)
                    self.file = named[1] if named else "net.arch"
                    Path(self.file).write_text(part.text + "\n", encoding="utf-8")
                case "python":
                    exec(compile(part.text, "example", "exec"), {})
                case "console":
                    for line in part.text.splitlines():
                        assert line.startswith("$ "), line
                        self.type(line.removeprefix("$ "))
                case other:
                    raise AssertionError(f"a block in {other!r} is neither a file nor a command")

    def type(self, line: str) -> None:
        """A command of one line."""
        words = shlex.split(line)
        while (name := words[0].partition("="))[1]:
            self._monkeypatch.setenv(name[0], name[2])
            del words[0]
        if words[0] == "pip":
            return
        if words[0] != "archc":
            subprocess.run(["bash", "-c", line], check=True)
            return
        assert not self.failed, "nothing is typed behind a command that failed"
        if words[1:] == ["train", "xor"] and not Path("runs").exists():
            # it is the same each time
            shutil.copytree(self._trained, "runs/xor-1")
            return
        result = CliRunner().invoke(application, words[1:])
        self.said += result.output
        self.codes += _CODE.findall(result.output)
        self.failed = result.exit_code != 0
        assert result.exit_code in (0, 1), result.output
