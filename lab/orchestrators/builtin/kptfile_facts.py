"""What a package's root Kptfile says about the revision that holds it.

Source: Porch, PackageRevision fields that mirror the Kptfile; kpt.dev/v1 Kptfile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lab.kit.yaml_nodes import YamlFault, compose, data_of

KPTFILE = "Kptfile"


@dataclass(frozen=True, slots=True)
class KptfileFacts:
    """Facts of one Kptfile; everything is empty where the file is missing or cannot be read.

    `functions` are (name, image) of the pipeline in order, `conditions` and `upstream_lock` stand as in the file.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    gates: tuple[str, ...] = ()
    conditions: tuple[Mapping[str, str], ...] = ()
    upstream: Mapping[str, Any] = field(default_factory=dict)
    upstream_lock: Mapping[str, Any] = field(default_factory=dict)
    functions: tuple[tuple[str, str], ...] = ()

    @property
    def unmet_gates(self) -> tuple[str, ...]:
        """Readiness gates without a condition that is exactly True."""
        met = {condition.get("type") for condition in self.conditions if condition.get("status") == "True"}
        return tuple(gate for gate in self.gates if gate not in met)

    @property
    def upstream_ref(self) -> str:
        """The Git ref that the lock names, such as `cluster-baseline/v1`; empty without one."""
        return str(_mapping(self.upstream_lock.get("git")).get("ref") or "")


EMPTY = KptfileFacts()


@lru_cache(maxsize=4096)
def facts_of(text: str) -> KptfileFacts:
    """The facts in a Kptfile's text."""
    try:
        data = data_of(compose(text))
    except YamlFault:
        return EMPTY
    content = _mapping(data)
    metadata, info = _mapping(content.get("metadata")), _mapping(content.get("info"))
    conditions = _items(_mapping(content.get("status")).get("conditions"))
    pipeline = _mapping(content.get("pipeline"))
    functions = [*_items(pipeline.get("mutators")), *_items(pipeline.get("validators"))]
    gates = (str(gate.get("conditionType") or "") for gate in _items(info.get("readinessGates")))
    return KptfileFacts(
        labels=_texts(metadata.get("labels")),
        annotations=_texts(metadata.get("annotations")),
        gates=tuple(gate for gate in gates if gate),
        conditions=tuple(_texts(condition) for condition in conditions),
        upstream=_mapping(content.get("upstream")),
        upstream_lock=_mapping(content.get("upstreamLock")),
        functions=tuple((str(f.get("name") or ""), str(f.get("image") or f.get("exec") or "")) for f in functions),
    )


def facts_in(package: Mapping[str, str]) -> KptfileFacts:
    """The facts of a package."""
    text = package.get(KPTFILE)
    return EMPTY if text is None else facts_of(text)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: object) -> dict[str, str]:
    return {str(key): "" if item is None else str(item) for key, item in _mapping(value).items()}
