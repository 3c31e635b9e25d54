"""archc: a declarative architecture compiler.

Write a neural network in a short `.arch` file; archc checks it, shows it, and compiles it into a
standalone JAX program that is also what it trains. See `archc.api` for the library.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = ["Failed", "Model", "Run", "__version__", "check", "compile", "fit", "load", "open_run", "profile"]

if TYPE_CHECKING:
    from archc.api import Model, Run, check, compile, fit, load, open_run, profile
    from archc.diagnostics import Failed


def __getattr__(name: str) -> Any:
    # so that `import archc` costs nothing, and every command only what it needs
    if name in __all__:
        from archc import api, diagnostics

        return getattr(diagnostics if name == "Failed" else api, name)
    raise AttributeError(f"module 'archc' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
