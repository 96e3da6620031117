"""Warnings about a package that renders, but hardly as its author means.

Sources: Porch, order of a PackageVariant's functions and the package's own; kpt, merge comments and package context.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from posixpath import join, normpath
from typing import Any

from lab.render import package_context
from lab.render.functions._table import FUNCTIONS, function_for, function_name
from lab.render.functions.apply_setters import setter_names
from lab.render.kptfile import FILE, Kptfile, variant_of
from lab.render.manifests import read_file, read_package
from lab.render.packages import packages_in
from lab.render.resources import Package, PackageFault, Resource

_EXACT_SETTER = re.compile(r"# kpt-set:\S")


@dataclass(frozen=True, slots=True)
class LintWarning:
    """One warning: `rule` is its short name, `line` counts from 1 (0: the whole file)."""

    rule: str
    file: str
    line: int
    message: str


def lint(package: Package, variant_setters: Iterable[str] = ()) -> tuple[LintWarning, ...]:
    """Warnings about a package, by file and line.

    `variant_setters` are the setters that PackageVariants give (`cluster-name`, …): a blueprint that gives one of them
    a value as well wins over every variant, because its functions run last.
    """
    expected = frozenset(variant_setters)
    found: list[LintWarning] = []
    for folder in packages_in(package):
        path = join(folder, FILE)
        try:
            kptfile = Kptfile.read(package[path], path)
        except PackageFault as fault:
            found.append(LintWarning("invalid-kptfile", path, fault.fault.line, fault.fault.message))
            continue
        found += _pipeline_warnings(package, folder, kptfile, expected)
    resources = read_package(package).resources
    found += _setter_warnings(resources, package, expected)
    found += _duplicates(resources)
    if FILE in package and package_context.FILE not in package:
        found.append(
            LintWarning(
                "no-package-context", FILE, 0, f"{package_context.FILE} is missing: packageContext cannot be set"
            )
        )
    return tuple(sorted(found, key=lambda warning: (warning.file, warning.line, warning.rule)))


def _pipeline_warnings(
    package: Package, folder: str, kptfile: Kptfile, expected: frozenset[str]
) -> Iterator[LintWarning]:
    path = join(folder, FILE)
    for kind, functions in (("mutators", kptfile.mutators), ("validators", kptfile.validators)):
        for index, function in enumerate(functions):
            image = str(function.get("image") or "")
            line = kptfile.line_of("pipeline", kind, index)
            if function_for(image) is None:
                known = ", ".join(sorted(FUNCTIONS))
                yield LintWarning(
                    "unknown-function", path, line, f"{image or 'exec'} cannot run here; known are {known}"
                )
            if function_name(image) == "apply-setters" and variant_of(str(function.get("name") or "")) is None:
                yield from _given_setters(package, folder, kptfile, (kind, index), function, expected)


def _given_setters(
    package: Package,
    folder: str,
    kptfile: Kptfile,
    where: tuple[str, int],
    function: Mapping[str, Any],
    expected: frozenset[str],
) -> Iterator[LintWarning]:
    """Setters that the package's own pipeline gives and that variants are to give."""
    values: Mapping[str, Any] = function.get("configMap") or {}
    file = join(folder, FILE)
    lines = {name: kptfile.line_of("pipeline", *where, "configMap", name) for name in values}
    if function.get("configPath"):
        file = normpath(join(folder, str(function["configPath"])))
        resources = read_file(file, package.get(file, ""))[0]
        values = resources[0].data.get("data") or {} if resources else {}
        lines = {name: resources[0].line_of("data", name) for name in values}
    for name in values:
        if name in expected:
            message = (
                f'the package gives the setter "{name}" the value "{values[name]}", which wins over every '
                "PackageVariant's value; leave it to the variants"
            )
            yield LintWarning("setter-of-variants", file, lines[name], message)


def _setter_warnings(
    resources: Iterable[Resource], package: Package, expected: frozenset[str]
) -> Iterator[LintWarning]:
    named: set[str] = set()
    for resource in resources:
        named |= setter_names(resource).keys()
    for name in sorted(expected - named):
        yield LintWarning("setter-without-place", FILE, 0, f'no value is marked for the setter "{name}"')
    for file, text in package.items():
        for number, line in enumerate(text.splitlines(), start=1):
            if file.endswith((".yaml", ".yml")) and _EXACT_SETTER.search(line):
                yield LintWarning(
                    "setter-comment-form", file, number, "a setter's comment needs a space: `# kpt-set: ${name}`"
                )


def _duplicates(resources: Iterable[Resource]) -> Iterator[LintWarning]:
    seen: dict[tuple[str, str, str, str], Resource] = {}
    for resource in resources:
        if resource.is_local_config or resource.kind == "Kptfile":
            continue
        key = (resource.group, resource.kind, resource.namespace, resource.name)
        first = seen.setdefault(key, resource)
        if first is not resource:
            place = f"{first.file}:{first.line_of()}"
            message = f"{resource.kind} {resource.name} is also in {place}; agents refuse a repository with both"
            yield LintWarning("duplicate-object", resource.file, resource.line_of(), message)
