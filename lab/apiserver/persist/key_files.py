"""Secret keys in files: one folder, readable by its owner only; or in memory, for a lab without a folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


class KeyFiles:
    """A `KeyStore` over a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, name: str) -> bytes | None:
        """What was saved, or None."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def save(self, name: str, data: bytes) -> None:
        """Keep it with mode 0600, by a temporary file and a rename."""
        path = self._folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.new")
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    def forget(self, folder: str) -> None:
        """Drop everything below a folder."""
        shutil.rmtree(self._folder / folder, ignore_errors=True)


class KeyMemory:
    """A `KeyStore` that ends with the process."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load(self, name: str) -> bytes | None:
        """What was saved, or None."""
        return self._kept.get(name)

    def save(self, name: str, data: bytes) -> None:
        """Keep it."""
        self._kept[name] = data

    def forget(self, folder: str) -> None:
        """Drop everything below a folder."""
        for name in [name for name in self._kept if name.startswith(f"{folder}/")]:
            del self._kept[name]
