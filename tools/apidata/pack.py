"""Compress what the Go generator wrote into the form in which the lab ships it.

Usage: python pack.py FOLDER   (turns schemas.json into schemas.json.xz and types.json into types.json.gz)
"""

from __future__ import annotations

import gzip
import lzma
import sys
from pathlib import Path


def main(folder: Path) -> None:
    """Replace the two large files by compressed ones; the bytes depend on nothing but the content."""
    schemas = folder / "schemas.json"
    (folder / "schemas.json.xz").write_bytes(lzma.compress(schemas.read_bytes(), preset=9 | lzma.PRESET_EXTREME))
    types = folder / "types.json"
    (folder / "types.json.gz").write_bytes(gzip.compress(types.read_bytes(), 9, mtime=0))
    schemas.unlink()
    types.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
