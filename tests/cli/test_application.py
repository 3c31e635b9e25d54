"""What all commands share: help, options, exit status, and words for whoever mistyped."""

import shlex
from pathlib import Path

import click
import pytest

from archc.cli.application import COMMANDS, application
from archc.cli.command import Command
from tests.cli.conftest import Archc

CHEAP = {"check", "summary", "compile", "models", "datasets", "new", "completion", "explain"}


def commands() -> list[tuple[str, Command]]:
    ctx = click.Context(application, info_name="archc")
    found = [(name, application.get_command(ctx, name)) for name in COMMANDS]
    return [(name, command) for name, command in found if isinstance(command, Command)]


def examples() -> list[str]:
    return [line for _, command in commands() for line, _ in command.examples]


def test_help_names_every_command(archc: Archc) -> None:
    result = archc("--help")
    assert result.exit_code == 0
    for name, about in COMMANDS.items():
        assert f"  {name:10}  {about}\n" in result.stdout
    assert archc().stdout == archc("-h").stdout == result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(archc: Archc, name: str) -> None:
    result = archc(name, "--help")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[2].strip() == COMMANDS[name]
    assert "Examples:\n  archc " in result.stdout or name == "completion"
    assert "--quiet" in result.stdout and "--color" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100


@pytest.mark.parametrize("line", [line for line in examples() if line.startswith("archc ")])
def test_examples_can_be_typed(archc: Archc, line: str) -> None:
    """They are read without an error, and those that take no training are run too."""
    words = shlex.split(line.partition(" > ")[0].partition(" |")[0])[1:]
    Path("data").mkdir()
    ctx = application.make_context("archc", list(words))
    name, command, rest = application.resolve_command(ctx, [*words])
    assert name is not None and command is not None
    command.make_context(name, list(rest), parent=ctx)
    if name in CHEAP and not {"stablehlo", "nets/first.arch"} & set(words):
        if "mynet.arch" in words or "*.arch" in words:
            assert archc("new", "mynet").exit_code == 0
        result = archc(*(("mynet.arch" if word == "*.arch" else word) for word in words))
        assert result.exit_code == 0, result.output


def test_version(archc: Archc) -> None:
    from archc import __version__

    assert archc("--version").stdout == f"archc {__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["chek", "x"], "there is no command `chek`: did you mean `archc check`?"),
        (["lenet5.arch"], "say what to do with the file: `archc check lenet5.arch`"),
        (["frobnicate"], "the commands are new, check, "),
        (["check"], "archc check: FILE is missing\nfor example: archc check mynet.arch"),
        (["train", "digits", "--sed", "1"], "there is no option `--sed`"),
        (["train", "digits", "--epochs=1"], "there is no option `--epochs`"),
        (["summary", "digits", "--formt", "json"], "did you mean `--format`?"),
        (["summary", "digits", "--format", "yaml"], "`--format`: 'yaml' is not one of"),
        (["summary", "digits", "more"], "unexpected extra argument"),
        (["--colour", "never", "models"], "did you mean `--color`?"),
        (["train", "digits", "--seed", "x"], "`--seed`: `x` is no whole number from 0 to 2,147,483,647"),
        (["draw", "digits", "--depth", "-1"], "`--depth`: `-1` is no whole number from 0 on"),
        (["draw", "digits", "--depth", "all of it"], "`--depth`: `all of it` is no whole number from 0 on"),
        (["train", "digits", "--seed"], "`--seed`: "),
    ],
)
def test_usage_errors(archc: Archc, words: list[str], said: str) -> None:
    result = archc(*words)
    assert result.exit_code == 2
    assert said in result.stderr and result.stdout == ""
    assert "all about it: archc" in result.stderr and "Traceback" not in result.stderr


def test_misspelt_models(archc: Archc) -> None:
    for command in ("check", "summary", "compile", "train", "models"):
        result = archc(command, "digts")
        assert result.exit_code == 1
        assert result.stderr.startswith("error[E0004]: there is no file and no built-in model `digts`")
        assert "did you mean `digits`?" in result.stderr


def test_our_own_faults(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ValueError("seven\nand more")

    monkeypatch.setattr("archc.cli.models.built_in", broken)
    result = archc("models")
    assert result.exit_code == 2
    assert result.stderr.startswith("archc: a fault of archc itself: ValueError: seven\nplease report it")
    assert "Traceback" not in result.stderr
    monkeypatch.setenv("ARCHC_TRACEBACK", "1")
    assert "Traceback" in archc("models").stderr


def test_colours(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in archc("check", "digts").stderr
    for words in (["--color", "always", "check", "digts"], ["check", "digts", "--color=always"]):
        assert "\x1b[1;31m" in archc(*words).stderr
    monkeypatch.setattr("archc.cli.terminal.Terminal.colors", lambda self, stream: self.color != "never")
    assert "\x1b" in archc("check", "digits").stdout
    assert "\x1b" not in archc("check", "digits", "--color", "never").stdout


def test_a_terminal_is_coloured_unless_NO_COLOR_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    from archc.cli.terminal import Terminal

    class Screen:
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Terminal().colors(Screen())  # type: ignore[arg-type]
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Terminal().colors(Screen())  # type: ignore[arg-type]
    assert Terminal(color="always").colors(Screen())  # type: ignore[arg-type]


def test_quiet_stands_anywhere(archc: Archc) -> None:
    for words in (["-q", "check", "digits"], ["check", "-q", "digits"], ["check", "digits", "--quiet"]):
        result = archc(*words)
        assert (result.exit_code, result.output) == (0, "")
    assert archc("-q", "new", "a").output == ""
    assert archc("-q", "summary", "digits").stdout
