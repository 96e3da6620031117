"""What a repository tells a client first: its refs, or in version 2 what it can do, and then refs as asked.

Source: git, gitprotocol-http (smart server response), gitprotocol-v2 (ls-refs), protocol-capabilities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.git.packed_refs import RefState
from lab.git_hosts.embedded.packets import FLUSH_LINE, packet

UPLOAD_PACK = "git-upload-pack"
RECEIVE_PACK = "git-receive-pack"

AGENT = "agent=nephio-lab"
_ZERO = "0" * 40

UPLOAD_CAPABILITIES = (
    "multi_ack_detailed",
    "no-done",
    "side-band",
    "side-band-64k",
    "thin-pack",
    "ofs-delta",
    "no-progress",
    "include-tag",
    "shallow",
    "deepen-since",
    "deepen-not",
    "deepen-relative",
    "allow-tip-sha1-in-want",
    "allow-reachable-sha1-in-want",
    "object-format=sha1",
    AGENT,
)
RECEIVE_CAPABILITIES = (
    "report-status",
    "delete-refs",
    "atomic",
    "ofs-delta",
    "side-band-64k",
    "quiet",
    "object-format=sha1",
    AGENT,
)
_VERSION_2 = ("version 2", AGENT, "ls-refs=unborn", "fetch=shallow", "server-option", "object-format=sha1")


def advertise(service: str, refs: RefState, head: str | None, version: int) -> Iterator[bytes]:
    """The answer to `GET info/refs?service=…`, for protocol version 0, 1 or 2; pushes know no version 2."""
    if version == 2 and service == UPLOAD_PACK:
        yield from (packet(line + "\n") for line in _VERSION_2)
        yield FLUSH_LINE
        return
    yield packet(f"# service={service}\n")
    yield FLUSH_LINE
    if version == 1:
        yield packet("version 1\n")
    capabilities = list(UPLOAD_CAPABILITIES if service == UPLOAD_PACK else RECEIVE_CAPABILITIES)
    if head is not None and service == UPLOAD_PACK and head in refs.values:
        capabilities.append(f"symref=HEAD:{head}")
    lines = list(_lines(refs, head if service == UPLOAD_PACK else None, peeled=service == UPLOAD_PACK))
    first, *rest = lines or [f"{_ZERO} capabilities^{{}}"]
    yield packet(f"{first}\0{' '.join(capabilities)}\n")
    yield from (packet(line + "\n") for line in rest)
    yield FLUSH_LINE


def list_refs(arguments: Sequence[bytes], refs: RefState, head: str | None) -> Iterator[bytes]:
    """The answer to the command `ls-refs` of version 2."""
    prefixes = tuple(
        line.removeprefix(b"ref-prefix ").decode() for line in arguments if line.startswith(b"ref-prefix ")
    )
    peel, symrefs, unborn = (word in arguments for word in (b"peel", b"symrefs", b"unborn"))
    target = f" symref-target:{head}" if symrefs and head else ""
    if not prefixes or "HEAD".startswith(prefixes):
        if head is not None and head in refs.values:
            yield packet(f"{refs.values[head]} HEAD{target}\n")
        elif unborn and head is not None:
            yield packet(f"unborn HEAD{target}\n")
    for name in sorted(refs.values):
        if not prefixes or name.startswith(prefixes):
            peeled = f" peeled:{refs.peeled[name]}" if peel and name in refs.peeled else ""
            yield packet(f"{refs.values[name]} {name}{peeled}\n")
    yield FLUSH_LINE


def _lines(refs: RefState, head: str | None, *, peeled: bool) -> Iterator[str]:
    if head is not None and head in refs.values:
        yield f"{refs.values[head]} HEAD"
    for name in sorted(refs.values):
        yield f"{refs.values[name]} {name}"
        if peeled and name in refs.peeled:
            yield f"{refs.peeled[name]} {name}^{{}}"
