"""Paged lists that stay consistent: the rest of a list is kept, as references, until its token expires.

Source: Kubernetes, API concepts, retrieving large result sets in chunks.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import orjson

from lab.apiserver.core.errors import ApiError, bad_request
from lab.apiserver.core.store import Entry, Key
from lab.kit.clock import Clock

LIFETIME = 300.0
MAX_SNAPSHOTS = 200

Item = tuple[Key, Entry]

_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True, slots=True)
class Token:
    """Where to go on: a snapshot and an offset in it, or (after expiry) the key behind which to go on."""

    snapshot: int
    offset: int
    after: Key

    def text(self) -> str:
        """The opaque text for `metadata.continue`."""
        body = orjson.dumps({"s": self.snapshot, "o": self.offset, "n": self.after[0], "k": self.after[1]})
        return base64.urlsafe_b64encode(body).decode().rstrip("=")


def parse_token(text: str) -> Token:
    """Read a token; 400 if it is none of ours."""
    try:
        body = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        return Token(int(body["s"]), int(body["o"]), (str(body["n"]), str(body["k"])))
    except (binascii.Error, ValueError, KeyError, TypeError) as fault:
        raise bad_request(f"invalid continue token: continue key is not valid: {fault}") from None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A list as it was at one revision."""

    rev: int
    items: tuple[Item, ...]
    expires: float


class Snapshots:
    """The unfinished lists of one cluster."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[int, Snapshot] = {}
        self._next = 1

    def keep(self, rev: int, items: list[Item]) -> int:
        """Keep a list for its later pages; returns its number."""
        now = self._clock.time()
        for number in [n for n, s in self._kept.items() if s.expires <= now]:
            del self._kept[number]
        while len(self._kept) >= MAX_SNAPSHOTS:
            del self._kept[next(iter(self._kept))]
        number = self._next
        self._next += 1
        self._kept[number] = Snapshot(rev, tuple(items), now + LIFETIME)
        return number

    def find(self, token: Token) -> Snapshot:
        """The snapshot of a token; 410 with a fresh token where it has expired."""
        found = self._kept.get(token.snapshot)
        if found is None or found.expires <= self._clock.time():
            raise _expired(token)
        return found


def _expired(token: Token) -> ApiError:
    error = ApiError(410, "Expired", _TOO_OLD)
    error.continue_token = Token(0, 0, token.after).text()
    return error
