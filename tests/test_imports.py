"""The rooms of the house: each imports those built before it and none that come later."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "archc"
FILES = sorted(PACKAGE.rglob("*.py"))

FLOORS = (
    ("source", "resources", "types", "code", "parameters", "diagnostics", "locate"),
    ("ops", "recipes"),
    ("ir",),
    ("data.catalog",),
    ("syntax",),
    ("resolve",),
    ("passes",),
    ("program",),
    ("draw",),
    ("pipeline", "memory", "summary", "lecture"),
    ("data",),
    ("train",),
    ("export", "importers"),
    ("api",),
    ("cli", "__main__"),
)
"""Rooms from the ground up. Those of one floor may import each other, in no circle."""

FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
LOW_DATA = tuple(
    f"archc.data.{name}"
    for name in (
        "archive",
        "bundled",
        "catalog",
        "columns",
        "dataset",
        "delimited",
        "folder",
        "kinds",
        "looked_through",
        "opening",
        "survey",
        "tabular",
    )
)


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


def room_of(module: str) -> str:
    """The room of a module; none for the package itself, which holds no more than the version and the door to `api`."""
    if module.startswith(LOW_DATA):
        return "data.catalog"
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports anywhere in it, as far down as it can be named."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str() as module, names=names, level=0):
                for name in names:
                    full = f"{module}.{name.name}"
                    yield full if full in MODULES else module
            case ast.ImportFrom():
                raise AssertionError(f"{path} has a relative import in line {node.lineno}")


def at_start(path: Path) -> Iterator[str]:
    """What is imported as soon as the file is: outside functions and `if TYPE_CHECKING`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = ast.Module([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], [])
    for node in top.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (
                f"{node.module}.{name.name}" if f"{node.module}.{name.name}" in MODULES else node.module
                for name in node.names
            )
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def mine(names: Iterator[str]) -> set[str]:
    return {name for name in names if name.split(".")[0] == "archc"}


def outer(path: Path, package: str) -> bool:
    return any(name.split(".")[0] == package for name in imported(path))


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_room_imports_none_that_comes_later(path: Path) -> None:
    room = room_of(module_of(path))
    if room in ("", "kernels"):
        return
    for name in mine(imported(path)):
        other = room_of(name)
        if other in ("", room):
            continue
        assert other in FLOOR, f"{module_of(path)} imports {name}, whose room has no floor"
        assert FLOOR[other] <= FLOOR[room], f"{module_of(path)} imports {name}, which is built on it"


def test_every_room_has_a_floor() -> None:
    assert {room_of(module) for module in MODULES} - {"", "kernels"} <= set(FLOOR)


def test_kernels_import_each_other_and_nothing_else_of_archc() -> None:
    for module, path in MODULES.items():
        if room_of(module) == "kernels":
            assert {room_of(name) for name in mine(imported(path))} <= {"kernels"}, module
        else:
            assert not any(room_of(name) == "kernels" for name in mine(imported(path))), module


def test_the_way_is_no_circle() -> None:
    """Between rooms, and between the files of a room, as they are imported at the start."""
    reached: dict[str, set[str]] = {module: mine(at_start(path)) & set(MODULES) for module, path in MODULES.items()}
    done: set[str] = set()
    for start in sorted(reached):
        trail: list[tuple[str, list[str]]] = [(start, sorted(reached[start]))]
        while trail:
            module, rest = trail[-1]
            if not rest or module in done:
                done.add(module)
                trail.pop()
                continue
            following = rest.pop()
            on_the_way = [name for name, _ in trail]
            assert following not in on_the_way, " -> ".join([*on_the_way, following])
            trail.append((following, sorted(reached[following])))


@pytest.mark.parametrize(
    ("package", "rooms"),
    [
        ("jax", {"kernels", "train", "cli"}),
        ("jaxlib", {"kernels", "train", "cli"}),
        ("optax", {"kernels", "train", "cli"}),
        ("lark", {"syntax"}),
        ("click", {"cli"}),
        ("rich", {"cli", "train"}),
        ("pydantic", {"ir"}),
    ],
)
def test_a_library_is_known_to_few_rooms(package: str, rooms: set[str]) -> None:
    assert {room_of(module) for module, path in MODULES.items() if outer(path, package)} <= rooms


def test_only_the_parser_knows_lark() -> None:
    knowing = {module for module, path in MODULES.items() if outer(path, "lark")}
    parser = {"archc.syntax.parser", "archc.syntax.tables"}
    assert parser <= knowing
    for module in knowing - parser:
        assert not any(name.split(".")[0] == "lark" for name in at_start(MODULES[module])), (
            f"{module} imports more than types"
        )


@pytest.mark.parametrize("package", ["jax", "optax"])
def test_commands_start_without_jax(package: str) -> None:
    for module, path in MODULES.items():
        if room_of(module) not in ("kernels", "train"):
            assert not any(name.split(".")[0] == package for name in at_start(path)), module


TESTS = sorted(path for path in PACKAGE.with_name("tests").rglob("*.py") if path.parent.name != "golden")


@pytest.mark.parametrize("path", [*FILES, *TESTS], ids=lambda path: path.relative_to(PACKAGE.parent).as_posix())
def test_a_file_is_no_longer_than_can_be_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
