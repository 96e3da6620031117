"""What outlives a start: objects, revisions, keys, the ledger; and what happens to a damaged file."""

from __future__ import annotations

import sqlite3

import pytest

from lab.apiserver.core.identity import Credentials
from lab.apiserver.core.request import Request
from lab.apiserver.persist.key_files import KeyFiles
from lab.apiserver.persist.sqlite import SqliteStore
from lab.errors.base import LabError

MAPS = "/api/v1/namespaces/default/configmaps"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GADGETS = "/apis/example.org/v1/namespaces/default/gadgets"
TOKENS = "/api/v1/namespaces/default/serviceaccounts/default/token"


@pytest.fixture
def lives(tmp_path, virtually, start_server, kube_of):
    """Runs several lives of one lab's server, one coroutine function each."""

    def run(*scenarios):
        async def live(scenario):
            store, keys = SqliteStore(tmp_path / "objects.db"), KeyFiles(tmp_path / "keys")
            async with start_server(store=store, keys=keys) as api:
                if "mgmt" not in api.fleet.names():
                    api.fleet.create("mgmt")
                await scenario(kube_of(api, "mgmt"))

        for scenario in scenarios:
            virtually(live(scenario))

    return run


def test_restart(lives, gadgets):
    """After a restart the same objects are there, with their uids and revisions; what was deleted is not."""
    known = {}

    async def before(kube):
        known["made"] = (await kube.post(MAPS, {"metadata": {"name": "a"}, "data": {"x": "1"}})).body
        await kube.post(MAPS, {"metadata": {"name": "gone"}})
        await kube.delete(f"{MAPS}/gone")
        await kube.delete("/apis/rbac.authorization.k8s.io/v1/clusterroles/view")
        await kube.post(CRDS, gadgets)
        await kube.api.clock.sleep(1)
        gadget = {"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": {"name": "g"}, "spec": {"size": 1}}
        await kube.post(GADGETS, gadget)
        known["namespace"] = (await kube.get("/api/v1/namespaces/default")).body
        known["rev"] = kube.cluster.rev

    async def after(kube):
        assert known["made"] == (await kube.get(f"{MAPS}/a")).body
        assert (await kube.get(f"{MAPS}/gone")).code == 404
        assert (await kube.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/view")).code == 404
        assert (await kube.get(f"{GADGETS}/g")).code == 200
        assert known["namespace"] == (await kube.get("/api/v1/namespaces/default")).body
        assert known["rev"] < kube.cluster.rev
        watch = await kube.watch(MAPS, resourceVersion=str(known["rev"]))
        kind, status = await watch.next()
        assert (kind, status["code"]) == ("ERROR", 410)

    lives(before, after)


def test_unfinished_business(lives):
    """A namespace that was ending when the server stopped goes on ending after the start."""

    async def before(kube):
        await kube.post("/api/v1/namespaces", {"metadata": {"name": "x"}})
        await kube.delete("/api/v1/namespaces/x")

    async def after(kube):
        assert (await kube.get("/api/v1/namespaces/x")).body["status"]["phase"] == "Terminating"
        await kube.api.clock.sleep(5)
        assert (await kube.get("/api/v1/namespaces/x")).code == 404

    lives(before, after)


def test_keys_outlive_a_start(lives, tmp_path):
    """Tokens and authorities are the same after a restart; their files are the owner's only."""
    known = {}

    async def before(kube):
        known["token"] = (await kube.post(TOKENS, {})).body["status"]["token"]
        kube.api.fleet.issue_client("mgmt", "jane", ())
        known["authority"] = kube.api.serving_authority.certificate_pem

    async def after(kube):
        headers = {"authorization": f"Bearer {known['token']}"}
        reply = await kube.api.handle("mgmt", Credentials(), Request("GET", "/version", (), headers))
        assert reply.status == 200
        assert known["authority"] == kube.api.serving_authority.certificate_pem

    lives(before, after)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").rglob("*.*") if path.is_file()}
    assert {0o600} == modes
    assert (tmp_path / "objects.db").stat().st_mode & 0o777 == 0o600


def test_deleted_cluster_stays_deleted(lives):
    """A deleted cluster leaves nothing to one of the same name."""

    async def before(kube):
        await kube.post(MAPS, {"metadata": {"name": "a"}})
        kube.api.fleet.delete("mgmt")

    async def after(kube):
        assert (await kube.get(f"{MAPS}/a")).code == 404

    lives(before, after)


def test_ledger_outlives_a_start(lives):
    """What was done stays known."""

    async def before(kube):
        await kube.as_("jane").get(MAPS)

    async def after(kube):
        assert "jane" in {entry.identity for entry in kube.api.ledger.entries("mgmt")}

    lives(before, after)


def test_committed_before_the_reply(lives, tmp_path):
    """When a reply comes, another reader of the file sees the object."""

    async def scenario(kube):
        await kube.post(MAPS, {"metadata": {"name": "a"}})
        with sqlite3.connect(tmp_path / "objects.db") as other:
            found = other.execute("SELECT count(*) FROM objects WHERE name = 'a'").fetchone()
        other.close()
        assert found == (1,)

    lives(scenario)


def test_damaged_file(tmp_path, virtually, start_server):
    """A file that is no database, or a broken one, is refused with LAB031 and left as it is."""

    async def start(path):
        async with start_server(store=SqliteStore(path)):
            pass

    path = tmp_path / "objects.db"
    content = b"this is not a database, it only pretends to be one\n" * 400
    path.write_bytes(content)
    with pytest.raises(LabError) as refused:
        virtually(start(path))
    assert refused.value.code == "LAB031"
    assert content == path.read_bytes()


def test_damaged_object(lives, tmp_path):
    """An object whose bytes are broken is named, not dropped."""

    async def before(kube):
        await kube.post(MAPS, {"metadata": {"name": "a"}})

    async def never(kube):
        raise AssertionError("the server must not start")

    lives(before)
    with sqlite3.connect(tmp_path / "objects.db") as file:
        file.execute("UPDATE objects SET body = x'7b7b' WHERE name = 'a'")
    file.close()
    with pytest.raises(LabError, match=r"LAB031.*configmaps a"):
        lives(never)


def test_full_disk(lives, monkeypatch):
    """A commit that fails answers 500 and is tried again with the next change."""

    async def scenario(kube):
        store = kube.cluster.journal
        real = store._connection

        class Full:
            def execute(self, statement, *values):
                if statement.startswith("BEGIN"):
                    raise sqlite3.OperationalError("database or disk is full")
                return real.execute(statement, *values)

        store._connection = Full()
        assert (await kube.post(MAPS, {"metadata": {"name": "a"}})).code == 500
        store._connection = real
        assert (await kube.post(MAPS, {"metadata": {"name": "b"}})).code == 201

    async def after(kube):
        assert [(await kube.get(f"{MAPS}/{name}")).code for name in "ab"] == [200, 200]

    lives(scenario, after)
