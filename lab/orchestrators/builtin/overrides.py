"""Setters that a PackageVariant gives a value and the package's own pipeline another: the package wins, as in Porch.

A PackageVariant's functions run before the package's own. That nobody says so is the silence that this module ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lab.kit.yaml_nodes import MappingNode, YamlFault, compose, data_of
from lab.kit.yaml_walk import field
from lab.orchestrators.builtin.variant_spec import applies_setters
from lab.render.kptfile import Kptfile, texts_of, variant_of
from lab.render.resources import PackageFault

CONDITION = "SetterOverridden"
CODE = "LAB404"


@dataclass(frozen=True, slots=True)
class Overridden:
    """One setter with the value that the variant gave and the one that stands; `where` is `file:line (image)`."""

    setter: str
    variant_value: str
    package_value: str
    where: str

    @property
    def sentence(self) -> str:
        """What happened, for a condition."""
        return (
            f"{CODE}: setter {self.setter}: the PackageVariant gives {self.variant_value!r}, but the package's own "
            f"pipeline runs later and gives {self.package_value!r} ({self.where})"
        )


@dataclass(frozen=True, slots=True)
class Values:
    """The last value of each setter of a package's root pipeline, and what was overridden on the way."""

    values: Mapping[str, str]
    overridden: tuple[Overridden, ...]


NO_VALUES = Values({}, ())


def values_in(package: Mapping[str, str]) -> Values:
    """What the root Kptfile's apply-setters functions set, in the order in which they run."""
    text = package.get("Kptfile")
    if text is None:
        return NO_VALUES
    try:
        kptfile = Kptfile.read(text)
    except PackageFault:
        return NO_VALUES
    values: dict[str, str] = {}
    wanted: dict[str, str] = {}
    lost: dict[str, Overridden] = {}
    for index, function in enumerate(kptfile.mutators):
        if not applies_setters(function):
            continue
        by_variant = variant_of(str(function.get("name") or "")) is not None
        for setter, value, where in _config(package, kptfile, index, function):
            if by_variant:
                wanted[setter] = value
                lost.pop(setter, None)
            elif setter in wanted and wanted[setter] != value:
                lost[setter] = Overridden(setter, wanted[setter], value, where)
            else:
                lost.pop(setter, None)
            values[setter] = value
    return Values(values, tuple(lost.values()))


def _config(
    package: Mapping[str, str], kptfile: Kptfile, index: int, function: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    image = function.get("image")
    path = str(function.get("configPath") or "").removeprefix("./")
    if path:
        for setter, value in _config_file(package.get(path, "")).items():
            yield setter, value, f"{path} ({image})"
        return
    for setter, value in (function.get("configMap") or {}).items():
        line = kptfile.line_of("pipeline", "mutators", index, "configMap", setter)
        yield str(setter), str(value), f"Kptfile:{line} ({image})"


@lru_cache(maxsize=512)
def _config_file(text: str) -> Mapping[str, str]:
    try:
        root = compose(text)
        data = data_of(root)
    except YamlFault:
        return {}
    node = field(root, "data") if isinstance(data, dict) else None
    return texts_of(node) if isinstance(node, MappingNode) else {}
