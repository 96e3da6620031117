"""Requests and replies of the API, free of any transport."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `path` has no cluster prefix; header names are lower case, repeated headers joined by newline."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def param(self, name: str) -> str:
        """The first value of a query parameter, or the empty string."""
        return next((value for key, value in self.query if key == name), "")

    def params(self, name: str) -> list[str]:
        """Every value of a query parameter."""
        return [value for key, value in self.query if key == name]

    def flag(self, name: str) -> bool:
        """A boolean parameter as Kubernetes reads it: absent, `0` and `false` are False, anything else True."""
        values = self.params(name)
        return bool(values) and values[0].lower() not in ("0", "false")


@dataclass(frozen=True, slots=True)
class Response:
    """A complete reply. `warnings` become `Warning: 299` headers, one each."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Sink(Protocol):
    """Where a stream's bytes go. Neither method blocks."""

    def write(self, data: bytes) -> bool:
        """Take one frame; False says that the consumer is gone or too slow, and that the stream has to end."""
        ...

    def end(self) -> None:
        """No frame follows."""
        ...


class WatchHandle(Protocol):
    """A streaming reply: nothing flows before `start`; `close` may be called at any time and any number of times."""

    status: int
    content_type: str
    warnings: tuple[str, ...]

    def start(self, sink: Sink) -> None:
        """Begin to write frames to the sink; the first ones may be written before this returns."""
        ...

    def close(self) -> None:
        """Stop. The sink gets no further call."""
        ...
