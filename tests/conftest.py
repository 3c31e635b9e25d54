"""Options and fixtures for all tests."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

# what one test compiles is nothing that another may find
os.environ["ARCHC_NO_CACHE"] = "1"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the files that hold expected texts")


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
