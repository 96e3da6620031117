"""What the API server knows about one kind: names, verbs, subresources, columns, schema.

A `Resource` is shared by every cluster that serves it: built-in ones exist once per process, those of
CustomResourceDefinitions are interned by the digest of their definition.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.apiserver.core.schema import Node

ALL_VERBS = (
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
)


@dataclass(frozen=True, slots=True)
class Subresource:
    """A part of an object with a path of its own, such as `status`, `scale` or `approval`.

    `group`, `version` and `kind` name what its bodies hold (autoscaling/v1 Scale for `scale`).
    """

    name: str
    group: str
    version: str
    kind: str
    verbs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One printer column: a name, an OpenAPI type and format, and the JSONPath of its cell.

    Source: Kubernetes, apiextensions.k8s.io/v1 CustomResourceColumnDefinition. `json_path` begins with a dot.
    """

    name: str
    type: str
    json_path: str = ""
    format: str = ""
    description: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class ScalePaths:
    """Where a custom resource keeps its replicas, as dotted paths such as `.spec.replicas`."""

    replicas: str
    status_replicas: str
    selector: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource in one version. Identity for storage is (`group`, `plural`), see `group_resource`."""

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool
    verbs: tuple[str, ...] = ALL_VERBS
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[Subresource, ...] = ()
    columns: tuple[Column, ...] = ()
    """Printer columns of custom and virtual resources; built-in kinds have printers in `tables`."""
    schema: Node | None = field(default=None, compare=False, repr=False)
    custom: bool = False
    """True for resources of a CustomResourceDefinition: no strategic merge, items of lists keep their kind."""
    has_generation: bool = False
    """True where metadata.generation counts changes outside metadata and status."""
    selectable_fields: tuple[str, ...] = ()
    """Field selectors beyond metadata.name and metadata.namespace, such as `spec.nodeName`."""
    scale: ScalePaths | None = None
    """For custom resources with a scale subresource."""
    cel: bool = False
    """True where the schema has x-kubernetes-validations rules."""
    deprecation: str = ""
    """The sentence for a `Warning` header, where the version is deprecated."""

    @property
    def api_version(self) -> str:
        """`v1` for the core group, otherwise `group/version`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def group_resource(self) -> str:
        """`plural` for the core group, otherwise `plural.group`: the name used in error messages and storage."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def list_kind(self) -> str:
        """Kind of a list of this resource."""
        return f"{self.kind}List"

    def subresource(self, name: str) -> Subresource | None:
        """The subresource of that name, or None."""
        return next((s for s in self.subresources if s.name == name), None)
