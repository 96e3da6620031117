"""Serving a fetch: what both sides have in common is found, and the rest is sent as a pack.

Over HTTP every request carries all that was said before, so each function answers one request and forgets it.

Source: git, upload-pack (stateless), gitprotocol-pack (multi_ack_detailed, no-done) and gitprotocol-v2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from dulwich.objects import Commit, ObjectID

from lab.git.commits import Objects
from lab.git.packed_refs import RefState
from lab.git.reachability import commits_of, missing_objects
from lab.git_hosts.embedded.advertisement import list_refs
from lab.git_hosts.embedded.fetch_request import FetchRequest, read_version_0, read_version_2
from lab.git_hosts.embedded.pack_writing import write_pack
from lab.git_hosts.embedded.packets import (
    DELIMITER_LINE,
    FLUSH_LINE,
    Mark,
    Output,
    PacketReader,
    ProtocolViolation,
    Write,
    packet,
)
from lab.git_hosts.embedded.shallow import Boundary, boundary


class UploadPack:
    """Answers to fetches of one repository, whose refs stand at `refs` and HEAD names `head`."""

    def __init__(self, objects: Objects, refs: RefState, head: str | None) -> None:
        self._objects = objects
        self._refs = refs
        self._head = head

    def answer(self, body: BinaryIO, write: Write, version: int) -> None:
        """Read a request and write the answer; what the client did wrong it is told in the protocol's way."""
        packets = PacketReader(body)
        try:
            if version == 2:
                self._version_2(packets, write)
            else:
                self._version_0(read_version_0(packets), write)
        except ProtocolViolation as error:
            write(packet(f"ERR {error}"))

    def _version_0(self, request: FetchRequest, write: Write) -> None:
        if not request.wants:
            return
        end = self._boundary(request)
        if request.deepens:
            for line in _shallow_lines(end):
                write(packet(line))
            write(FLUSH_LINE)
        talk = _Negotiation(self._objects, request)
        for line in talk.version_0():
            write(packet(line))
        if talk.agreed:
            self._send(request, talk.common, end, write)

    def _version_2(self, packets: PacketReader, write: Write) -> None:
        command = packets.next()
        while isinstance(packets_line := packets.next(), bytes):
            if packets_line.startswith(b"object-format=") and packets_line != b"object-format=sha1":
                raise ProtocolViolation("mismatched object format: server sha1")
        arguments = list(packets.section()) if packets_line is Mark.DELIMITER else []
        if command == b"command=ls-refs":
            for line in list_refs(arguments, self._refs, self._head):
                write(line)
        elif command == b"command=fetch":
            self._fetch(read_version_2(arguments), write)
        else:
            raise ProtocolViolation(f"unknown command {command!r}")

    def _fetch(self, request: FetchRequest, write: Write) -> None:
        end = self._boundary(request)
        talk = _Negotiation(self._objects, request)
        acknowledgments = list(talk.version_2())
        if not request.done:
            write(packet("acknowledgments\n"))
            for line in acknowledgments:
                write(packet(line))
            if not talk.agreed:
                write(FLUSH_LINE)
                return
            write(DELIMITER_LINE)
        if request.deepens:
            write(packet("shallow-info\n"))
            for line in _shallow_lines(end):
                write(packet(line + "\n"))
            write(DELIMITER_LINE)
        write(packet("packfile\n"))
        self._send(request, talk.common, end, write)

    def _boundary(self, request: FetchRequest) -> Boundary:
        for want in request.wants:
            if want not in self._objects:
                raise ProtocolViolation(f"upload-pack: not our ref {want.decode()}")
        return boundary(self._objects, request, self._commit_named)

    def _commit_named(self, name: str) -> str | None:
        for full in (name, f"refs/heads/{name}", f"refs/tags/{name}"):
            if (found := self._refs.commit(full)) is not None:
                return found
        return None

    def _send(self, request: FetchRequest, common: list[ObjectID], end: Boundary, write: Write) -> None:
        tags = {}
        if b"include-tag" in request.capabilities:
            tags = {self._refs.values[name]: target for name, target in self._refs.peeled.items()}
        output = Output(write, request.capabilities)
        ids = missing_objects(
            self._objects, request.wants, common, request.shallow, ends=end.ends, deepened=end.unshallow, tags=tags
        )
        output.progress(f"Enumerating objects: {len(ids)}, done.\n")
        write_pack(self._objects, ids, output.data)
        output.progress(f"Total {len(ids)} (delta 0), reused 0 (delta 0), pack-reused 0\n")
        output.end()


class _Negotiation:
    """What both sides have in common, as far as this request tells."""

    def __init__(self, objects: Objects, request: FetchRequest) -> None:
        self._objects = objects
        self._request = request
        self._enough_at = -1
        self.common: list[ObjectID] = []
        self.agreed = False

    def version_0(self) -> Iterator[str]:
        """The lines that go before the pack in version 0 and 1."""
        detailed = b"multi_ack_detailed" in self._request.capabilities
        rounds = self._request.rounds
        for number, haves in enumerate(rounds):
            ready = False
            for have in haves:
                if have in self._objects:
                    self.common.append(have)
                    if detailed:
                        yield f"ACK {have.decode()} common\n"
                    elif len(self.common) == 1:
                        yield f"ACK {have.decode()}\n"
                elif detailed and self._enough():
                    ready = True
                    yield f"ACK {have.decode()} ready\n"
            if self._request.done and number == len(rounds) - 1:
                self.agreed = True
                if not self.common:
                    yield "NAK\n"
                elif detailed:
                    yield f"ACK {self.common[-1].decode()}\n"
                return
            if detailed and not ready and self._enough():
                ready = True
                yield f"ACK {self.common[-1].decode()} ready\n"
            if detailed or not self.common:
                yield "NAK\n"
            if ready and b"no-done" in self._request.capabilities:
                yield f"ACK {self.common[-1].decode()}\n"
                self.agreed = True
                return

    def version_2(self) -> Iterator[str]:
        """The lines of the section `acknowledgments`."""
        self.common = [have for have in dict.fromkeys(self._request.haves()) if have in self._objects]
        self.agreed = self._request.done
        if self._request.done:
            return
        if not self.common:
            yield "NAK\n"
            return
        for have in self.common:
            yield f"ACK {have.decode()}\n"
        if self._enough():
            self.agreed = True
            yield "ready\n"

    def _enough(self) -> bool:
        """Whether every wanted commit leads back to one that the client has."""
        if not self.common or self._enough_at == len(self.common):
            return False
        self._enough_at = len(self.common)
        present = set(self.common)
        if all(_leads_to(self._objects, want, present) for want in commits_of(self._objects, self._request.wants)):
            self._enough_at = -1
            return True
        return False


def _leads_to(objects: Objects, want: Commit, present: set[ObjectID]) -> bool:
    seen = {want.id}
    pending = [want]
    while pending:
        commit = pending.pop()
        if commit.id in present:
            return True
        parents = [parent for parent in commit.parents if parent not in seen]
        seen.update(parents)
        pending.extend(commits_of(objects, parents))
    return False


def _shallow_lines(end: Boundary) -> Iterator[str]:
    yield from (f"shallow {one.decode()}" for one in end.shallow)
    yield from (f"unshallow {one.decode()}" for one in end.unshallow)
