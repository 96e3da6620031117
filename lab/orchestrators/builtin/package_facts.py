"""The part of a PackageRevision's spec that is the Kptfile's: labels, annotations and readiness gates.

Source: Porch, PackageRevision spec fields mirrored to the Kptfile: merged in on create, replaced on update.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.orchestrators.builtin.kptfile_facts import KPTFILE
from lab.render.kptfile import Kptfile


@dataclass(frozen=True)
class PackageFacts:
    """What a spec says about the package itself."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    gates: tuple[str, ...]


def facts_in_spec(spec: Mapping[str, Any]) -> PackageFacts:
    """`packageMetadata` and `readinessGates` of a PackageRevision's spec."""
    metadata = _map(spec.get("packageMetadata"))
    gates = [gate for gate in spec.get("readinessGates") or () if isinstance(gate, Mapping)]
    return PackageFacts(
        {str(key): str(value) for key, value in _map(metadata.get("labels")).items()},
        {str(key): str(value) for key, value in _map(metadata.get("annotations")).items()},
        tuple(str(gate.get("conditionType") or "") for gate in gates),
    )


def with_facts(package: Mapping[str, str], facts: PackageFacts) -> dict[str, str]:
    """The package whose Kptfile has exactly these facts. Raises PackageFault for an unreadable Kptfile."""
    kptfile = Kptfile.read(package.get(KPTFILE, ""))
    changed = kptfile.with_labels(facts.labels).with_annotations(facts.annotations).with_readiness_gates(facts.gates)
    return {**package, KPTFILE: changed.text}


def merged_facts(package: Mapping[str, str], facts: PackageFacts) -> dict[str, str]:
    """The package whose Kptfile has these facts besides its own. Raises PackageFault for an unreadable Kptfile."""
    if KPTFILE not in package or not (facts.labels or facts.annotations or facts.gates):
        return dict(package)
    kptfile = Kptfile.read(package[KPTFILE])
    if facts.labels:
        kptfile = kptfile.with_labels({**kptfile.labels, **facts.labels})
    if facts.annotations:
        kptfile = kptfile.with_annotations({**kptfile.annotations, **facts.annotations})
    added = [gate for gate in facts.gates if gate not in kptfile.readiness_gates]
    if added:
        kptfile = kptfile.with_readiness_gates([*kptfile.readiness_gates, *added])
    return {**package, KPTFILE: kptfile.text}


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
