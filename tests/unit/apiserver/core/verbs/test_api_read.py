"""get, list and watch through the whole pipeline."""

from __future__ import annotations

import pytest

MAPS = "/api/v1/namespaces/default/configmaps"
TABLE = {"accept": "application/json;as=Table;g=meta.k8s.io;v=v1"}


async def fill(kube, *names, **labels):
    """Create ConfigMaps."""
    for name in names:
        body = {"metadata": {"name": name, "labels": labels}, "data": {"x": "1"}}
        assert (await kube.post(MAPS, body)).code == 201


def names(reply):
    """The names in a list."""
    return [item["metadata"]["name"] for item in reply.body["items"]]


def test_list_of_builtin_kind(with_kube):
    """Items of a built-in list carry no kind; the list has one, and a revision."""

    async def scenario(kube):
        await fill(kube, "b", "a")
        found = await kube.get(MAPS)
        assert names(found) == ["a", "b", "kube-root-ca.crt"]
        assert found.body["kind"] == "ConfigMapList"
        assert str(kube.cluster.rev) == found.body["metadata"]["resourceVersion"]
        assert not any("kind" in item or "apiVersion" in item for item in found.body["items"])

    with_kube(scenario)


def test_paging_is_a_snapshot(with_kube):
    """Pages of one list show one revision, whatever is written meanwhile; an expired token gives 410 and a new one."""

    async def scenario(kube):
        await fill(kube, "a", "b", "c")
        first = await kube.get(MAPS, limit="2")
        assert (names(first), first.body["metadata"]["remainingItemCount"]) == (["a", "b"], 2)
        await kube.delete(f"{MAPS}/c")
        await fill(kube, "bb")
        token = first.body["metadata"]["continue"]
        second = await kube.get(MAPS, **{"limit": "2", "continue": token})
        assert names(second) == ["c", "kube-root-ca.crt"]
        assert "continue" not in second.body["metadata"]
        assert (await kube.get(MAPS, **{"continue": "nonsense!"})).code == 400
        again = await kube.get(MAPS, limit="2")
        await kube.api.clock.sleep(301)
        late = await kube.get(MAPS, **{"limit": "2", "continue": again.body["metadata"]["continue"]})
        assert (late.code, late.body["reason"]) == (410, "Expired")
        fresh = await kube.get(MAPS, **{"continue": late.body["metadata"]["continue"]})
        assert names(fresh) == ["bb", "kube-root-ca.crt"]

    with_kube(scenario)


def test_selectors(with_kube):
    """Label and field selectors choose; broken ones and unknown fields are 400."""

    async def scenario(kube):
        await fill(kube, "a", tier="web")
        await fill(kube, "b", tier="db")
        assert names(await kube.get(MAPS, labelSelector="tier in (web)")) == ["a"]
        assert names(await kube.get(MAPS, labelSelector="tier,tier!=web")) == ["b"]
        assert names(await kube.get(MAPS, fieldSelector="metadata.name=b")) == ["b"]
        assert (await kube.get(MAPS, labelSelector="tier in")).code == 400
        assert (await kube.get(MAPS, fieldSelector="spec.nodeName=x")).code == 400

    with_kube(scenario)


def test_revisions_of_lists(with_kube):
    """A list at an exact earlier revision is as it was; one of the future is 504; one too old is 410."""

    async def scenario(kube):
        await fill(kube, "a")
        then = str(kube.cluster.rev)
        await fill(kube, "b")
        await kube.delete(f"{MAPS}/a")
        exact = await kube.get(MAPS, resourceVersion=then, resourceVersionMatch="Exact")
        assert (["a", "kube-root-ca.crt"], then) == (names(exact), exact.body["metadata"]["resourceVersion"])
        future = await kube.get(MAPS, resourceVersion="999999")
        assert (future.code, future.body["details"]["causes"][0]["reason"]) == (504, "ResourceVersionTooLarge")
        old = await kube.get(MAPS, resourceVersion="1", resourceVersionMatch="Exact")
        assert old.code == 410

    with_kube(scenario)


def test_representations(with_kube):
    """One object as YAML, as Table and as metadata only; an unknown media type is 406."""

    async def scenario(kube):
        await fill(kube, "a")
        text = await kube.ask("GET", f"{MAPS}/a", headers={"accept": "application/yaml"})
        assert b"kind: ConfigMap" in text.raw
        table = await kube.ask("GET", f"{MAPS}/a", headers=TABLE)
        assert (table.body["kind"], table.body["rows"][0]["cells"][:2]) == ("Table", ["a", 1])
        accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        partial = await kube.ask("GET", MAPS, headers={"accept": accept})
        assert partial.body["kind"] == "PartialObjectMetadataList"
        assert "data" not in partial.body["items"][0]
        assert (await kube.ask("GET", MAPS, headers={"accept": "text/plain"})).code == 406

    with_kube(scenario)


def test_long_table(with_kube):
    """A Table of more rows than are rendered at once has them all."""

    async def scenario(kube):
        await fill(kube, *(f"m{number:03}" for number in range(450)))
        table = await kube.ask("GET", MAPS, headers=TABLE)
        assert len(table.body["rows"]) == 451

    with_kube(scenario)


def test_unknown_paths(with_kube):
    """An unknown group is plain text, an unknown resource of a known group a Status, a wrong method 405."""

    async def scenario(kube):
        plain = await kube.get("/apis/nothing.example.org/v1/things")
        assert (plain.code, plain.body) == (404, b"404 page not found\n")
        missing = await kube.get("/api/v1/things")
        assert (missing.code, missing.body["message"]) == (404, "the server could not find the requested resource")
        assert (await kube.ask("PATCH", MAPS, {})).code == 405
        assert (await kube.post(f"{MAPS}/a", {})).code == 405

    with_kube(scenario)


