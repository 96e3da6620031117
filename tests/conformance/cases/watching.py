"""H. List and watch."""

from __future__ import annotations

import asyncio
import json

from cases.catalog import case
from cases.objects import config_map, serve_widgets, widget, with_metadata
from cases.session import MERGE, PARTIAL, TABLE, Session

OURS = "app=conformance"
"""Namespaces hold a ConfigMap of the cluster too; lists of cases look at labeled ones."""


def _labeled(name: str, **labels: str) -> dict[str, object]:
    return with_metadata(config_map(name), labels={"app": "conformance", **labels})


@case("H", "paging")
async def paging(api: Session) -> None:
    """Pages form one snapshot under writes; a bad token is 400, an expired one 410."""
    path = api.path("configmaps")
    for name in ("a", "b", "c"):
        await api.send("POST", path, config_map(name))
    first = await api("GET", path, limit="2")
    await api.send("DELETE", f"{path}/c")
    await api.send("POST", path, config_map("d"))
    token = first["metadata"]["continue"]
    await api("GET", path, limit="2", **{"continue": token})
    await api("GET", path, **{"continue": "nonsense"})
    await api("GET", path, limit="nonsense")
    await api("GET", path, limit="1", labelSelector=OURS)
    await api("GET", path, limit="2", resourceVersion="0")
    await api("GET", path, resourceVersion="1", **{"continue": token})
    await asyncio.sleep(api.expiry)
    expired = await api("GET", path, limit="2", **{"continue": token})
    await api("GET", path, limit="2", **{"continue": expired["metadata"].get("continue", "")})


@case("H", "selectors")
async def selectors(api: Session) -> None:
    """Sets, existence, negation; malformed ones and unknown fields are 400 with their texts."""
    path = api.path("configmaps")
    for name, color in (("a", "red"), ("b", "blue"), ("c", "")):
        await api.send("POST", path, _labeled(name, **({"color": color} if color else {})))

    def names(reply: object) -> object:
        body = reply.body  # type: ignore[attr-defined]
        return [item["metadata"]["name"] for item in body["items"]] if "items" in body else body

    for selector in (
        "color in (red,blue),app",
        "!color,app",
        "color!=red,app",
        "color notin (red),app",
        "color=red",
        "color==blue",
        "app,color",
        "a b",
        "color in red",
        "=x",
        "color in ()",
        "size>5",
        "-=x",
        "color=" + "x" * 64,
    ):
        await api("GET", path, labelSelector=selector, keep=names)
    for selector in ("metadata.name=a", "metadata.name!=a,metadata.name!=kube-root-ca.crt", "data.x=1", "nonsense"):
        await api("GET", path, fieldSelector=selector, keep=names)
    await api("GET", api.path("pods"), fieldSelector="spec.nodeName=none,status.phase!=Running", keep=names)
    await api("GET", api.path("events"), fieldSelector="involvedObject.kind=Pod,type=Warning", keep=names)
    await api("GET", api.path("secrets"), fieldSelector="type=Opaque", keep=names)
    await api("GET", api.path("deployments", "apps/v1"), fieldSelector="spec.replicas=1", keep=names)


@case("H", "list-item-type-meta")
async def list_item_type_meta(api: Session) -> None:
    """Items of built-in lists carry no kind, items of custom ones do."""
    await api.send("POST", api.path("configmaps"), _labeled("a"))
    await api("GET", api.path("configmaps"), labelSelector=OURS)
    custom = await serve_widgets(api)
    await api.send("POST", custom, widget(api.group, color="red"))
    await api("GET", custom)
    await api("GET", custom, accept=PARTIAL.replace("PartialObjectMetadata", "PartialObjectMetadataList"))
    await api("GET", api.path("configmaps"), accept=TABLE, labelSelector=OURS)
    await api("GET", api.path("secrets"))
    await api("GET", api.path("secrets"), accept=TABLE)


@case("H", "future-rv")
async def future_rv(api: Session) -> None:
    """504 Timeout with the cause ResourceVersionTooLarge."""
    path = api.path("configmaps")
    await api("GET", path, resourceVersion="9999999999")
    await api("GET", f"{path}/kube-root-ca.crt", resourceVersion="9999999999")
    await api("GET", path, resourceVersion="nonsense")
    await api("GET", path, resourceVersionMatch="Exact")
    await api("GET", path, resourceVersion="0", resourceVersionMatch="Exact")
    await api("GET", path, resourceVersion="5", resourceVersionMatch="Odd")


@case("H", "watch-from-list")
async def watch_from_list(api: Session) -> None:
    """A watch from a list's version loses and repeats nothing under a thousand writes."""
    path = api.path("configmaps")
    version = (await api.send("GET", path)).body["metadata"]["resourceVersion"]
    query = [("watch", "true"), ("resourceVersion", version)]
    _, _, stream = await api.admin.open("GET", path, query=query)
    seen: list[tuple[str, int]] = []

    async def read() -> None:
        buffer = b""
        async for chunk in stream:
            *lines, buffer = (buffer + chunk).split(b"\n")
            for line in filter(None, lines):
                metadata = json.loads(line)["object"]["metadata"]
                seen.append((metadata["name"], int(metadata["resourceVersion"])))
            if len(seen) >= 1000:
                break

    async def write(part: int) -> None:
        for number in range(100):
            await api.send("POST", path, config_map(f"m-{part}-{number}"))

    async with asyncio.timeout(120), asyncio.TaskGroup() as tasks:
        tasks.create_task(read())
        for part in range(10):
            tasks.create_task(write(part))
    await stream.aclose()
    versions = [version for _, version in seen]
    api.note("events", {"seen": len(seen), "names": len({name for name, _ in seen})})
    api.note("in order", versions == sorted(versions))


@case("H", "watch-selector-edges")
async def watch_selector_edges(api: Session) -> None:
    """A label that flips shows as DELETED, then as ADDED."""
    path = api.path("configmaps")
    made = await api("POST", path, _labeled("a", on="yes"))
    for value in ("no", "yes"):
        await api("PATCH", f"{path}/a", {"metadata": {"labels": {"on": value}}}, type=MERGE)
    await api("DELETE", f"{path}/a")
    version = made["metadata"]["resourceVersion"]
    await api.watch(path, 3, resourceVersion=version, labelSelector="on=yes")
    await api.watch(path, 4, resourceVersion=version, fieldSelector="metadata.name=a")
    await api.watch(path, 3, resourceVersion=version, labelSelector="on=yes", accept=TABLE)
    await api.watch(path, 3, resourceVersion=version, labelSelector="on=yes", accept=PARTIAL)
    named = "/api/v1/watch/namespaces/" + api.namespace + "/configmaps/a"
    await api.watch(named, 3, resourceVersion=version)


@case("H", "watch-expired")
async def watch_expired(api: Session) -> None:
    """One ERROR event with code 410; initial events end with an annotated bookmark."""
    path = api.path("configmaps")
    await api.watch(path, 1, resourceVersion="1")
    await api.send("POST", path, _labeled("a"))
    initial = {"sendInitialEvents": "true", "allowWatchBookmarks": "true", "resourceVersionMatch": "NotOlderThan"}
    await api.watch(path, 2, labelSelector=OURS, **initial)
    await api.watch(path, 1, labelSelector=OURS)
    await api.watch(path, 1, labelSelector=OURS, resourceVersion="0")
    await api("GET", path, watch="true", sendInitialEvents="true")
    await api("GET", path, watch="true", resourceVersion="nonsense")
    await api("GET", path, watch="true", resourceVersionMatch="NotOlderThan")
