"""Where files are: the grammar and the models that travel with the package, and the user's cache."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def grammar() -> str:
    """The text of the language's grammar."""
    return (_folder("grammars") / "arch.lark").read_text(encoding="utf-8")


def models_folder() -> Path:
    """The folder of the built-in models."""
    return _folder("models")


def cache_folder() -> Path:
    """The user's own cache folder for archc."""
    from platformdirs import user_cache_path

    return user_cache_path("archc", appauthor=False)


def _folder(name: str) -> Path:
    # a wheel carries the folders inside the package, a checkout has them beside it
    packed = PACKAGE / f"_{name}"
    return packed if packed.is_dir() else PACKAGE.parent / name
