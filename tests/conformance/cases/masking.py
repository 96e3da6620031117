"""What differs between two runs of the same requests on the same server is replaced by placeholders.

Identity survives: the first uid that a case sees becomes `uid:1`, and so wherever it shows up again; the same for the
resource versions of objects. So a write that changes nothing still shows as two equal versions.
"""

from __future__ import annotations

import re
from typing import Any

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_AGE = re.compile(r"^(\d+[ydhms])+$")
_PATTERNS = (
    (_TIME, "<time>"),
    (re.compile(r"too old resource version: \d+ \(\d+\)"), "too old resource version: <rv> (<rv>)"),
    (re.compile(r"resource version: \d+, current: \d+"), "resource version: <rv>, current: <rv>"),
    (re.compile(r"ResourceVersion in record \(\d+\)"), "ResourceVersion in record (<rv>)"),
    (re.compile(r"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n?"), "<certificate>"),
    (re.compile(r'resourceVersion\\":\\"\d+'), r"resourceVersion\":\"<rv>"),
    (re.compile(r"hash=[0-9A-F]+"), "hash=<hash>"),
    (re.compile(r"\b10\.\d+\.\d+\.\d+\b"), "<address>"),
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"), "<token>"),
    (re.compile(r"kube-api-access-[a-z0-9]{5}"), "kube-api-access-<suffix>"),
)
_NODE_PORT = re.compile(r"(\d+):3[0-2]\d{3}/")
_PORTS = frozenset({"nodePort", "healthCheckNodePort"})


class Mask:
    """The placeholders of one case."""

    def __init__(self) -> None:
        self._uids: dict[str, str] = {}
        self._versions: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def name(self, generated: str) -> None:
        """From here on a name that the server made up is `<name:N>`."""
        self._names.setdefault(generated, f"<name:{len(self._names) + 1}>")

    def text(self, text: str) -> str:
        """A text without what is volatile."""
        for generated, placeholder in self._names.items():
            text = text.replace(generated, placeholder)
        text = _UUID.sub(lambda found: self._uids.setdefault(found[0], f"uid:{len(self._uids) + 1}"), text)
        for pattern, placeholder in _PATTERNS:
            text = pattern.sub(placeholder, text)
        return text

    def value(self, value: Any) -> Any:
        """A parsed reply without what is volatile."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get("kind") == "Table":
            value = _without_sentences(value)
        # Metadata of a list holds the version of the whole database, which others write to.
        of_list = "items" in value or "rows" in value
        return {self.text(key): self._member(key, member, of_list) for key, member in value.items()}

    def _cell(self, cell: Any) -> Any:
        if not isinstance(cell, str):
            return self.value(cell)
        return "<age>" if _AGE.match(cell) else _NODE_PORT.sub(r"\1:<port>/", self.text(cell))

    def _member(self, key: str, member: Any, of_list: bool) -> Any:
        if key == "metadata" and of_list and isinstance(member, dict):
            hidden = {name: f"<{name}>" for name in ("resourceVersion", "continue") if member.get(name)}
            return {**self.value({k: v for k, v in member.items() if k not in hidden}), **hidden}
        if key == "resourceVersion" and isinstance(member, str):
            return self._versions.setdefault(member, f"rv:{len(self._versions) + 1}")
        if key == "continue" and member:
            return "<continue>"
        if key == "managedFields" and isinstance(member, list):
            return sorted((self.value(entry) for entry in member), key=_manager)
        if key in _PORTS and member:
            return "<port>"
        if key == "cells" and isinstance(member, list):
            return [self._cell(cell) for cell in member]
        return self.value(member)


def _manager(entry: dict[str, Any]) -> tuple[str, ...]:
    # The server sorts by whole seconds first, so its order depends on how quickly the case ran.
    return tuple(entry.get(key, "") for key in ("operation", "manager", "subresource", "apiVersion"))


def _without_sentences(table: dict[str, Any]) -> dict[str, Any]:
    if not (columns := table["columnDefinitions"]):
        return table
    bare = [{k: v for k, v in column.items() if k != "description"} for column in columns]
    return {**table, "columnDefinitions": bare}
