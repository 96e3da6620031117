"""Serving a push: the pack is checked, then the refs move, each only from where the client saw it.

Source: git, receive-pack (report-status, atomic, deletion of the current branch) and gitprotocol-pack.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dulwich.objects import ObjectID

from lab.git.packed_refs import PackedRefs, RefChange
from lab.git_hosts.embedded.fetch_request import object_id
from lab.git_hosts.embedded.packets import FLUSH_LINE, Output, PacketReader, ProtocolViolation, Write, packet
from lab.git_hosts.embedded.quarantine import BrokenPack, Quarantine

_NO_OBJECT = b"0" * 40

Moved = Callable[[Sequence[RefChange]], None]


@dataclass(frozen=True, slots=True)
class _Push:
    commands: list[RefChange]
    capabilities: frozenset[bytes]

    @property
    def tips(self) -> list[ObjectID]:
        return [ObjectID(command.new.encode()) for command in self.commands if command.new is not None]


class ReceivePack:
    """Answers to pushes into the bare repository at `folder`; `moved` hears of the refs that did move."""

    def __init__(self, folder: Path, refs: PackedRefs, moved: Moved) -> None:
        self._folder = folder
        self._refs = refs
        self._moved = moved

    def answer(self, body: BinaryIO, write: Write) -> None:
        """Read a push and write the report."""
        try:
            push = _read_push(PacketReader(body))
        except ProtocolViolation as error:
            write(packet(f"ERR {error}"))
            return
        if not push.commands:
            return
        output = Output(write, push.capabilities)
        unpacked, refused = self._take(push, body, output)
        if b"report-status" in push.capabilities:
            lines = [f"unpack {unpacked}\n"]
            for command in push.commands:
                reason = refused.get(command.name)
                lines.append(f"ng {command.name} {reason}\n" if reason else f"ok {command.name}\n")
            output.data(b"".join(map(packet, lines)) + FLUSH_LINE)
        output.end()

    def _take(self, push: _Push, body: BinaryIO, output: Output) -> tuple[str, dict[str, str]]:
        """What became of the pack, and the refs refused with the reason."""
        refused = self._forbidden(push.commands)
        with Quarantine(self._folder / "objects") as quarantine:
            try:
                if push.tips:
                    quarantine.receive(body)
                    refused |= _no_branches(push.commands, quarantine)
                    output.progress(f"Checking connectivity: {quarantine.admit(push.tips)}, done.\n")
            except BrokenPack as error:
                return str(error), dict.fromkeys((command.name for command in push.commands), "unpacker error")
            except OSError as error:
                words = error.strerror or type(error).__name__
                return words, dict.fromkeys((command.name for command in push.commands), "unpacker error")
        atomic = b"atomic" in push.capabilities
        if refused and atomic:
            return "ok", {c.name: refused.get(c.name, "atomic push failure") for c in push.commands}
        wanted = [command for command in push.commands if command.name not in refused]
        try:
            refused |= self._refs.apply(wanted, atomic=atomic)
        except OSError:
            refused |= dict.fromkeys((command.name for command in wanted), "failed to lock")
        self._moved([command for command in push.commands if command.name not in refused])
        return "ok", refused

    def _forbidden(self, commands: Sequence[RefChange]) -> dict[str, str]:
        head = self._refs.head()
        return {
            command.name: "deletion of the current branch prohibited"
            for command in commands
            if command.new is None and command.name == head
        }


def _no_branches(commands: Sequence[RefChange], quarantine: Quarantine) -> dict[str, str]:
    """Branches that would not name a commit."""
    return {
        command.name: "cannot update ref: trying to write non-commit object to branch"
        for command in commands
        if command.new is not None
        and command.name.startswith("refs/heads/")
        and not quarantine.is_commit(ObjectID(command.new.encode()))
    }


def _read_push(packets: PacketReader) -> _Push:
    commands: list[RefChange] = []
    capabilities: frozenset[bytes] = frozenset()
    for line in packets.section():
        text, _, words = line.partition(b"\0")
        if words:
            capabilities = frozenset(words.split())
        if text.startswith(b"shallow "):
            continue
        parts = text.split(b" ", 2)
        if len(parts) != 3:
            raise ProtocolViolation(f"protocol error: expected old/new/ref, got '{text.decode(errors='replace')}'")
        old, new = (None if part == _NO_OBJECT else object_id(part).decode() for part in parts[:2])
        try:
            commands.append(RefChange(parts[2].decode(), old, new))
        except UnicodeDecodeError as error:
            raise ProtocolViolation("the name of a ref must be UTF-8") from error
    return _Push(commands, capabilities)
