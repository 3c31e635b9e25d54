"""Used files: whatever a path leads to, the answer names it and comes at once, and nothing outside is read."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archc.diagnostics import Diagnostic, Report
from archc.resolve import resolve
from archc.source import Source
from archc.syntax import parse, read_source
from tests.cost import timed

MODEL = "\nmodel Net {\n    input x[4]\n    dense(1)\n}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder to work in, beside a file that is none of its business."""
    (tmp_path / "secret.arch").write_text("block secret { dense(41) }\n")
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def found(text: str, folder: Path) -> list[Diagnostic]:
    """What is said of a text in the folder, at once; every file that is read has to lie within it."""
    opened: list[Path] = []

    def read(path: Path, shown_as: str) -> Source:
        opened.append(path)
        return read_source(path, shown_as)

    report = Report()
    file = Source("net.arch", text)
    modules, seconds = timed(lambda: resolve(parse(file, report), folder, report, read=read))
    assert seconds < 1, "0.1 on a machine of its own"
    assert bool(modules) == (report.errors == 0)
    assert all(path.resolve().is_relative_to(folder.resolve()) for path in opened)
    return report.found


def used(target: str, folder: Path) -> Diagnostic:
    """The one thing that is said of `use "target"`."""
    (only,) = found(f'use "{target}"{MODEL}', folder)
    return only


def fifo(folder: Path) -> str:
    os.mkfifo(folder / "pipe.arch")
    return "pipe.arch"


def link_out(folder: Path) -> str:
    (folder / "out.arch").symlink_to(folder.parent / "secret.arch")
    return "out.arch"


def link_to_folder(folder: Path) -> str:
    (folder / "up").symlink_to(folder.parent)
    return "up/secret.arch"


def link_to_itself(folder: Path) -> str:
    (folder / "loop.arch").symlink_to("loop.arch")
    return "loop.arch"


def link_to_nothing(folder: Path) -> str:
    (folder / "dead.arch").symlink_to("nothing.arch")
    return "dead.arch"


def folder_inside(folder: Path) -> str:
    (folder / "inner.arch").mkdir()
    return "inner.arch"


def forbidden(folder: Path) -> str:
    (folder / "closed.arch").write_text("block a { relu }\n")
    (folder / "closed.arch").chmod(0)
    if os.access(folder / "closed.arch", os.R_OK):
        pytest.skip("nothing is forbidden to this user")
    return "closed.arch"


def no_text(folder: Path) -> str:
    (folder / "bytes.arch").write_bytes(b"block a { \xff }")
    return "bytes.arch"


def large(folder: Path) -> str:
    with (folder / "large.arch").open("wb") as file:
        file.truncate(10**9)
    return "large.arch"


