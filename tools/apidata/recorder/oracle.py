"""Talks to the Go recorder: one request, one reply."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Oracle:
    """A running recorder. Use as a context manager."""

    def __init__(self, binary: Path, definitions: Path, custom: Path) -> None:
        self._process = subprocess.Popen(
            [str(binary), str(definitions), str(custom)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def ask(self, operation: str, **request: Any) -> dict[str, Any]:
        """The reply: `object` on success, `status` for an API error, `error` for any other."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"op": operation, **request}).encode() + b"\n")
        self._process.stdin.flush()
        reply: dict[str, Any] = json.loads(self._process.stdout.readline())
        return reply
