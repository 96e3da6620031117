"""Journals for the page's tests: one cluster on which something stopped, and a fleet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from lab.events import kinds as k
from lab.events.records import Record

BEGAN = datetime.fromisoformat("2026-03-02T14:02:11.000+00:00")
PACKAGES = ("cluster-baseline", "platform-addons", "networking")


def write(path: Path, events: list[k.Event], step: float = 0.05) -> Path:
    """Events as a journal file, `step` seconds apart."""
    lines = []
    for number, event in enumerate(events, 1):
        record = Record(number, BEGAN + timedelta(seconds=number * step), event)
        lines.append(orjson.dumps(record.as_dict(), option=orjson.OPT_NON_STR_KEYS) + b"\n")
    path.write_bytes(b"".join(lines))
    return path


def one_that_failed() -> list[k.Event]:
    """Three packages for one cluster; the last has a function that fails."""
    events = [*_begin(("my-ran",)), *_declare("my-ran")]
    revision = "nephio-my-ran.networking.packagevariant-1"
    for package in PACKAGES[:2]:
        events += _left("my-ran", package)
    events += [
        k.VariantAccepted("networking-my-ran", "nephio-my-ran", "networking", "nephio-blueprints/networking@v1"),
        k.DraftCreated(revision, "nephio-my-ran", "networking", "packagevariant-1", "clone", "networking-my-ran"),
        k.RenderFailed(
            revision, "networking-my-ran", "nephio-my-ran", "networking", "LAB401",
            "cluster-facts:v0.1.0", 'attachment "n3" needs the CNI "sriov"; my-ran has calico, macvlan',
            "networking/attachments/n3.yaml", 7,
        ),
    ]  # fmt: skip
    return [*events, *_right("my-ran", PACKAGES[:2])]


def fleet(size: int) -> list[k.Event]:
    """`size` clusters; most are ready, some are on their way, some have no agent, a few failed."""
    names = tuple(f"edge-{i:04}" for i in range(1, size + 1))
    events = _begin(names)
    for i, name in enumerate(names, 1):
        events += [*_declare(name, site=f"site-{i:04}"), *_left(name, "cluster-baseline")]
        if i % 97 == 0:
            continue
        if i % 61 == 0:
            events += [k.AgentStarted(name), _sync(name)]
            events.append(k.PullFailed(name, "root-sync", _url(name), "LAB702", "KNV2004", "connection refused"))
        elif i % 41 == 0:
            events += [k.AgentStarted(name), _sync(name)]
        else:
            events += _right(name, ("cluster-baseline",))
    return events


def _begin(names: tuple[str, ...]) -> list[k.Event]:
    return [
        k.LabStarted("demo", "embedded", "mgmt", names),
        k.PartChanged("git", "up", "real", ""),
        k.PartChanged("mgmt", "up", "stand-in", "API answers"),
        k.PartChanged("porch", "up", "stand-in", ""),
    ]


def _declare(name: str, site: str = "site-ran-01") -> list[k.Event]:
    facts = {"cluster-name": name, "site-code": site, "cnis": "[calico, macvlan]", "provider": "baremetal"}
    return [
        k.RepositoryChanged(f"nephio-{name}", _url(name), "main", True, name, True),
        k.ContextAccepted(name, name, facts),
    ]


def _left(name: str, package: str) -> list[k.Event]:
    revision = f"nephio-{name}.{package}.packagevariant-1"
    repository = f"nephio-{name}"
    subject = f"Rendered {package} v1 for {name}"
    return [
        k.VariantAccepted(f"{package}-{name}", repository, package, f"nephio-blueprints/{package}@v1"),
        k.DraftCreated(revision, repository, package, "packagevariant-1", "clone", f"{package}-{name}"),
        k.Rendered(revision, ("apply-setters:v0.2.0", "cluster-facts:v0.1.0"), {"cluster-name": name}),
        k.Proposed(revision, "porch-controllers"),
        k.Approved(revision, "porch-controllers", "initial"),
        k.Committed(revision, repository, package, package, 1, "main", _commit(name, package), subject),
    ]


def _right(name: str, packages: tuple[str, ...]) -> Iterator[k.Event]:
    commits = tuple(_commit(name, package) for package in reversed(packages))
    yield k.AgentStarted(name)
    yield _sync(name)
    yield k.Pulled(name, "root-sync", _url(name), "main", commits[0], commits)
    yield k.Applied(name, "root-sync", commits[0], {package: {"created": 9} for package in packages})
    for package in packages:
        yield k.PackageReady(name, "root-sync", commits[0], package, 9, (f"Namespace/{package}",))


def _sync(name: str) -> k.Event:
    return k.SyncDeclared(name, "root-sync", _url(name), "main", "", 15.0)


def _url(name: str) -> str:
    return f"http://127.0.0.1:3000/nephio/nephio-{name}.git"


def _commit(name: str, package: str) -> str:
    return hashlib.sha1(f"{name}/{package}".encode(), usedforsecurity=False).hexdigest()
