"""What the tests of the page share: a package's whole road as records, and a way to run against the page's routes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from lab.events import kinds as k
from lab.events.records import Record
from lab.kit.clock import VIRTUAL_EPOCH
from lab.web.door import PageDoor

URL = "http://git.invalid/nephio/nephio-my-ran.git"
REVISION = "nephio-my-ran.cluster-baseline.packagevariant-1"
COMMIT = "3f9c2ab" + "0" * 33
SUBJECT = "Rendered cluster-baseline v1 for my-ran"
TOKEN = "a-token"

ROAD: tuple[k.Event, ...] = (
    k.LabStarted("demo", "embedded", "mgmt", ("my-ran",)),
    k.RepositoryChanged("nephio-my-ran", URL, "main", True, "my-ran", True),
    k.ContextAccepted("my-ran", "my-ran", {"site-code": "site-ran-01"}),
    k.VariantAccepted("baseline-my-ran", "nephio-my-ran", "cluster-baseline", "nephio-blueprints/cluster-baseline@v1"),
    k.DraftCreated(REVISION, "nephio-my-ran", "cluster-baseline", "packagevariant-1", "clone", "baseline-my-ran"),
    k.Rendered(REVISION, ("apply-setters",), {"cluster-name": "my-ran"}),
    k.Proposed(REVISION, "porch"),
    k.Approved(REVISION, "porch", "initial"),
    k.Committed(REVISION, "nephio-my-ran", "cluster-baseline", "cluster-baseline", 1, "main", COMMIT, SUBJECT),
    k.AgentStarted("my-ran"),
    k.SyncDeclared("my-ran", "root-sync", URL, "main", "", 15.0),
    k.Pulled("my-ran", "root-sync", URL, "main", COMMIT, (COMMIT,)),
    k.Applied("my-ran", "root-sync", COMMIT, {"cluster-baseline": {"created": 4, "pruned": 0}}),
    k.PackageReady("my-ran", "root-sync", COMMIT, "cluster-baseline", 4, ("Namespace/openairinterface",)),
)


def records_of(*events: k.Event) -> list[Record]:
    """Events that come a second apart."""
    return [Record(i, VIRTUAL_EPOCH + timedelta(seconds=i), event) for i, event in enumerate(events, 1)]


@pytest.fixture
def road() -> tuple[k.Event, ...]:
    """Everything that happens to one package on its way to one cluster."""
    return ROAD


@pytest.fixture
def make_records() -> Callable[..., list[Record]]:
    """Gives events their numbers and hours."""
    return records_of


@pytest.fixture
def records() -> list[Record]:
    """The road as records."""
    return records_of(*ROAD)


@pytest.fixture
def visit() -> Callable[..., None]:
    """Runs a visit to a page's routes; the client shows the token unless told otherwise."""

    def run(door: PageDoor, visiting: Callable[[Any], Awaitable[None]], *, token: str = TOKEN) -> None:
        async def inside() -> None:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            async with TestClient(TestServer(door.application("lab-page")), headers=headers) as client:
                await visiting(client)
                await door.close()

        asyncio.run(inside())

    return run
