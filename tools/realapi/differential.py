"""Random writes by three managers on both servers: equal objects, managed fields, refusals and watch events.

Usage: python tools/realapi/differential.py [--sequences N] [--length N] [--seed N]

A sequence that comes out differently is made as short as it can be without coming out equal, and printed.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "conformance")]

from cases.catalog import Case, run  # noqa: E402
from cases.compare import differences  # noqa: E402
from cases.embedded import replay  # noqa: E402
from cases.session import APPLY, MERGE, PATCH, STRATEGIC, Session  # noqa: E402
from remote import client_session, transports  # noqa: E402
from servers import Real, real_server  # noqa: E402

MANAGERS = ("alice", "bob", "carol")
KINDS = {"ConfigMap": ("v1", "configmaps"), "Deployment": ("apps/v1", "deployments"), "Service": ("v1", "services")}


@dataclass(frozen=True, slots=True)
class Write:
    """One request of a sequence."""

    method: str
    kind: str
    type: str
    body: Any
    query: tuple[tuple[str, str], ...]


def _labels(chance: random.Random) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": "it"}
    if chance.random() < 0.5:
        metadata["labels"] = {chance.choice("xy"): chance.choice("12") for _ in range(chance.randint(1, 2))}
    if chance.random() < 0.2:
        metadata["annotations"] = {"note": chance.choice("12")}
    if chance.random() < 0.1:
        metadata["finalizers"] = ["example.org/f"]
    return metadata


def _container(chance: random.Random, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "image": f"registry.example.org/{name}:{chance.randint(1, 2)}"}
    if chance.random() < 0.5:
        made["env"] = [{"name": key, "value": chance.choice("12")} for key in chance.sample("AB", chance.randint(1, 2))]
    if name == "c" and chance.random() < 0.3:
        # Ports of one container only: the real server warns where two have the same.
        made["ports"] = [{"containerPort": port} for port in chance.sample([80, 81], chance.randint(1, 2))]
    if chance.random() < 0.3:
        made["resources"] = {"limits": {"cpu": chance.choice(["1", "100m"])}}
    return made


def _object(chance: random.Random, kind: str) -> dict[str, Any]:
    obj: dict[str, Any] = {"apiVersion": KINDS[kind][0], "kind": kind, "metadata": _labels(chance)}
    if kind == "ConfigMap":
        return {**obj, "data": {key: chance.choice("12") for key in chance.sample("abc", chance.randint(0, 3))}}
    if kind == "Service":
        ports = [{"name": f"p{port}", "port": port} for port in chance.sample([80, 81], chance.randint(1, 2))]
        return {**obj, "spec": {"selector": {"app": chance.choice("12")}, "ports": ports}}
    containers = [_container(chance, name) for name in chance.sample("cd", chance.randint(1, 2))]
    template = {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": containers}}
    spec: dict[str, Any] = {"selector": {"matchLabels": {"app": "d"}}, "template": template}
    if chance.random() < 0.5:
        spec["replicas"] = chance.randint(0, 2)
    return {**obj, "spec": spec}


def _patch(chance: random.Random, kind: str) -> tuple[str, Any]:
    obj = _object(chance, kind)
    body = {"metadata": {key: value for key, value in obj["metadata"].items() if key != "name"}}
    body |= {key: value for key, value in obj.items() if key in ("data", "spec")}
    choice = chance.random()
    if choice < 0.2:
        return PATCH, [{"op": "add", "path": "/metadata/labels", "value": {"z": chance.choice("12")}}]
    if choice < 0.3:
        return MERGE, {"metadata": {"labels": None, "finalizers": None}}
    return (MERGE if choice < 0.6 else STRATEGIC), body


def write(chance: random.Random) -> Write:
    """A random request."""
    kind = chance.choice(list(KINDS))
    manager = ("fieldManager", chance.choice(MANAGERS))
    choice = chance.random()
    if choice < 0.55:
        force = chance.choice(["true", "false"])
        return Write("PATCH", kind, APPLY, _object(chance, kind), (manager, ("force", force)))
    if choice < 0.75:
        type_, body = _patch(chance, kind)
        return Write("PATCH", kind, type_, body, (manager,))
    if choice < 0.85 and kind != "Service":
        # A PUT creates a missing Service on the real server alone, which is known.
        return Write("PUT", kind, "application/json", _object(chance, kind), (manager,))
    if choice < 0.95:
        return Write("POST", kind, "application/json", _object(chance, kind), (manager,))
    return Write("DELETE", kind, "application/json", None, ())


def as_case(name: str, writes: list[Write]) -> Case:
    """The sequence as a case: every reply, then every event of each kind."""

    async def perform(api: Session) -> None:
        starts = {}
        for kind, (version, plural) in KINDS.items():
            listed = await api.send("GET", api.path(plural, version))
            starts[kind] = listed.body["metadata"]["resourceVersion"]
        for each in writes:
            version, plural = KINDS[each.kind]
            path = api.path(plural if each.method == "POST" else f"{plural}/it", version)
            await api(each.method, path, each.body, type=each.type, **dict(each.query))
        for kind, (version, plural) in KINDS.items():
            path = api.path(plural, version)
            await api.watch(path, 1000, 1.0, resourceVersion=starts[kind], fieldSelector="metadata.name=it")

    return Case(name, "random", "", perform)


class Differential:
    """Runs sequences on both servers."""

    def __init__(self, real: Real) -> None:
        self._real = real
        self._numbers = itertools.count(1)

    async def _recorded(self, case: Case) -> list[dict[str, Any]]:
        async with client_session(self._real) as session:
            made = Session(case.name, *transports(session, self._real), 0.0)
            await run(case, made)
        return json.loads(json.dumps(made.steps))  # type: ignore[no-any-return]

    def differing(self, writes: list[Write]) -> list[str]:
        """Where the two servers differ on a sequence."""
        case = as_case(f"random-{next(self._numbers)}", writes)
        expected = asyncio.run(self._recorded(case))
        found = json.loads(json.dumps(replay(case)))
        return [str(each) for each in differences(expected, found)]

    def shortest(self, writes: list[Write]) -> list[Write]:
        """The sequence without what it does not need to differ."""
        kept = list(writes)
        for each in reversed(writes):
            fewer = [other for other in kept if other is not each]
            if self.differing(fewer):
                kept = fewer
        return kept


def main() -> int:
    """Compare, print what differs, fail if anything does."""
    parser = argparse.ArgumentParser(description="Random writes on the real and the embedded server.")
    parser.add_argument("--sequences", type=int, default=20)
    parser.add_argument("--length", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    failures = 0
    with real_server() as real:
        differential = Differential(real)
        for seed in range(options.seed, options.seed + options.sequences):
            chance = random.Random(seed)
            writes = [write(chance) for _ in range(options.length)]
            if not differential.differing(writes):
                print(f"sequence {seed}: equal", flush=True)
                continue
            failures += 1
            fewer = differential.shortest(writes)
            print(f"sequence {seed} differs:", flush=True)
            for each in fewer:
                print(f"  {each.method} {each.kind} {each.type} {json.dumps(each.body)} {dict(each.query)}")
            for line in differential.differing(fewer)[:6]:
                print(f"    {line[:700]}", flush=True)
    print(f"{options.sequences - failures} of {options.sequences} sequences equal")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
