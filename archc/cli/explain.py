"""`archc explain`."""

import shutil
from textwrap import fill, indent

import click
from click.shell_completion import CompletionItem

from archc.cli.command import Command
from archc.cli.terminal import Terminal
from archc.diagnostics.catalogue import CATALOGUE
from archc.diagnostics.explain import Part, grouped, nearest, read_page

_WIDEST = 100


class Code(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """A code of the catalogue, in letters of either case."""

    name = "code"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        code = value.strip().upper()
        if code not in CATALOGUE:
            near = " or ".join(f"`{other}`" for other in nearest(value))
            advice = f"did you mean {near}?" if near else "`archc explain` lists all there are"
            raise click.UsageError(f"there is no code `{value}`: {advice}", ctx)
        return code

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        typed = incomplete.upper()
        return [CompletionItem(code, help=title) for code, title in CATALOGUE.items() if code.startswith(typed)]


@click.command(
    cls=Command,
    examples=[
        ("archc explain E0204", "what the error means, a wrong example, and the right one"),
        ("archc explain w0201", "a warning; the letter may be small"),
        ("archc explain", "all codes, a line each"),
    ],
)
@click.argument("code", required=False, metavar="[CODE]", type=Code())
@click.pass_obj
def command(terminal: Terminal, /, code: str | None) -> None:
    """Say more about the code of an error or a warning.

    The CODE stands in brackets at the start of a message: `error[E0204]`.
    """
    if code is not None:
        terminal.result(laid_out(read_page(code), terminal))
        return
    parts = [
        "\n".join([terminal.bold(group), *(f"  {code}  {CATALOGUE[code]}" for code in codes)])
        for group, codes in grouped().items()
    ]
    terminal.result("\n\n".join(parts))


def laid_out(page: tuple[Part, ...], terminal: Terminal) -> str:
    """A page for a terminal of any width: headings bold, examples indented."""
    width = min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
    shown = []
    for part in page:
        if part.kind == "code":
            shown.append(indent(part.text, "    "))
        elif part.kind == "heading":
            shown.append(terminal.bold(part.text))
        else:
            shown.append(fill(part.text, width, break_long_words=False, break_on_hyphens=False))
    return "\n\n".join(shown)
