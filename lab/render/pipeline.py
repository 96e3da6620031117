"""Run a package's pipelines: sub-packages first, mutators in order, then validators; the first failure stops all.

Source: kpt, `fn render` (hydration order, selectors, function configuration, results).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath
from typing import Any

from lab.kit.yaml_nodes import MappingNode, YamlFault
from lab.kit.yaml_walk import field as node_at
from lab.render.functions._contract import Outcome, Result, refused
from lab.render.functions._table import FUNCTIONS, function_for, function_name
from lab.render.kptfile import FILE, Kptfile, texts_of
from lab.render.manifests import krm_fault, read_package, write_back
from lab.render.packages import own_files, packages_in
from lab.render.rendering import Failure, FunctionRun, Rendering, SetterUse
from lab.render.resources import Fault, Package, PackageFault, Resource
from lab.render.selectors import selected

BREADTH_FIRST = "kpt.dev/bfs-rendering"
RENDERED = "Rendered"


def render(package: Package, *, record_condition: bool = False) -> Rendering:
    """Run every pipeline of a package and of the packages inside it.

    Never raises for what a package holds: whatever is wrong is the rendering's failure. `record_condition` writes the
    condition `Rendered` into the root Kptfile, as Porch does from 1.5.8 on.
    """
    run = _Run(package)
    try:
        run.prepare()
        run.all()
    except _Stop as stop:
        run.failure = stop.failure
    rendering = run.rendering()
    return _with_condition(rendering) if record_condition else rendering


class _Stop(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(slots=True)
class _Run:
    package: Package
    kptfiles: dict[str, Kptfile] = field(default_factory=dict)
    owned: dict[str, list[int]] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)
    runs: list[FunctionRun] = field(default_factory=list)
    setters: dict[str, list[SetterUse]] = field(default_factory=dict)
    failure: Failure | None = None

    def prepare(self) -> None:
        """Read Kptfiles and objects, and refuse a package that kpt could not render."""
        if FILE not in self.package:
            raise _Stop(_at("", Fault(FILE, 0, 0, "package must contain Kptfile at root")))
        for path in packages_in(self.package):
            try:
                self.kptfiles[path] = Kptfile.parse(self.package[join(path, FILE)], join(path, FILE))
            except PackageFault as error:
                raise _Stop(_at(path, error.fault)) from None
        manifests = read_package(self.package)
        self.resources = list(manifests.resources)
        position: dict[str, list[int]] = {}
        for number, resource in enumerate(self.resources):
            position.setdefault(resource.file, []).append(number)
        for path, files in own_files(self.package).items():
            self.owned[path] = [number for file in files for number in position.get(file, [])]
            for fault in manifests.faults:
                if fault.file in files:
                    raise _Stop(_at(path, fault))
            for number in self.owned[path]:
                wrong = krm_fault(self.resources[number])
                if wrong:
                    raise _Stop(_at(path, wrong))

    def all(self) -> None:
        """Render every package: the inner ones first, or the outer ones where the root asks for that."""
        paths = list(self.kptfiles)
        outer_first = self.kptfiles[""].annotations.get(BREADTH_FIRST) == "true"
        ordered = sorted(paths, key=lambda path: path.count("/") + bool(path)) if outer_first else _inner_first(paths)
        for path in ordered:
            kptfile = self.kptfiles[path]
            for kind, functions in (("mutators", kptfile.mutators), ("validators", kptfile.validators)):
                for index, function in enumerate(functions):
                    self.function(path, kind, index, function)

    def function(self, path: str, kind: str, index: int, function: Mapping[str, Any]) -> None:
        """Run one function on what it selects, and keep what it changed if it is a mutator."""
        where = ("pipeline", kind, index)
        call = function_for(str(function.get("image") or ""))
        if call is None:
            failure = self.unavailable(path, where, function)
            self.runs.append(FunctionRun(path, failure.image, failure.function, 1, (), failure.message))
            raise _Stop(failure)
        config = self.config(path, where, function)
        numbers = self.scope(path)
        chosen = [number for number in numbers if selected(self.resources[number], function)]
        before = [self.resources[number] for number in chosen]
        try:
            outcome = call(tuple(before), config)
        except YamlFault as fault:
            message = f"the function's change cannot be read as YAML: {fault.message}"
            outcome = refused(before, Result(message, severity="error"))
        self.record(path, where, function, outcome)
        if kind == "mutators":
            for number, resource in zip(chosen, outcome.resources, strict=True):
                self.resources[number] = resource
            self.note_setters(path, where, function, config, outcome)

    def scope(self, path: str) -> list[int]:
        """Positions of the package's own objects, then of those of the packages inside it."""
        inside = [inner for inner in self.kptfiles if inner != path and (not path or inner.startswith(f"{path}/"))]
        return [number for inner in [path, *_inner_first(inside)] for number in self.owned[inner]]

    def config(self, path: str, where: tuple[str, str, int], function: Mapping[str, Any]) -> dict[str, Any] | None:
        """The functionConfig: the inline map as a ConfigMap, or the object in a file as it stands now."""
        if function.get("configPath"):
            file = normpath(join(path, str(function["configPath"])))
            found = [self.resources[number] for number in self.owned[path] if self.resources[number].file == file]
            if len(found) != 1:
                shown = f"functionConfig file {function['configPath']!r}"
                reason = f"{shown} must exist in the package" if not found else f"{shown} must hold one resource"
                raise _Stop(self.at_function(path, where, function, "LAB401", reason))
            return _config_data(found[0])
        if function.get("configMap"):
            return {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "function-input"},
                "data": dict(function["configMap"]),
            }
        return None

    def record(self, path: str, where: tuple[str, str, int], function: Mapping[str, Any], outcome: Outcome) -> None:
        """Keep a function's results, and stop if it failed."""
        image, name = str(function["image"]), str(function.get("name") or "")
        self.runs.append(FunctionRun(path, image, name, outcome.exit_code, outcome.results, outcome.stderr))
        if outcome.exit_code:
            first = next((result for result in outcome.results if result.severity == "error"), None)
            code = "LAB403" if function_name(image) == "cluster-facts" else "LAB401"
            raise _Stop(self.at_function(path, where, function, code, outcome.stderr, first))

    def note_setters(
        self,
        path: str,
        where: tuple[str, str, int],
        function: Mapping[str, Any],
        config: dict[str, Any] | None,
        outcome: Outcome,
    ) -> None:
        """Remember which value an apply-setters function gave to which setter."""
        if function_name(str(function["image"])) != "apply-setters" or not config:
            return
        file, kptfile = join(path, FILE), self.kptfiles[path]
        places = tuple((result.file, result.line, result.field) for result in outcome.results if result.file)
        for setter, value in (config.get("data") or {}).items():
            line = kptfile.line_of(*where, "configMap", setter)
            if function.get("configPath"):
                file = normpath(join(path, str(function["configPath"])))
                line = next((r.line_of("data", setter) for r in self.resources if r.file == file), 0)
            use = SetterUse(
                setter,
                str(value),
                str(function["image"]),
                str(function.get("name") or ""),
                path or ".",
                file,
                line,
                places,
            )
            self.setters.setdefault(setter, []).append(use)

    def unavailable(self, path: str, where: tuple[str, str, int], function: Mapping[str, Any]) -> Failure:
        """The failure of a function that the lab does not have."""
        known = ", ".join(sorted(FUNCTIONS))
        shown = function.get("image") or f"exec: {function.get('exec')}"
        reason = f"function {shown!r} is not available; available are {known}"
        return self.at_function(path, where, function, "LAB402", reason)

    def at_function(
        self,
        path: str,
        where: tuple[str, str, int],
        function: Mapping[str, Any],
        code: str,
        message: str,
        result: Result | None = None,
    ) -> Failure:
        """A failure at the place that a result names, else at the function in its Kptfile."""
        file, line = join(path, FILE), self.kptfiles[path].line_of(*where)
        if result is not None and result.file:
            file, line = result.file, result.line
        image = str(function.get("image") or function.get("exec") or "")
        return Failure(code, path or ".", image, str(function.get("name") or ""), message, file, line)

    def rendering(self) -> Rendering:
        """What there is so far."""
        uses = {setter: tuple(found) for setter, found in self.setters.items()}
        return Rendering(write_back(self.package, self.resources), tuple(self.runs), self.failure, uses)


