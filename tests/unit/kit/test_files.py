"""Writing whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from lab.kit.files import quoted, write_atomic


def test_a_file_is_written_with_its_rights(tmp_path: Path) -> None:
    """Folder, content and mode are as asked."""
    path = tmp_path / "a" / "b"
    write_atomic(path, "text", mode=0o600)

    assert path.read_text() == "text"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full at the last moment the old content stands and no temporary file is left."""
    path = tmp_path / "f"
    write_atomic(path, "old")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, "new")

    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_paths_are_quoted_for_a_shell() -> None:
    """A path with spaces can be pasted."""
    assert quoted("/a b/c") == "'/a b/c'"
    assert quoted("/a/c") == "/a/c"
