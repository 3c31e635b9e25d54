"""Options and fixtures for all tests."""

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

# what one test compiles is nothing that another may find
os.environ["ARCHC_NO_CACHE"] = "1"

# JAX keeps all that it traced, for which the collector looks through millions of objects time and again
gc.set_threshold(50_000, 20, 20)


HASTE = "--xla_cpu_use_fusion_emitters=false"
"""XLA makes machine code in an older way, and optimizes that code little: in a third of the time, where what it is
compiled for takes milliseconds. Fusions, and the last bits of results, can be others than users have."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--optimized", action="store_true", help="have XLA compile as it does for users, which is slower")
    parser.addoption("--update", action="store_true", help="rewrite the files that hold expected texts")


def pytest_configure(config: pytest.Config) -> None:
    """How this session and the processes that it starts compile, which JAX reads when it is imported."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    # what is slow trains for minutes
    if not config.getoption("--optimized") and config.getoption("-m") != "slow":
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {HASTE}".strip()
        os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
        if "jax" in sys.modules:  # by the conftest.py of a room
            sys.modules["jax"].config.update("jax_disable_most_optimizations", True)
    keep_compiled(config)


def keep_compiled(config: pytest.Config) -> None:
    """What XLA has compiled is kept for the whole session: the workers, and the processes that tests start, share it.

    A program is imported anew by every test that runs it, and JAX would compile it anew each time.
    """
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        compiled = TemporaryDirectory(prefix="archc-tests-")
        config.add_cleanup(compiled.cleanup)
        os.environ["JAX_COMPILATION_CACHE_DIR"] = compiled.name
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with that of a file, or with `--update` writes the file."""

    def check(path: Path, text: str) -> None:
        if request.config.getoption("--update"):
            path.write_text(text, encoding="utf-8")
        else:
            expected = path.read_text(encoding="utf-8") if path.exists() else ""
            assert text == expected, f"{path.name} differs: look at it, and rewrite it with `pytest --update`"

    return check