def _at(path: str, fault: Fault) -> Failure:
    return Failure("LAB401", path or ".", "", "", fault.message, fault.file, fault.line, fault.column)


def _inner_first(paths: Sequence[str]) -> list[str]:
    """Packages so that each comes after those inside it, neighbors by name."""
    ordered: list[str] = []

    def visit(path: str) -> None:
        for child in sorted(child for child in paths if child != path and _parent(child, paths) == path):
            visit(child)
        ordered.append(path)

    for top in sorted(path for path in paths if _parent(path, paths) is None):
        visit(top)
    return ordered


def _parent(path: str, paths: Sequence[str]) -> str | None:
    while path:
        path = dirname(path)
        if path in paths:
            return path
    return None


def _config_data(resource: Resource) -> dict[str, Any]:
    """An object as functionConfig; values of a ConfigMap are text as written in the file."""
    data = resource.editable()
    node = node_at(resource.root, "data")
    if resource.kind == "ConfigMap" and isinstance(node, MappingNode):
        data["data"] = {**data["data"], **texts_of(node)}
    return data


def _with_condition(rendering: Rendering) -> Rendering:
    package = with_rendered(rendering.package, rendering.failure)
    return Rendering(package, rendering.runs, rendering.failure, rendering.setters)


def with_rendered(package: Package, failure: Failure | None) -> dict[str, str]:
    """The package with the condition `Rendered` in its root Kptfile, where that can be read."""
    condition = {"type": RENDERED, "status": "True", "reason": "RenderSuccess"}
    if failure is not None:
        condition = {"type": RENDERED, "status": "False", "reason": "RenderFailed", "message": failure.details()}
    try:
        kptfile = Kptfile.read(package.get(FILE, ""))
    except PackageFault:
        return dict(package)
    return {**package, FILE: kptfile.with_condition(condition).text}
