"""The register of cases: name, group and function, in the order of the tables in docs/fidelity.md."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cases.session import Session

Function = Callable[[Session], Awaitable[None]]
GROUPS = {
    "A": "Discovery and OpenAPI",
    "B": "Create and read",
    "C": "Update and concurrency",
    "D": "Patch",
    "E": "Server-side apply",
    "F": "CustomResourceDefinitions",
    "G": "Subresources",
    "H": "List and watch",
    "I": "Deletion and authorization",
    "J": "Defaults, managed fields and printed columns, kind by kind",
}


@dataclass(frozen=True, slots=True)
class Case:
    """A named list of requests; `title` says what is asserted."""

    name: str
    group: str
    title: str
    run: Function


CASES: dict[str, Case] = {}


def case(group: str, name: str) -> Callable[[Function], Function]:
    """Register a function as a case; its docstring is the title."""

    def register(function: Function) -> Function:
        assert name not in CASES, name
        add(Case(name, group, (function.__doc__ or "").strip(), function))
        return function

    return register


def add(case: Case) -> None:
    """Register a case."""
    CASES[case.name] = case


async def run(case: Case, session: Session) -> None:
    """Run a case in a namespace of its own, made before the first step and filled by the controllers."""
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": session.namespace}}
    made = await session.send("POST", "/api/v1/namespaces", body)
    assert made.code == 201, made.body
    for path in ("serviceaccounts/default", "configmaps/kube-root-ca.crt"):
        await session.until(session.path(path), lambda reply: reply.code == 200, keep=False)
    await case.run(session)
