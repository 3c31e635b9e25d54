"""What is said to someone who typed a command that does not exist that way."""

from collections.abc import Iterable

import click


class UnknownCommand(click.UsageError):
    """The message says what to type instead."""


def unknown_command(word: str, commands: Iterable[str], ctx: click.Context) -> UnknownCommand:
    """The error for a first word that is no command."""
    from archc.diagnostics.suggest import closest

    near = closest(word, commands)
    if word.endswith(".arch"):
        advice = f"say what to do with the file: `archc check {word}`"
    elif near:
        advice = f"did you mean `archc {near[0]}`?"
    else:
        advice = "the commands are " + ", ".join(commands)
    return UnknownCommand(f"there is no command `{word}`: {advice}", ctx)


def usage_message(error: click.UsageError) -> str:
    """What is wrong with the way a command was typed, and an example of how it is typed."""
    ctx = error.ctx
    path = ctx.command_path if ctx else "archc"
    lines = [f"{path}: {_problem(error)}"]
    examples = getattr(ctx.command, "examples", ()) if ctx else ()
    if examples:
        lines.append(f"for example: {examples[0][0]}")
    lines.append(f"all about it: {path} --help")
    return "\n".join(lines)


def _problem(error: click.UsageError) -> str:
    match error:
        case click.NoSuchOption():
            return _unknown_option(error)
        case click.MissingParameter() if error.param is not None:
            return f"{_shown(error.param)} is missing"
        case click.BadOptionUsage():
            return f"`{error.option_name}`: {_plain(error.message)}"
        case click.BadParameter() if error.param is not None and isinstance(error.param.type, click.IntRange):
            return f"{_shown(error.param)}: {_no_count(error.message, error.param.type)}"
        case click.BadParameter() if error.param is not None:
            return f"{_shown(error.param)}: {_plain(error.message)}"
        case _:
            return _plain(error.message)


def _unknown_option(error: click.NoSuchOption) -> str:
    from archc.diagnostics.suggest import closest

    parameters = error.ctx.command.get_params(error.ctx) if error.ctx else []
    options = [opt for parameter in parameters for opt in parameter.opts if opt.startswith("-")]
    known = {option.lstrip("-"): option for option in options}
    word = error.option_name.lstrip("-")
    near = closest(word, known)
    if setting := _setting(word):
        return f"there is no option `{error.option_name}`: {setting}"
    advice = f"; did you mean `{known[near[0]]}`?" if near else ""
    return f"there is no option `{error.option_name}`{advice}"


def _setting(word: str) -> str:
    """How to say what is no option but a setting of the recipe, nothing if it is none."""
    from archc.recipes.settings import Settings

    name = word.replace("-", "_").lower()
    if name in ("lr", "learning_rate", "rate"):
        return "the learning rate is the optimizer's, say `--set 'train.optimizer=adam(1e-3)'`"
    name = {"batch_size": "batch", "epoch": "epochs"}.get(name, name)
    if name not in {*Settings.parameters, "loss", "metrics"}:
        return ""
    return f"say `--set train.{name}={ {'epochs': '3', 'batch': '32'}.get(name, '…') }`"


def _no_count(message: str, allowed: click.IntRange) -> str:
    """That what was typed, with which click's sentence begins, is none of the numbers that are allowed."""
    typed = message.rpartition(" is not ")[0].strip("'")
    to = " on" if allowed.max is None else f" to {allowed.max:,.0f}"
    return f"`{typed}` is no whole number from {allowed.min:,.0f}{to}"


def _shown(parameter: click.Parameter) -> str:
    """A parameter as the help calls it: `FILE`, `--seed`."""
    if isinstance(parameter, click.Argument):
        return str(parameter.metavar or parameter.name).rstrip(".…")
    return f"`{max(parameter.opts, key=len)}`"


def _plain(message: str) -> str:
    """One of click's sentences, to stand behind a colon."""
    text = message.strip().rstrip(".")
    return text[:1].lower() + text[1:]
