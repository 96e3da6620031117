"""What a render gives: the new package, every function's results, the first failure, and who set which setter.

Source: kpt, function result API; Porch, renderStatus of PackageRevisionResources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.render.functions._contract import Result
from lab.render.kptfile import variant_of


@dataclass(frozen=True, slots=True)
class FunctionRun:
    """One function that ran: `name` is the one that the pipeline gives it, empty when it gives none."""

    package: str
    image: str
    name: str
    exit_code: int
    results: tuple[Result, ...]
    stderr: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The run as an item of a FunctionResultList."""
        item: dict[str, Any] = {"image": self.image, "exitCode": self.exit_code}
        if self.stderr:
            item["stderr"] = self.stderr
        if self.results:
            item["results"] = [result.as_dict() for result in self.results]
        return item


@dataclass(frozen=True, slots=True)
class Failure:
    """The first thing that stopped a render.

    `code` is the error code of the lab, `package` the path of the package whose pipeline ran (`.` for the root),
    `image` and `function` are empty when no function was at fault.
    """

    code: str
    package: str
    image: str
    function: str
    message: str
    file: str = ""
    line: int = 0
    column: int = 0

    def details(self) -> str:
        """The failure as kpt words it, from the package down to the function; a file that kpt leaves out is named."""
        head = f"fn.render: pkg {self.package}:\n\tpkg.render:"
        if self.image:
            return f'{head}\n\tpipeline.run: func eval "{self.image}" failed: {self.message}'
        place = f"{self.file}: " if self.file and self.file not in self.message else ""
        return f"{head}\n\t{place}{self.message}"


@dataclass(frozen=True, slots=True)
class SetterUse:
    """A function that gave a setter a value; `line` is that of the value, `places` are file, line and field set."""

    setter: str
    value: str
    image: str
    function: str
    package: str
    file: str
    line: int
    places: tuple[tuple[str, int, str], ...] = ()

    @property
    def variant(self) -> str | None:
        """The PackageVariant that brought the function, None for the package's own."""
        return variant_of(self.function)


@dataclass(frozen=True, slots=True)
class Override:
    """A PackageVariant's value that a later function of the package replaced at a place."""

    setter: str
    wanted: SetterUse
    got: SetterUse


@dataclass(frozen=True, slots=True)
class Rendering:
    """The outcome of a render; after a failure `package` holds what was reached up to the failing function."""

    package: dict[str, str]
    runs: tuple[FunctionRun, ...]
    failure: Failure | None
    setters: Mapping[str, tuple[SetterUse, ...]]

    @property
    def results(self) -> dict[str, Any]:
        """The runs as a FunctionResultList."""
        return {
            "apiVersion": "kpt.dev/v1",
            "kind": "FunctionResultList",
            "metadata": {"name": "fnresults"},
            "exitCode": 0 if self.failure is None else 1,
            "items": [run.as_dict() for run in self.runs],
        }

    @property
    def render_status(self) -> dict[str, Any]:
        """`status.renderStatus` of a PackageRevisionResources."""
        return {"result": self.results, "error": "" if self.failure is None else self.failure.details()}

    @property
    def overridden(self) -> tuple[Override, ...]:
        """Values of PackageVariants that the package's own pipeline replaced, because it runs after them."""
        found: list[Override] = []
        for uses in self.setters.values():
            last = uses[-1]
            wanted = [use for use in uses if use.variant is not None and use.value != last.value]
            if wanted and last.variant is None:
                found.append(Override(last.setter, wanted[-1], last))
        return tuple(found)
