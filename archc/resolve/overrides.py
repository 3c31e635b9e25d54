"""`--set K=V`, as edits of the file's text.

What is set from outside is written into the file where it stands, so that there is one way to read
a file, and the file kept with a run says all that was decided.
"""

from collections.abc import Sequence

from archc.diagnostics import Report
from archc.diagnostics.suggest import closest
from archc.resolve.wrong import Wrong, wrong
from archc.source import Source, Span
from archc.syntax import tree
from archc.syntax.parser import parse, parse_expression


def override(source: Source, settings: Sequence[str], report: Report) -> Source:
    """The source with every `K=V` written into it; faults go to the report."""
    for written in settings:
        before = report.errors
        file = parse(source, Report())
        key, equals, text = (part.strip() for part in written.partition("="))
        typed = Source(f"--set {key}" if key else "--set", text)
        if not equals or not key:
            report.add(
                wrong(
                    "E0320",
                    f"`--set {written}` has no value",
                    None,
                    help="it is written `--set NAME=VALUE`, such as `--set train.epochs=5`",
                ).diagnostic
            )
            continue
        parse_expression(typed, report)
        if report.errors > before:
            continue
        place = find(file, key)
        if place is None:
            report.add(unknown_key(file, key).diagnostic)
            continue
        start, end, lead, tail = place
        source = Source(source.name, source.text[:start] + lead + text.replace("\n", " ") + tail + source.text[end:])
    return source


def find(file: tree.File, key: str) -> tuple[int, int, str, str] | None:
    """Where the value of a key stands or would stand: start, end, and what goes around it."""
    head, _, rest = key.partition(".")
    if head == "train" and rest:
        return find_setting(file, rest)
    spans: list[Span] = []
    for item in file.items:
        match item:
            case tree.Let() if item.name.value == key:
                spans.append(item.value.span)
            case tree.Model():
                for parameter in item.parameters:
                    if parameter.name.value == key:
                        if parameter.default is None:
                            return parameter.name.span.end, parameter.name.span.end, " = ", ""
                        spans.append(parameter.default.span)
            case _:
                pass
    return (spans[0].start, spans[0].end, "", "") if spans else None


def find_setting(file: tree.File, path: str) -> tuple[int, int, str, str] | None:
    """`epochs` of the unnamed recipe, `quick.epochs` of a named one."""
    recipe, _, key = path.rpartition(".")
    for item in file.items:
        if isinstance(item, tree.Train) and (item.name.value if item.name else "") == recipe:
            for setting in item.settings:
                if setting.name.value == key:
                    return setting.value.span.start, setting.value.span.end, "", ""
            end = item.span.end - 1
            line = item.span.source.text.rfind("\n", 0, end) + 1
            if item.span.source.text[line:end].strip():
                return end, end, f"\n    {key} = ", "\n"
            return line, line, f"    {key} = ", "\n"
    return None


def unknown_key(file: tree.File, key: str) -> Wrong:
    """No parameter, `let` or recipe has the name."""
    known = [item.name.value for item in file.items if isinstance(item, tree.Let)]
    known += [p.name.value for item in file.items if isinstance(item, tree.Model) for p in item.parameters]
    near = closest(key, known)
    settings = "settings of the recipe are written `train.epochs`"
    if near:
        help = f"did you mean `{near[0]}`?"
    elif known:
        help = f"what can be set is {', '.join(f'`{k}`' for k in known)}; {settings}"
    else:
        help = settings
    return wrong("E0321", f"`--set {key}`: the file has no parameter or `let` of that name", None, help=help)
