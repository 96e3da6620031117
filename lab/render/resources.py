"""A Kubernetes object in a package: its data, and the text and place where it stands."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from lab.kit.yaml_edit import rewrite
from lab.kit.yaml_nodes import Node, compose, data_of
from lab.kit.yaml_walk import field

Package: TypeAlias = Mapping[str, str]
"""Text by path; paths are relative to the package and use `/`."""

LOCAL_CONFIG = "config.kubernetes.io/local-config"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a file: `line` and `column` count from 1, 0 means unknown."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.message}"


class PackageFault(ValueError):
    """A package that cannot be used as asked; `fault` names the place."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Resource:
    """One object of a package.

    `index` counts the objects of its file from 0, `line` is the file's line on which `text` begins, `data` is the
    object as JSON-like data: take `editable()` to change it, and `with_data` to have the change written.
    """

    file: str
    index: int
    line: int
    text: str
    data: dict[str, Any]

    @property
    def api_version(self) -> str:
        """`apiVersion`, empty when missing."""
        return _text(self.data.get("apiVersion"))

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def version(self) -> str:
        """The API version without its group."""
        return self.api_version.rpartition("/")[2]

    @property
    def kind(self) -> str:
        """`kind`, empty when missing."""
        return _text(self.data.get("kind"))

    @property
    def metadata(self) -> dict[str, Any]:
        """`metadata`, empty when missing."""
        metadata = self.data.get("metadata")
        return metadata if isinstance(metadata, dict) else {}

    @property
    def name(self) -> str:
        """`metadata.name`, empty when missing."""
        return _text(self.metadata.get("name"))

    @property
    def namespace(self) -> str:
        """`metadata.namespace`, empty when missing."""
        return _text(self.metadata.get("namespace"))

    @property
    def labels(self) -> dict[str, Any]:
        """`metadata.labels`, empty when missing."""
        labels = self.metadata.get("labels")
        return labels if isinstance(labels, dict) else {}

    @property
    def annotations(self) -> dict[str, Any]:
        """`metadata.annotations`, empty when missing."""
        annotations = self.metadata.get("annotations")
        return annotations if isinstance(annotations, dict) else {}

    @property
    def is_local_config(self) -> bool:
        """Whether the object is only for the package and never applied to a cluster."""
        return LOCAL_CONFIG in self.annotations and self.annotations[LOCAL_CONFIG] not in ("false", False)

    @property
    def root(self) -> Node | None:
        """The object's tree of nodes; offsets count from the start of `text`."""
        return compose(self.text)

    def editable(self) -> dict[str, Any]:
        """A copy of the data that may be changed."""
        return copy.deepcopy(self.data)

    def with_data(self, data: dict[str, Any]) -> Resource:
        """The same place with text that reads as `data`; bytes of unchanged fields stay."""
        text = rewrite(self.text, data)
        return self if text == self.text else replace(self, text=text, data=data_of(compose(text)))

    def with_text(self, text: str) -> Resource:
        """The same place with other text. Raises YamlFault when that is not one YAML document."""
        return self if text == self.text else replace(self, text=text, data=data_of(compose(text)))

    def line_of(self, *path: str | int) -> int:
        """The file's line of the value at a path, or of the object where the path leads nowhere."""
        node = field(self.root, *path) or self.root
        return self.line + node.line if node is not None else self.line


def _text(value: Any) -> str:
    return "" if value is None else str(value)
