"""The text of a compiled XLA module, as far as a profile needs it: what calls what, and from which lines of Python.

An instruction stands on a line of its own:

    %dot.1 = f32[120,84]{1,0} dot(%a, %b), lhs_contracting_dims={0}, metadata={op_name="…" stack_frame_id=21}

and `stack_frame_id` is a row of the table `StackFrames` at the head of the module, which leads to the frame that called
it and, through `FileLocations`, to a file and a line.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

_ROW = re.compile(r"(\d+) (.*)")
_FIELD = re.compile(r"(\w+)=(\d+)")
_HEAD = re.compile(r"(?:ENTRY )?%(?P<name>[\w.-]+) \(.*\{$")
_INSTRUCTION = re.compile(r"\s+(?:ROOT )?%(?P<name>[\w.-]+) = (?P<rest>.*)")
_OPCODE = re.compile(r"(?:^|[\s)])(?P<opcode>[a-z][a-z0-9-]*)\(")
_SHAPE = re.compile(r"(?P<type>[a-z]\w*)\[(?P<sizes>[\d,]*)\]")
_REFERENCE = re.compile(r"%([\w.-]+)")
_CALLED = re.compile(r"(?:calls|to_apply|body|condition|called_computations|branch_computations)=(\{[^}]*\}|%[\w.-]+)")
_OP_NAME = re.compile(r'op_name="((?:[^"\\]|\\.)*)"')
_FRAME = re.compile(r"stack_frame_id=(\d+)")
_CONTRACTED = re.compile(r"lhs_contracting_dims=\{([\d,]*)\}")


@dataclass(frozen=True)
class Frame:
    """A line of Python that was on the stack."""

    file: str
    function: str
    line: int


@dataclass(frozen=True)
class Instruction:
    """An instruction of a computation: `elements` of its output, the names it reads, the computations it calls.

    `path` is how JAX calls the operation, `jit(train_step)/transpose(jvp(C3))/dot_general`, and `frame` the number of
    its innermost frame; "" and 0 where XLA made the instruction itself.
    """

    name: str
    opcode: str
    shape: tuple[int, ...]
    reads: tuple[str, ...]
    calls: tuple[str, ...]
    path: str
    frame: int
    contracted: tuple[int, ...] = ()

    @property
    def elements(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True)
class Hlo:
    """A module: its computations by name, each a list of instructions in order."""

    name: str
    computations: Mapping[str, tuple[Instruction, ...]]
    frames: Mapping[int, tuple[int, Frame]]

    @cached_property
    def instructions(self) -> dict[str, Instruction]:
        """By name, of all computations: in a module names are unique."""
        return {each.name: each for computation in self.computations.values() for each in computation}

    @cached_property
    def readers(self) -> dict[str, list[Instruction]]:
        """The instructions that read each one."""
        found: dict[str, list[Instruction]] = {}
        for each in self.instructions.values():
            for name in each.reads:
                found.setdefault(name, []).append(each)
        return found

    def stack(self, frame: int) -> list[Frame]:
        """The lines that led to a frame, the outermost first."""
        found: list[Frame] = []
        while frame in self.frames and len(found) <= len(self.frames):
            frame, line = self.frames[frame]
            found.append(line)
        return found[::-1]


def parse(text: str) -> Hlo:
    """A module, from what `compiled.as_text()` gives."""
    lines = text.splitlines()
    name = lines[0].removeprefix("HloModule ").partition(",")[0]
    computations: dict[str, tuple[Instruction, ...]] = {}
    current: list[Instruction] = []
    inside = ""
    for line in lines:
        if not inside and (head := _HEAD.match(line)):
            inside, current = head["name"], []
        elif inside and line.startswith("}"):
            computations[inside], inside = tuple(current), ""
        elif inside and (found := _INSTRUCTION.match(line)):
            current.append(_instruction(found["name"], found["rest"]))
    return Hlo(name, computations, _frames(lines))


def _instruction(name: str, rest: str) -> Instruction:
    opcode = _OPCODE.search(rest)
    start = opcode.end() if opcode else len(rest)
    end = _closing(rest, start)
    output = rest[: opcode.start()] if opcode else rest
    shape = _SHAPE.search(output)
    path, frame = _OP_NAME.search(rest, end), _FRAME.search(rest, end)
    contracted = _CONTRACTED.search(rest, end)
    return Instruction(
        name,
        opcode["opcode"] if opcode else "",
        _sizes(shape["sizes"]) if shape else (),
        tuple(_REFERENCE.findall(rest[start:end])),
        tuple(each for called in _CALLED.findall(rest[end:]) for each in _REFERENCE.findall(called)),
        path[1].replace("\\'", "'").replace('\\"', '"') if path else "",
        int(frame[1]) if frame else 0,
        _sizes(contracted[1]) if contracted else (),
    )


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(",") if size)


def _closing(text: str, start: int) -> int:
    """Where the bracket ends that was opened before `start`."""
    depth = 1
    for i in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return i
    return len(text)


def _frames(lines: list[str]) -> dict[int, tuple[int, Frame]]:
    files = {number: text.strip('"') for number, text in _table(lines, "FileNames")}
    functions = {number: text.strip('"') for number, text in _table(lines, "FunctionNames")}
    places = {number: _fields(text) for number, text in _table(lines, "FileLocations")}
    frames = {number: _fields(text) for number, text in _table(lines, "StackFrames")}
    # the first frame has no caller, and XLA writes 1 there: numbers of callers count from 1 for "none"
    shift = frames.get(1, {}).get("parent_frame_id", 0)
    found: dict[int, tuple[int, Frame]] = {}
    for number, frame in frames.items():
        place = places.get(frame.get("file_location_id", 0), {})
        file = files.get(place.get("file_name_id", 0), "")
        function = functions.get(place.get("function_name_id", 0), "")
        found[number] = (frame.get("parent_frame_id", shift) - shift, Frame(file, function, place.get("line", 0)))
    return found


def _table(lines: list[str], title: str) -> Iterator[tuple[int, str]]:
    """The numbered rows under a title, up to an empty line."""
    if title not in lines:
        return
    for line in lines[lines.index(title) + 1 :]:
        row = _ROW.match(line)
        if row is None:
            return
        yield int(row[1]), row[2]


def _fields(text: str) -> dict[str, int]:
    return {name: int(value) for name, value in _FIELD.findall(text)}
