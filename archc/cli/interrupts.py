"""Ctrl-C that came where Python lets nothing fail."""

import sys
from typing import Any

AGAIN_SECONDS = 0.01


def hear_again() -> None:
    """From now on a Ctrl-C is heard once more that came in a callback that may not fail.

    Python says "Exception ignored in" of it, and goes on: as in the callback by which XLA follows the garbage
    collector.
    """
    sys.unraisablehook = _ignored


def _ignored(found: Any) -> None:
    if issubclass(found.exc_type, KeyboardInterrupt):
        import os
        import signal
        import threading

        # by a timer, as what is raised in here would be ignored too
        threading.Timer(AGAIN_SECONDS, os.kill, (os.getpid(), signal.SIGINT)).start()
    else:
        sys.__unraisablehook__(found)
