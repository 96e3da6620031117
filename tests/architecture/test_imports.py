"""The import contracts of pyproject.toml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_import_contracts_are_kept(root: Path) -> None:
    """Imports go down, Git is the bridge, pure means pure, and foreign libraries have one fence each."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]

    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
