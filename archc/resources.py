"""The files that travel with the package: the grammar and the built-in models."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def grammar() -> str:
    """The text of the language's grammar."""
    return (_folder("grammars") / "arch.lark").read_text(encoding="utf-8")


def models_folder() -> Path:
    """The folder of the built-in models."""
    return _folder("models")


def _folder(name: str) -> Path:
    # a wheel carries the folders inside the package, a checkout has them beside it
    packed = PACKAGE / f"_{name}"
    return packed if packed.is_dir() else PACKAGE.parent / name
