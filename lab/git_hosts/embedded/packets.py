"""The framing of Git's protocol: packet lines, and several streams side by side on one.

Source: git, gitprotocol-common (pkt-line) and gitprotocol-pack (side-band-64k).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from enum import Enum
from typing import BinaryIO

Write = Callable[[bytes], None]

FLUSH_LINE = b"0000"
DELIMITER_LINE = b"0001"
_SIDEBAND_64K = 65515
_SIDEBAND_SMALL = 995


class Mark(Enum):
    """A packet without content."""

    FLUSH = 0
    DELIMITER = 1
    RESPONSE_END = 2
    END_OF_STREAM = -1


class ProtocolViolation(Exception):
    """The other side sent what the protocol does not know."""


def packet(text: bytes | str) -> bytes:
    """The text as one packet line."""
    data = text.encode() if isinstance(text, str) else text
    return b"%04x" % (len(data) + 4) + data


class PacketReader:
    """Packets from a stream, which may continue with something else after them."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def next(self) -> bytes | Mark:
        """The next packet's content without the newline at its end. Raises ProtocolViolation."""
        head = self.stream.read(4)
        if not head:
            return Mark.END_OF_STREAM
        try:
            size = int(head, 16)
        except ValueError as error:
            raise ProtocolViolation(f"bad line length character: {head!r}") from error
        if size < 3:
            return Mark(size)
        data = self.stream.read(size - 4)
        if size == 3 or len(data) != size - 4:
            raise ProtocolViolation("the remote end hung up unexpectedly")
        return data.removesuffix(b"\n")

    def section(self) -> Iterator[bytes]:
        """Packets up to the next mark, which is consumed."""
        while isinstance(line := self.next(), bytes):
            yield line


class Output:
    """What goes back: data, and progress beside it when the client's `capabilities` say that it tells them apart."""

    def __init__(self, write: Write, capabilities: Collection[bytes]) -> None:
        self._write = write
        large = b"side-band-64k" in capabilities
        self._size = _SIDEBAND_64K if large else _SIDEBAND_SMALL
        self._sideband = large or b"side-band" in capabilities
        self._progress = self._sideband and b"no-progress" not in capabilities and b"quiet" not in capabilities

    def data(self, chunk: bytes) -> None:
        """Send data."""
        if not self._sideband:
            self._write(chunk)
            return
        for start in range(0, len(chunk), self._size):
            self._write(packet(b"\x01" + chunk[start : start + self._size]))

    def progress(self, text: str) -> None:
        """Tell the person at the other end; shown with `remote: ` in front."""
        if self._progress:
            self._write(packet(b"\x02" + text.encode()))

    def end(self) -> None:
        """Nothing follows."""
        if self._sideband:
            self._write(FLUSH_LINE)
