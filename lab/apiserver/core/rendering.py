"""Entries to bodies: objects, lists, tables, metadata only; in JSON or YAML; in the version that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import yaml

from lab.apiserver.core.encoding import decode, encode
from lab.apiserver.core.negotiation import YAML, Wanted
from lab.apiserver.core.partial import partial_metadata, partial_metadata_list
from lab.apiserver.core.resource import Resource
from lab.apiserver.core.store import Entry
from lab.apiserver.core.tables import table
from lab.kit.clock import Clock

ROWS_AT_ONCE = 200
"""Rows of a Table rendered in one step; other requests get their turn between steps."""


class Rendering:
    """How the answers to one request look."""

    __slots__ = ("_clock", "_head", "content_type", "frame_key", "include_object", "resource", "wanted")

    def __init__(self, resource: Resource, wanted: Wanted, include_object: str, clock: Clock) -> None:
        self.resource = resource
        self.wanted = wanted
        self.include_object = include_object or "Metadata"
        self.content_type = wanted.media_type
        self.frame_key = (resource.version, wanted.view, wanted.version, self.include_object if wanted.view else "")
        self._clock = clock
        self._head = head_of(resource)

    @property
    def watch_content_type(self) -> str:
        """The Content-Type of a watch: always JSON frames."""
        return "application/json"

    def raw(self, entry: Entry) -> bytes:
        """The stored bytes in the version that was asked for."""
        if entry.raw.startswith(self._head):
            return entry.raw
        obj = decode(entry.raw)
        return self._head + b"," + encode({k: v for k, v in obj.items() if k not in ("apiVersion", "kind")})[1:]

    def object(self, entry: Entry) -> bytes:
        """The body of a reply with one object."""
        if not self.wanted.view:
            return self._text(self.raw(entry))
        return self._finish(self._view_one(decode(self.raw(entry))))

    def document(self, obj: dict[str, Any]) -> bytes:
        """The body of a reply with an object that is not stored (dry run, subresource of another kind)."""
        if self.wanted.view and (obj.get("apiVersion"), obj.get("kind")) == (
            self.resource.api_version,
            self.resource.kind,
        ):
            obj = self._view_one(obj)
        return self._finish(obj)

    def _view_one(self, obj: dict[str, Any]) -> dict[str, Any]:
        if self.wanted.view == "Table":
            rows = self.rows([obj])
            rows["metadata"] = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
            return rows
        return partial_metadata(obj)

    def rows(self, objects: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """A Table of these objects."""
        rendered = table(self.resource, objects, now=self._moment(), include_object=self.include_object)
        if self.wanted.version != "v1":
            rendered["apiVersion"] = f"meta.k8s.io/{self.wanted.version}"
        return rendered

    def _moment(self) -> datetime:
        return self._clock.now()

    def list(self, entries: Sequence[Entry], metadata: Mapping[str, Any]) -> bytes:
        """The body of a list: the stored bytes of its items joined, parsed only for other views."""
        if self.wanted.view == "PartialObjectMetadataList" or self.wanted.view == "PartialObjectMetadata":
            return self._finish(partial_metadata_list([decode(self.raw(entry)) for entry in entries], metadata))
        resource = self.resource
        if resource.custom:
            metadata = {"continue": "", **metadata}
        head = encode({"kind": resource.list_kind, "apiVersion": resource.api_version, "metadata": metadata})
        items = [self.raw(entry) for entry in entries]
        if not resource.custom:
            cut = len(self._head) + 1
            items = [b"{" + raw[cut:] for raw in items]
        return self._text(head[:-1] + b',"items":[' + b",".join(items) + b"]}")

    def finish_table(self, rendered: dict[str, Any], metadata: Mapping[str, Any]) -> bytes:
        """The body of a Table reply."""
        rendered["metadata"] = dict(metadata)
        return self._finish(rendered)

    def watch_frame(self, type_: str, entry: Entry, *, columns: bool = True) -> bytes:
        """One line of a watch. Of Tables only a stream's first one says its `columns`."""
        if not self.wanted.view:
            body = self.raw(entry)
        else:
            shown = self._view_one(decode(self.raw(entry)))
            if self.wanted.view == "Table" and not columns:
                shown["columnDefinitions"] = None
            body = encode(shown)
        return b'{"type":"' + type_.encode() + b'","object":' + body + b"}\n"

    def bookmark(self, rev: int, annotations: Mapping[str, str]) -> bytes:
        """A BOOKMARK line that carries a revision and nothing else."""
        metadata: dict[str, Any] = {"resourceVersion": str(rev)}
        if annotations:
            metadata["annotations"] = dict(annotations)
        obj: dict[str, Any] = {"kind": self.resource.kind, "apiVersion": self.resource.api_version}
        if self.wanted.view == "Table":
            obj = self.rows([])
        elif self.wanted.view:
            obj = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
        obj["metadata"] = metadata
        return encode({"type": "BOOKMARK", "object": obj}) + b"\n"

    def _finish(self, obj: Mapping[str, Any]) -> bytes:
        return self._text(encode(obj))

    def _text(self, raw: bytes) -> bytes:
        return to_yaml(raw) if self.wanted.media_type == YAML else raw


def head_of(resource: Resource) -> bytes:
    """How the stored bytes of this resource in this version begin."""
    return encode({"apiVersion": resource.api_version, "kind": resource.kind})[:-1]


def to_yaml(raw: bytes) -> bytes:
    """A JSON body as YAML."""
    return yaml.dump(decode(raw), Dumper=_Dumper, sort_keys=True, default_flow_style=False).encode()


_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
