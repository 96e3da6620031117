"""Coded errors as Config Sync words them: a number, a sentence, and the objects and files that it is about.

Source: Config Sync, error items of RootSync status and their messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from lab.reconcile.identity import Identity

LINK = "For more information, see https://g.co/cloud/acm-errors#knv"

NON_BLOCKING = frozenset({"1021"})
"""With only these, the rest of the commit is applied."""

_LAB_CODES = {
    "1017": "LAB706",
    "1021": "LAB806",
    "1060": "LAB805",
    "1061": "LAB707",
    "2001": "LAB801",
    "2002": "LAB803",
    "2004": "LAB702",
    "2005": "LAB805",
    "2006": "LAB807",
    "2008": "LAB803",
    "2009": "LAB803",
    "2010": "LAB801",
    "2013": "LAB804",
    "9998": "LAB099",
}


def lab_code(knv: str) -> str:
    """The lab's own code for one of Config Sync's (digits only); a mistake in the repository is LAB801."""
    return _LAB_CODES.get(knv, "LAB801" if knv.startswith("1") else "LAB803")


@dataclass(frozen=True, slots=True)
class Site:
    """An object that an error is about. `file` is relative to the repository, `line` counts from 1 (0: unknown)."""

    identity: Identity
    version: str
    file: str = ""
    line: int = 0

    def block(self) -> str:
        """The lines that name the object in a message."""
        lines = [f"source: {self.file}"] if self.file else []
        if self.identity.namespace:
            lines.append(f"namespace: {self.identity.namespace}")
        lines += [
            f"metadata.name: {self.identity.name}",
            f"group: {self.identity.group}".rstrip(),
            f"version: {self.version}",
            f"kind: {self.identity.kind}",
        ]
        return "\n".join(lines)

    def as_resource(self) -> dict[str, Any]:
        """The entry of `errorResources`."""
        who = self.identity
        found = {"sourcePath": self.file, "name": who.name, "namespace": who.namespace}
        gvk = {"group": who.group, "version": self.version, "kind": who.kind}
        return {**{key: value for key, value in found.items() if value}, "gvk": gvk}


@dataclass(frozen=True, slots=True)
class Fault:
    """One coded error. `knv` holds digits only; `path` names a file at fault where no object could be read from it."""

    knv: str
    text: str
    sites: tuple[Site, ...] = ()
    path: str = ""
    line: int = 0

    @property
    def blocking(self) -> bool:
        """Whether nothing of the commit is applied because of it."""
        return self.knv not in NON_BLOCKING

    @property
    def message(self) -> str:
        """The whole text: number, sentence, objects in order, link."""
        blocks = "\n\n".join(sorted(site.block() for site in self.sites))
        if self.path:
            blocks = f"path: {self.path}" if "." in self.path.rpartition("/")[2] else f"path: {self.path}/"
        parts = [f"KNV{self.knv}: {self.text}", blocks, LINK + self.knv]
        return "\n\n".join(part for part in parts if part)

    def as_error(self) -> dict[str, Any]:
        """The item of an `errors` list in RootSync status."""
        found: dict[str, Any] = {"code": self.knv, "errorMessage": self.message}
        if self.sites:
            found["errorResources"] = [site.as_resource() for site in sorted(self.sites, key=lambda site: site.block())]
        elif self.path:
            empty = {"group": "", "version": "", "kind": ""}
            found["errorResources"] = [{"sourcePath": self.path, "gvk": empty}]
        return found


def ordered(faults: Sequence[Fault]) -> list[Fault]:
    """Faults in the order in which they are listed: by file, then by message; each once."""
    unique = dict.fromkeys(faults)
    return sorted(unique, key=lambda fault: (fault.path or (fault.sites[0].file if fault.sites else ""), fault.message))


def summary(count: int) -> dict[str, Any]:
    """An `errorSummary`; empty when there is no error."""
    return {"totalCount": count, "errorCountAfterTruncation": count} if count else {}


def at_file(fault: Fault, path: str) -> Fault:
    """The same fault, told of a file."""
    return replace(fault, path=path)
