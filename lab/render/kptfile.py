"""A Kptfile: what it says, and edits that leave every other byte and comment where it is.

Source: kpt, API kpt.dev/v1; Porch, PackageVariant controller, mutations of a package's Kptfile.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.kit.yaml_edit import rewrite
from lab.kit.yaml_nodes import AliasNode, MappingNode, Node, ScalarNode, YamlFault, compose, data_of, key_of
from lab.kit.yaml_walk import field
from lab.render.kptfile_schema import API_VERSION, pipeline_fault, schema_faults
from lab.render.resources import Fault, PackageFault

FILE = "Kptfile"

_VARIANT_FUNCTION = re.compile(r"PackageVariant\.([^.]*)\.[^.]*\.[-+]?[0-9]+")
_FIELD_ORDER = ("apiVersion", "kind", "metadata", "upstream", "upstreamLock", "info", "pipeline", "inventory", "status")


@dataclass(frozen=True, slots=True)
class Kptfile:
    """A Kptfile as text and as data; every `with_...` gives a new one.

    `data` is what the text reads as, except that values of `configMap`, labels and annotations are text as kpt reads
    them (`80`, `yes`), not numbers or booleans.
    """

    text: str
    data: dict[str, Any]

    @classmethod
    def parse(cls, text: str, file: str = FILE) -> Kptfile:
        """Read and validate a Kptfile. Raises PackageFault, with line and column, for an invalid one."""
        kptfile = cls.read(text, file)
        found = pipeline_fault(kptfile.data)
        if found:
            path, message = found
            node = field(compose(text), *path)
            raise PackageFault(Fault(file, node.line + 1 if node else 0, node.column + 1 if node else 0, message))
        return kptfile

    @classmethod
    def read(cls, text: str, file: str = FILE) -> Kptfile:
        """Read a Kptfile and check its fields, but not its functions. Raises PackageFault."""
        try:
            root = compose(text)
            data = data_of(root)
        except YamlFault as fault:
            raise PackageFault(Fault(file, fault.line, fault.column, str(fault))) from None
        if not isinstance(root, MappingNode) or not isinstance(data, dict):
            raise PackageFault(Fault(file, 1, 1, "invalid 'Kptfile': it is not a mapping"))
        _refuse_other_version(root, data, file)
        faults = schema_faults(root)
        if faults:
            lines = "\n".join(f"  line {fault.line}: {fault.message}" for fault in faults)
            message = f"yaml: unmarshal errors:\n{lines}"
            raise PackageFault(Fault(file, faults[0].line, faults[0].column, message))
        return cls(text, _with_texts(root, data))

    # -- what it says -----------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return str(self._metadata.get("name") or "")

    @property
    def labels(self) -> dict[str, str]:
        """`metadata.labels`."""
        return dict(self._metadata.get("labels") or {})

    @property
    def annotations(self) -> dict[str, str]:
        """`metadata.annotations`."""
        return dict(self._metadata.get("annotations") or {})

    @property
    def upstream(self) -> dict[str, Any] | None:
        """`upstream`: where the package was copied from."""
        return copy.deepcopy(self.data.get("upstream"))

    @property
    def upstream_lock(self) -> dict[str, Any] | None:
        """`upstreamLock`: the commit that was copied."""
        return copy.deepcopy(self.data.get("upstreamLock"))

    @property
    def readiness_gates(self) -> tuple[str, ...]:
        """Condition types of `info.readinessGates`."""
        gates = (self.data.get("info") or {}).get("readinessGates") or []
        return tuple(str(gate.get("conditionType", "")) for gate in gates)

    @property
    def conditions(self) -> tuple[dict[str, str], ...]:
        """`status.conditions`, each with type, status, reason and message where given."""
        return tuple(copy.deepcopy((self.data.get("status") or {}).get("conditions") or []))

    @property
    def mutators(self) -> tuple[dict[str, Any], ...]:
        """`pipeline.mutators`."""
        return tuple(copy.deepcopy((self.data.get("pipeline") or {}).get("mutators") or []))

    @property
    def validators(self) -> tuple[dict[str, Any], ...]:
        """`pipeline.validators`."""
        return tuple(copy.deepcopy((self.data.get("pipeline") or {}).get("validators") or []))

    @property
    def unmet_gates(self) -> tuple[str, ...]:
        """Readiness gates whose condition is missing or not exactly `True`."""
        met = {condition.get("type") for condition in self.conditions if condition.get("status") == "True"}
        return tuple(gate for gate in self.readiness_gates if gate not in met)

    def line_of(self, *path: str | int) -> int:
        """The line of the value at a path, 0 when there is none."""
        node = field(compose(self.text), *path)
        return node.line + 1 if node else 0

    # -- edits ------------------------------------------------------------------------------------------------

    def with_name(self, name: str) -> Kptfile:
        """The same with another `metadata.name`."""
        return self._with(("metadata", "name"), name)

    def with_labels(self, labels: Mapping[str, str]) -> Kptfile:
        """The same with exactly these labels; none removes the field."""
        return self._with(("metadata", "labels"), dict(labels) or None)

    def with_annotations(self, annotations: Mapping[str, str]) -> Kptfile:
        """The same with exactly these annotations; none removes the field."""
        return self._with(("metadata", "annotations"), dict(annotations) or None)

    def with_upstream(self, upstream: Mapping[str, Any] | None, lock: Mapping[str, Any] | None) -> Kptfile:
        """The same with another `upstream` and `upstreamLock`; None removes a field."""
        moved = self._with(("upstream",), dict(upstream) if upstream else None)
        return moved._with(("upstreamLock",), dict(lock) if lock else None)

    def with_readiness_gates(self, condition_types: Iterable[str]) -> Kptfile:
        """The same with exactly these readiness gates, in the order given; none removes the field."""
        gates = [{"conditionType": condition_type} for condition_type in condition_types]
        return self._with(("info", "readinessGates"), gates or None)._without_empty("info")

    def with_conditions(self, conditions: Iterable[Mapping[str, str]]) -> Kptfile:
        """The same with exactly these conditions, in the order given; none removes the field."""
        kept = [dict(condition) for condition in conditions]
        return self._with(("status", "conditions"), kept or None)._without_empty("status")

    def with_condition(self, condition: Mapping[str, str]) -> Kptfile:
        """The same with one condition set: in the place of that of the same type, else at the end."""
        conditions = [dict(each) for each in self.conditions]
        places = [place for place, each in enumerate(conditions) if each.get("type") == condition["type"]]
        if places:
            conditions[places[0]] = dict(condition)
        else:
            conditions.append(dict(condition))
        return self.with_conditions(conditions)

    def with_pipeline(self, mutators: Sequence[Mapping[str, Any]], validators: Sequence[Mapping[str, Any]]) -> Kptfile:
        """The same with exactly these functions; an empty list is removed, and so is an empty pipeline."""
        changed = self._with(("pipeline", "mutators"), [dict(function) for function in mutators] or None)
        changed = changed._with(("pipeline", "validators"), [dict(function) for function in validators] or None)
        return changed._without_empty("pipeline")

    def with_variant_functions(
        self, variant: str, mutators: Sequence[Mapping[str, Any]], validators: Sequence[Mapping[str, Any]]
    ) -> Kptfile:
        """The same with a PackageVariant's functions in front, in the place of those that it gave before.

        Each is renamed `PackageVariant.<variant>.<function>.<index>`. Source: Porch, PackageVariant controller,
        pipeline of a package.
        """
        return self.with_pipeline(
            [*_renamed(variant, mutators), *_foreign(variant, self.mutators)],
            [*_renamed(variant, validators), *_foreign(variant, self.validators)],
        )

    @property
    def _metadata(self) -> dict[str, Any]:
        metadata = self.data.get("metadata")
        return metadata if isinstance(metadata, dict) else {}

    def _with(self, path: tuple[str, ...], value: Any) -> Kptfile:
        data = data_of(compose(self.text))
        _put(data, path, _as_written(value, _get(self.data, path), _get(data, path)))
        text = rewrite(self.text, _ordered(data))
        root = compose(text)
        assert isinstance(root, MappingNode)
        return Kptfile(text, _with_texts(root, data_of(root)))

    def _without_empty(self, name: str) -> Kptfile:
        return self if self.data.get(name) else self._with((name,), None)


def variant_of(function_name: str) -> str | None:
    """The PackageVariant that gave a function, by the function's name; None for the package's own."""
    match = _VARIANT_FUNCTION.fullmatch(function_name)
    return match.group(1) if match else None


def _renamed(variant: str, functions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"name": f"PackageVariant.{variant}.{function.get('name', '')}.{index}"}
        | {key: value for key, value in function.items() if key != "name"}
        for index, function in enumerate(functions)
    ]


def _foreign(variant: str, functions: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [function for function in functions if variant_of(str(function.get("name") or "")) != variant]


def _put(data: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *parents, last = path
    for step in parents:
        if not isinstance(data.get(step), dict):
            if value is None:
                return
            data[step] = {}
        data = data[step]
    if value is None:
        data.pop(last, None)
    else:
        data[last] = value


def _get(data: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data


def _as_written(value: Any, seen: Any, raw: Any) -> Any:
    """`value` with what is equal to `seen` in it as the file has it (`raw`), so that it is not rewritten."""
    if value == seen:
        return raw
    if isinstance(value, dict) and isinstance(seen, dict):
        return {key: _as_written(inner, seen[key], raw[key]) if key in seen else inner for key, inner in value.items()}
    if isinstance(value, list) and isinstance(seen, list):
        return [raw[seen.index(item)] if item in seen else item for item in value]
    return value


def _ordered(data: dict[str, Any]) -> dict[str, Any]:
    """The data with new top-level fields at their usual place; rewriting leaves old ones where they stand."""
    rank = {name: place for place, name in enumerate(_FIELD_ORDER)}
    return dict(sorted(data.items(), key=lambda item: rank.get(item[0], len(rank))))


def _refuse_other_version(root: MappingNode, data: dict[str, Any], file: str) -> None:
    version, kind = str(data.get("apiVersion") or ""), str(data.get("kind") or "")
    node = field(root, "apiVersion") or root
    place = (node.line + 1, node.column + 1)
    if version in ("kpt.dev/v1alpha1", "kpt.dev/v1alpha2"):
        reason = f"old resource version {version!r} found in Kptfile; {API_VERSION} is needed"
        raise PackageFault(Fault(file, *place, reason))
    if version != API_VERSION or kind != "Kptfile":
        raise PackageFault(
            Fault(file, *place, f"unknown resource type {version + '/' + kind!r}, expect {API_VERSION}/Kptfile")
        )


def _with_texts(root: MappingNode, data: dict[str, Any]) -> dict[str, Any]:
    """`data` with the values of text-by-text fields as the text that stands in the file."""
    paths: list[tuple[str | int, ...]] = [("metadata", "labels"), ("metadata", "annotations")]
    for kind in ("mutators", "validators"):
        functions = (data.get("pipeline") or {}).get(kind) or []
        paths += [("pipeline", kind, index, "configMap") for index in range(len(functions))]
    for path in paths:
        node = field(root, *path)
        if isinstance(node, MappingNode):
            parent: Any = data
            for step in path[:-1]:
                parent = parent[step]
            parent[path[-1]] = texts_of(node)
    return data


def texts_of(node: MappingNode) -> dict[str, str]:
    """The scalars of a mapping as they are written, without quotes: `port: 080` gives the text `080`."""
    texts: dict[str, str] = {}
    for entry in node.entries:
        value: Node = entry.value
        while isinstance(value, AliasNode):
            value = value.target
        if isinstance(value, ScalarNode):
            key = entry.key.text if isinstance(entry.key, ScalarNode) else key_of(entry.key)
            texts[key] = "" if not value.style and value.text in ("null", "~") else value.text
    return texts
