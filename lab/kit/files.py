"""Writing files so that a killed process leaves either the old content or the new one."""

from __future__ import annotations

import os
import shlex
import tempfile
from pathlib import Path


def write_atomic(path: Path, content: bytes | str, *, mode: int = 0o644) -> None:
    """Write `content` to a temporary file beside `path` and rename it; the folder is made when missing.

    Raises OSError as the system gives it; the old file is untouched then.
    """
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def quoted(path: Path | str) -> str:
    """The path as a shell takes it, quoted only where needed."""
    return shlex.quote(str(path))