def test_watch_from_list(with_kube):
    """A watch from a list's revision loses and repeats nothing."""

    async def scenario(kube):
        await fill(kube, "a")
        version = (await kube.get(MAPS)).body["metadata"]["resourceVersion"]
        await fill(kube, "b")
        watch = await kube.watch(MAPS, resourceVersion=version)
        await kube.patch(f"{MAPS}/b", {"data": {"x": "2"}})
        await kube.delete(f"{MAPS}/a")
        assert await watch.names(3) == [("ADDED", "b"), ("MODIFIED", "b"), ("DELETED", "a")]
        await watch.close()
        assert kube.cluster.watchers == {}

    with_kube(scenario)


def test_watch_without_revision(with_kube):
    """A watch without revision begins with what is there."""

    async def scenario(kube):
        await fill(kube, "a")
        watch = await kube.watch(MAPS)
        assert await watch.names(2) == [("ADDED", "a"), ("ADDED", "kube-root-ca.crt")]

    with_kube(scenario)


def test_watch_selector_edges(with_kube):
    """An object that stops matching is shown as DELETED, one that starts as ADDED."""

    async def scenario(kube):
        watch = await kube.watch(MAPS, labelSelector="tier=web")
        await fill(kube, "a", tier="web")
        await kube.patch(f"{MAPS}/a", {"metadata": {"labels": {"tier": "db"}}})
        await kube.patch(f"{MAPS}/a", {"metadata": {"labels": {"tier": "web"}}})
        await kube.patch(f"{MAPS}/a", {"data": {"x": "2"}})
        await kube.delete(f"{MAPS}/a")
        assert [kind for kind, _ in await watch.names(5)] == ["ADDED", "DELETED", "ADDED", "MODIFIED", "DELETED"]

    with_kube(scenario)


def test_deleted_event_has_the_final_revision(with_kube):
    """The DELETED event carries the revision of the deletion."""

    async def scenario(kube):
        await fill(kube, "a")
        watch = await kube.watch(MAPS, resourceVersion=str(kube.cluster.rev))
        await kube.delete(f"{MAPS}/a")
        _, obj = await watch.next()
        assert str(kube.cluster.rev) == obj["metadata"]["resourceVersion"]

    with_kube(scenario)


def test_watch_expired(with_kube):
    """A watch from a forgotten revision is answered 200 with one ERROR event, 410 Expired, and ends."""

    async def scenario(kube):
        watch = await kube.watch(MAPS, resourceVersion="1")
        kind, status = await watch.next()
        assert (kind, status["code"], status["reason"]) == ("ERROR", 410, "Expired")
        with pytest.raises(StopAsyncIteration):
            await watch.next()

    with_kube(scenario)


def test_bookmarks(with_kube):
    """A client that allows bookmarks learns of later revisions within a minute, but not twice."""

    async def scenario(kube):
        watch = await kube.watch(MAPS, resourceVersion=str(kube.cluster.rev), allowWatchBookmarks="true")
        await kube.post("/api/v1/namespaces/default/secrets", {"metadata": {"name": "s"}})
        kind, obj = await watch.next()
        assert ("BOOKMARK", str(kube.cluster.rev)) == (kind, obj["metadata"]["resourceVersion"])
        assert await watch.quiet(200)

    with_kube(scenario)


def test_initial_events(with_kube):
    """sendInitialEvents lists the present objects and marks their end by a bookmark."""

    async def scenario(kube):
        await fill(kube, "a")
        query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
        watch = await kube.watch(MAPS, **query)
        await watch.names(2)
        kind, obj = await watch.next()
        assert (kind, obj["metadata"]["annotations"]) == ("BOOKMARK", {"k8s.io/initial-events-end": "true"})

    with_kube(scenario)


def test_watch_ends(with_kube):
    """timeoutSeconds ends a watch; so does the server that closes watches."""

    async def scenario(kube):
        watch = await kube.watch(MAPS, resourceVersion=str(kube.cluster.rev), timeoutSeconds="5")
        began = kube.api.clock.time()
        with pytest.raises(StopAsyncIteration):
            await watch.next()
        assert pytest.approx(kube.api.clock.time() - began) == 5

    with_kube(scenario)


def test_slow_reader_is_ended(with_kube, monkeypatch):
    """A reader that leaves too many events lying loses its stream instead of filling the memory."""
    monkeypatch.setattr("lab.apiserver.serve.local.MAX_QUEUED", 5)

    async def scenario(kube):
        watch = await kube.watch(MAPS, resourceVersion=str(kube.cluster.rev))
        await fill(kube, "first")
        assert await watch.names(1) == [("ADDED", "first")]
        await fill(kube, *(f"m{number}" for number in range(9)))
        assert len(await watch.names(5)) == 5
        with pytest.raises(StopAsyncIteration):
            await watch.next()
        assert kube.cluster.watchers == {}

    with_kube(scenario)


def test_many_concurrent_writes(with_kube):
    """A list and a watch from it see each of a thousand writes exactly once."""

    async def scenario(kube):
        await fill(kube, "start")
        watch = await kube.watch(MAPS, resourceVersion=(await kube.get(MAPS)).body["metadata"]["resourceVersion"])
        for number in range(1000):
            await kube.patch(f"{MAPS}/start", {"data": {"n": str(number)}})
        seen = [obj["data"]["n"] for _, obj in [await watch.next() for _ in range(1000)]]
        assert [str(number) for number in range(1000)] == seen

    with_kube(scenario)
