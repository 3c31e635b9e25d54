"""What a printer gives in another process, where sets have another order and other fonts are at hand."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from archc.draw.formats import printed
from tests.draw.figures import NAMES, figure, sample


def digests(form: str) -> list[str]:
    """Of the sample and of models' figures, in every theme."""
    scenes = [sample(), *(figure(name) for name in NAMES[:3])]
    files = [printed(scene, form, theme) for scene in scenes for theme in ("light", "dark", "print")]
    return [hashlib.sha256(file).hexdigest() for file in files]


def digests_elsewhere(form: str, **environment: str) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", f"from tests.draw.processes import digests; print(*digests({form!r}))"],
        cwd=Path(__file__).parents[2],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.split()
