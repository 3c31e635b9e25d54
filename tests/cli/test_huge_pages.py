"""Commands that train begin again with huge pages, where that is worth it."""

import os
import subprocess
import sys

import pytest

from archc.cli.huge_pages import asking

GIVES, GIVES_ALL, GIVES_NONE = "always [madvise] never", "[always] madvise never", "always madvise [never]"
ASKS = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}


def test_a_command_that_trains_asks_those_who_give() -> None:
    assert asking(["train", "digits"], {"HOME": "/"}, GIVES, (2, 36)) == {"HOME": "/", **ASKS}
    assert asking(["-q", "tune", "x.arch"], {}, GIVES, (2, 35)) == ASKS
    other = {"GLIBC_TUNABLES": "glibc.malloc.check=1"}
    found = asking(["profile", "x.arch"], other, GIVES, (3, 0))
    assert found == {"GLIBC_TUNABLES": "glibc.malloc.check=1:glibc.malloc.hugetlb=1"}


@pytest.mark.parametrize(
    ("words", "environment", "kernel", "libc"),
    [
        (["check", "train"], {}, GIVES, (2, 36)),
        ([], {}, GIVES, (2, 36)),
        (["train", "x"], {}, GIVES_ALL, (2, 36)),
        (["train", "x"], {}, GIVES_NONE, (2, 36)),
        (["train", "x"], {}, GIVES, (2, 34)),
        (["train", "x"], {}, GIVES, ()),
        (["train", "x"], ASKS, GIVES, (2, 36)),
        (["train", "x"], {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=0"}, GIVES, (2, 36)),
        (["train", "x"], {"ARCHC_HUGE_PAGES": "0"}, GIVES, (2, 36)),
    ],
)
def test_all_others_go_on_as_they_are(
    words: list[str], environment: dict[str, str], kernel: str, libc: tuple[int, ...]
) -> None:
    assert asking(words, environment, kernel, libc) is None


PRINTS = """
import archc.cli.huge_pages as pages, os, sys
pages._KERNEL = type("Kernel", (), {"read_text": staticmethod(lambda encoding: "always [madvise] never")})
pages._libc = lambda: (2, 36)
print("begins", os.environ.get("GLIBC_TUNABLES"), *sys.argv[1:], flush=True)
pages.begin_again()
print("goes on", flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has what is asked for")
def test_it_begins_again_once_with_the_same_words() -> None:
    environment = {
        name: value for name, value in os.environ.items() if name not in ("GLIBC_TUNABLES", "ARCHC_HUGE_PAGES")
    }
    words = [sys.executable, "-c", PRINTS, "train", "a b", "--quiet"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "begins None train a b --quiet",
        "begins glibc.malloc.hugetlb=1 train a b --quiet",
        "goes on",
    ]
