"""What a client asks for when it fetches, read from version 0 and 1 as well as from version 2.

Source: git, gitprotocol-pack (packfile negotiation) and gitprotocol-v2 (fetch).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dulwich.objects import ObjectID

from lab.git_hosts.embedded.packets import Mark, PacketReader, ProtocolViolation

NO_LIMIT = 0x7FFFFFFF
"""The depth that `git fetch --unshallow` asks for."""


@dataclass(slots=True)
class FetchRequest:
    """Wanted and present objects, and how far history shall reach.

    `rounds` says how the haves of version 0 came: a list of haves for each flush. `done` ends the negotiation.
    """

    wants: list[ObjectID] = field(default_factory=list)
    rounds: list[list[ObjectID]] = field(default_factory=list)
    capabilities: frozenset[bytes] = frozenset()
    shallow: set[ObjectID] = field(default_factory=set)
    depth: int = 0
    relative: bool = False
    since: int = 0
    without: list[str] = field(default_factory=list)
    done: bool = False

    @property
    def deepens(self) -> bool:
        """Whether the client asks for another end of history."""
        return bool(self.depth or self.since or self.without)

    def haves(self) -> Iterable[ObjectID]:
        """What the client says it has."""
        return (have for haves in self.rounds for have in haves)

    def take(self, line: bytes) -> bool:
        """Read one line on what is wanted; False when it is none of these."""
        word, _, value = line.partition(b" ")
        match word:
            case b"want":
                self.wants.append(object_id(value))
            case b"shallow":
                self.shallow.add(object_id(value))
            case b"deepen":
                self.depth = _number(value)
            case b"deepen-since":
                self.since = _number(value)
            case b"deepen-not":
                self.without.append(value.decode())
            case b"deepen-relative":
                self.relative = True
            case _:
                return False
        return True


def read_version_0(packets: PacketReader) -> FetchRequest:
    """The request as versions 0 and 1 send it, each time from the beginning. Raises ProtocolViolation."""
    request = FetchRequest()
    for line in packets.section():
        text = line
        if not request.wants and line.startswith(b"want "):
            text, request.capabilities = line[:45], frozenset(line[45:].split())
        if not request.take(text):
            raise ProtocolViolation(f"git upload-pack: protocol error, expected to get object ID, not '{line!r}'")
    request.relative = b"deepen-relative" in request.capabilities
    haves: list[ObjectID] = []
    while (found := packets.next()) is not Mark.END_OF_STREAM:
        if found is Mark.FLUSH:
            request.rounds.append(haves)
            haves = []
        elif found == b"done":
            request.rounds.append(haves)
            request.done = True
            break
        elif isinstance(found, bytes) and found.startswith(b"have "):
            haves.append(object_id(found[5:]))
        else:
            raise ProtocolViolation(f"git upload-pack: expected SHA1 list, got '{found!r}'")
    return request


def read_version_2(arguments: Iterable[bytes]) -> FetchRequest:
    """The request as the arguments of the command `fetch` of version 2. Raises ProtocolViolation."""
    request = FetchRequest()
    haves: list[ObjectID] = []
    words: set[bytes] = set()
    for line in arguments:
        if line.startswith(b"have "):
            haves.append(object_id(line[5:]))
        elif line == b"done":
            request.done = True
        elif line in (b"thin-pack", b"no-progress", b"include-tag", b"ofs-delta"):
            words.add(line)
        elif not request.take(line):
            raise ProtocolViolation(f"unexpected line: '{line.decode(errors='replace')}'")
    request.rounds = [haves]
    request.capabilities = frozenset({*words, b"side-band-64k"})
    return request


def object_id(text: bytes) -> ObjectID:
    """The id. Raises ProtocolViolation for what is none."""
    if len(text) != 40 or text.strip(b"0123456789abcdef"):
        raise ProtocolViolation(f"not an object id: {text!r}")
    return ObjectID(text)


def _number(text: bytes) -> int:
    if not text.isdigit():
        raise ProtocolViolation(f"not a number: {text!r}")
    return int(text)