def plain(name: str) -> Callable[[Path], str]:
    def target(folder: Path) -> str:
        return name

    target.__name__ = name[:12]
    return target


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (plain("missing.arch"), "E0001"),
        (plain("no/such/folder.arch"), "E0001"),
        (plain("."), "E0001"),
        (plain("n" * 190 + ".arch"), "E0001"),
        (plain("é" * 190 + ".arch"), "E0001"),
        (folder_inside, "E0001"),
        (fifo, "E0001"),
        (link_to_nothing, "E0001"),
        (forbidden, "E0001"),
        (no_text, "E0002"),
        (large, "E0005"),
        (plain("../secret.arch"), "E0007"),
        (plain(".."), "E0007"),
        (plain("inner/../../secret.arch"), "E0007"),
        (plain("/etc/passwd"), "E0007"),
        (plain("/dev/zero"), "E0007"),
        (plain("~/secret.arch"), "E0007"),
        (plain("C:/secret.arch"), "E0007"),
        (plain("C:secret.arch"), "E0007"),
        (plain("\\\\host\\share.arch"), "E0007"),
        (plain("https://example.org/a.arch"), "E0007"),
        (plain(""), "E0007"),
        (plain(" "), "E0007"),
        (link_out, "E0007"),
        (link_to_folder, "E0007"),
        (link_to_itself, "E0007"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_where_a_path_leads(target: Callable[[Path], str], code: str, project: Path) -> None:
    written = target(project)
    told = used(written, project)
    assert told.code == code
    assert not written.strip() or written in told.title or os.path.normpath(written) in told.title
    assert str(project) not in told.title + told.help, "people read where a file is as they wrote it"
    assert "secret {" not in told.title + told.help + told.label


@pytest.mark.parametrize("written", ["n" * 5000 + ".arch", "a/" * 3000 + "b.arch"])
def test_a_path_that_is_too_long(written: str, project: Path) -> None:
    told = used(written, project)
    assert told.code == "E0007"
    assert told.span and told.span.text == f'"{written}"'
    assert len(told.title) < 100


def test_a_nul_in_a_path(project: Path) -> None:
    # the reader of files refuses such a text before; a tree may come from elsewhere
    assert {told.code for told in found(f'use "a\0b.arch"{MODEL}', project)} & {"E0003", "E0007"}


def test_a_used_file_stays_within_the_project_too(project: Path) -> None:
    (project / "inner").mkdir()
    (project / "inner" / "part.arch").write_text('use "../../secret.arch"\nblock part { relu }\n')
    told = used("inner/part.arch", project)
    assert (told.code, told.span and told.span.source.name) == ("E0007", "inner/part.arch")


def test_a_used_file_may_use_one_beside_the_first(project: Path) -> None:
    (project / "inner").mkdir()
    (project / "inner" / "part.arch").write_text('use "../base.arch"\nblock part { base }\n')
    (project / "base.arch").write_text("block base { dense(1) }\n")
    assert found('use "inner/part.arch"\nmodel Net {\n    input x[4]\n    part\n}\n', project) == []


def chain(folder: Path, length: int) -> None:
    for i in range(length):
        last = i == length - 1
        text = "block last { dense(1) }\n" if last else f'use "f{i + 1}.arch"\n'
        (folder / f"f{i}.arch").write_text(text)


@pytest.mark.parametrize("length", [33, 10_000])
def test_a_long_chain(length: int, project: Path) -> None:
    chain(project, length)
    told = used("f0.arch", project)
    assert told.code == "E0009"
    assert told.span and told.span.text == '"f32.arch"'


def test_a_chain_that_is_short_enough(project: Path) -> None:
    chain(project, 32)
    (told,) = found(f'use "f0.arch"{MODEL}', project)
    assert told.code == "W0308"


@pytest.mark.parametrize("corners", [1, 2, 20])
def test_a_circle(corners: int, project: Path) -> None:
    for i in range(corners):
        (project / f"f{i}.arch").write_text(f'use "f{(i + 1) % corners}.arch"\n')
    told = used("f0.arch", project)
    assert told.code == "E0008"
    assert told.title.count("->") == corners and told.title.endswith("f0.arch")


def test_a_circle_over_the_file_itself(project: Path) -> None:
    text = f'use "part.arch"{MODEL}'
    (project / "net.arch").write_text(text)
    (project / "part.arch").write_text('use "net.arch"\nblock part { relu }\n')
    assert [told.code for told in found(text, project)] == ["E0008"]


def towers(width: int, height: int) -> Iterator[tuple[str, str]]:
    """Files of which each uses all of the next floor."""
    for floor in range(height):
        for i in range(width):
            uses = "".join(f'use "t{floor + 1}_{k}.arch"\n' for k in range(width)) if floor + 1 < height else ""
            yield f"t{floor}_{i}.arch", f"{uses}block b{floor}_{i} {{ relu }}\n"


def test_each_file_is_read_once(project: Path) -> None:
    for name, text in towers(4, 20):
        (project / name).write_text(text)
    assert found('use "t0_0.arch"\nmodel Net {\n    input x[4]\n    dense(1) -> b0_0\n}\n', project) == []


def test_many_files(project: Path) -> None:
    for i in range(300):
        (project / f"m{i}.arch").write_text(f"block b{i} {{ relu }}\n")
    uses = "".join(f'use "m{i}.arch"\n' for i in range(300))
    flow = "".join(f"    b{i}\n" for i in range(300))
    assert found(f"{uses}model Net {{\n    input x[4]\n    dense(1)\n{flow}}}\n", project) == []
