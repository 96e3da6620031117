"""Reading from Git: what is asked, how failures look, and how they heal."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Any

from lab.events.kinds import Applied, ApplyFailed, Pulled, PullFailed, SyncDeclared, SyncRemoved, Warned
from lab.kube.paths import CONFIG_MAP, ROOT_SYNC, SECRET

SYSTEM = "config-management-system"


def config_map(name: str, value: str = "1") -> str:
    """A ConfigMap in the namespace default."""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: default\ndata:\n  v: '{value}'\n"


async def source_error(bench: Any, name: str = "root-sync") -> dict[str, Any] | None:
    """The first error of the source stage."""
    errors = (await bench.status(name)).get("source", {}).get("errors") or [None]
    first: dict[str, Any] | None = errors[0]
    return first


def condition(status: dict[str, Any], kind: str) -> dict[str, Any]:
    """A condition of the status."""
    return next((item for item in status.get("conditions", []) if item["type"] == kind), {})


def test_new_commit_is_pulled_at_the_period(on_bench: Callable[..., None]) -> None:
    """A commit is applied within the period of its push, and Pulled names it and what is new below it."""

    async def scenario(bench: Any) -> None:
        first = await bench.commit({"a.yaml": config_map("a")})
        bench.start_agent()
        await bench.root_sync()
        await bench.synced()
        await asyncio.sleep(100)
        second = await bench.commit({"a.yaml": config_map("a", "2")})
        third = await bench.commit({"b.yaml": config_map("b")})
        await bench.synced(within=16)

        assert [(first, (first,)), (third, (third, second))] == [
            (told.commit, told.commits) for told in bench.events(Pulled)
        ]
        counts = {"created": 1, "configured": 1, "unchanged": 0, "pruned": 0}
        assert {"": counts} == bench.events(Applied)[-1].packages

    on_bench(scenario)


def test_idle_poll_asks_for_refs_only(on_bench: Callable[..., None]) -> None:
    """Between commits nothing is fetched and nothing read; the repository is asked once a period."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": config_map("a")})
        bench.start_agent()
        await bench.root_sync(period="10s")
        await bench.synced()
        asked = []
        found = bench.route.path

        def path(url: str) -> Any:
            asked.append(url)
            return found(url)

        bench.route.path = path
        await asyncio.sleep(1000)
        assert 99 <= len(asked) <= 102

    on_bench(scenario)


def test_git_down_and_back(on_bench: Callable[..., None]) -> None:
    """KNV2004 without a source commit while Git is away, told once; back again, its commit is applied once more."""

    async def scenario(bench: Any) -> None:
        commit = await bench.commit({"a.yaml": config_map("a")})
        bench.start_agent()
        await bench.root_sync()
        await bench.synced()
        bench.route.down = True
        error = await bench.until(lambda: source_error(bench))
        await asyncio.sleep(120)

        status = await bench.status()
        assert error["code"] == "2004"
        assert "Connection refused" in error["errorMessage"]
        assert "commit" not in status["source"]
        assert (commit, commit) == (status["sync"]["commit"], status["lastSyncedCommit"])
        assert await bench.word() == "ERROR"
        assert [(told.code, told.knv) for told in bench.events(PullFailed)] == [("LAB702", "KNV2004")]

        bench.route.down = False
        await bench.synced(within=20)
        assert len(bench.events(Pulled)) == 2
        assert len(bench.events(Applied)) == 1

    on_bench(scenario)


def test_wrong_branch_heals_when_it_appears(on_bench: Callable[..., None]) -> None:
    """A branch that the repository lacks is KNV2004 in git's words, until it is pushed."""

    async def scenario(bench: Any) -> None:
        bench.start_agent()
        await bench.root_sync()
        error = await bench.until(lambda: source_error(bench))
        assert "couldn't find remote ref main" in error["errorMessage"]
        assert bench.events(PullFailed)[0].message == "fatal: couldn't find remote ref main"
        await bench.commit({"a.yaml": config_map("a")})
        await bench.synced(within=16)

    on_bench(scenario)


def test_placeholder_url_is_said_in_the_status(on_bench: Callable[..., None]) -> None:
    """The URL of an example, applied as it stands, shows KNV2004; a changed spec is served at once."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": config_map("a")})
        bench.start_agent()
        await bench.root_sync(repo="https://github.com/YOUR-ORG/nephio-my-ran.git")
        error = await bench.until(lambda: source_error(bench))
        assert error["code"] == "2004"
        assert "https://github.com/YOUR-ORG/nephio-my-ran.git" in error["errorMessage"]
        await bench.root_sync()
        await bench.synced(within=2)
        assert len(bench.events(SyncDeclared)) == 2

    on_bench(scenario)


def test_missing_directory_prunes_nothing(on_bench: Callable[..., None]) -> None:
    """A directory that the commit lacks is KNV2004; what was applied stays; another directory replaces the objects."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"one/a.yaml": config_map("a"), "two/b.yaml": config_map("b")})
        bench.start_agent()
        await bench.root_sync(dir="one")
        await bench.synced()
        await bench.root_sync(dir="nope")
        error = await bench.until(lambda: source_error(bench))
        assert "failed to evaluate the config directory" in error["errorMessage"]
        assert await bench.get(CONFIG_MAP, "a", "default")

        await bench.root_sync(dir="/two/")
        await bench.until(lambda: bench.get(CONFIG_MAP, "b", "default"))
        await bench.synced()
        assert await bench.get(CONFIG_MAP, "a", "default") is None
        assert (await bench.get(CONFIG_MAP, "b", "default"))["metadata"]["annotations"][
            "configmanagement.gke.io/source-path"
        ] == "two/b.yaml"

    on_bench(scenario)


def test_missing_source_format(on_bench: Callable[..., None]) -> None:
    """Without sourceFormat the repository is taken as unstructured, and a warning says what upstream does."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": config_map("a")})
        bench.start_agent()
        await bench.root_sync(format="")
        await bench.synced()
        assert [told.code for told in bench.events(Warned)] == ["LAB706"]

    on_bench(scenario)


def test_missing_source_format_when_strict(on_bench: Callable[..., None]) -> None:
    """A strict agent fails as upstream does, with KNV1017, and heals when the format is set."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": config_map("a")})
        bench.start_agent(strict=True)
        await bench.root_sync(format="")
        error = await bench.until(lambda: source_error(bench))
        assert "KNV1017: The system/ directory must declare a Repo Resource." in error["errorMessage"]
        assert [(told.refusals[0].knv, told.refusals[0].code) for told in bench.events(ApplyFailed)] == [
            ("KNV1017", "LAB706")
        ]
        await bench.root_sync()
        await bench.synced()

    on_bench(scenario)


def test_token_is_read_from_the_secret(on_bench: Callable[..., None]) -> None:
    """Without its Secret a RootSync is stalled with KNV1061; the Secret alone heals it."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": config_map("a")})
        bench.start_agent()
        await bench.root_sync(auth="token", secretRef={"name": "git-creds"})

        async def stalled() -> dict[str, Any]:
            return condition(await bench.status(), "Stalled")

        found = await bench.until(stalled)
        text = "KNV1061: Secret git-creds not found: create one to allow client authentication"
        assert ("True", "Validation", text) == (found["status"], found["reason"], found["message"])
        assert await bench.word() == "STALLED"

        data = {key: base64.b64encode(key.encode()).decode() for key in ("username", "token")}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "git-creds", "namespace": SYSTEM}}
        await bench.client.create(SECRET, {**secret, "data": data})
        await bench.synced(within=16)
        assert condition(await bench.status(), "Stalled")["status"] == "False"

    on_bench(scenario)


def test_root_sync_elsewhere_is_stalled(on_bench: Callable[..., None]) -> None:
    """Outside its namespace, with a long name, or asking for what the agent does not do, a RootSync is stalled."""

    async def scenario(bench: Any) -> None:
        bench.start_agent()
        git = {"repo": "http://git.lab.example/x.git", "auth": "none"}
        head = {"apiVersion": "configsync.gke.io/v1beta1", "kind": "RootSync"}
        await bench.apply({**head, "metadata": {"name": "r", "namespace": "default"}, "spec": {"git": git}})
        await bench.root_sync(name="n" * 39)
        await bench.root_sync(name="roles", override={"roleRefs": [{"kind": "ClusterRole", "name": "view"}]})

        async def message(name: str, namespace: str) -> str:
            found = await bench.get(ROOT_SYNC, name, namespace)
            return str(condition(found.get("status") or {}, "Stalled").get("message", ""))

        assert "are only allowed" in await bench.until(lambda: message("r", "default"))
        assert "maximum length of RootSync name is 38, but found 39" in await bench.until(
            lambda: message("n" * 39, SYSTEM)
        )
        assert "roleRefs" in await bench.until(lambda: message("roles", SYSTEM))

    on_bench(scenario)


def test_forced_branch_is_followed(on_bench: Callable[..., None]) -> None:
    """A branch that is forced back to another history is followed."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": config_map("a")})
        old = bench.tip
        bench.start_agent()
        await bench.root_sync()
        await bench.commit({"b.yaml": config_map("b")})
        await bench.synced()
        await bench.repository.push({"refs/heads/main": (bench.tip, old)})
        await bench.synced(old, within=16)
        assert await bench.get(CONFIG_MAP, "b", "default") is None

    on_bench(scenario)


def test_revision_wins_over_branch(on_bench: Callable[..., None]) -> None:
    """A commit id in spec.git.revision pins the cluster to it."""

    async def scenario(bench: Any) -> None:
        first = await bench.commit({"a.yaml": config_map("a")})
        await bench.commit({"a.yaml": config_map("a", "2")})
        bench.start_agent()
        await bench.root_sync(revision=first)
        await bench.synced(first)
        assert (await bench.get(CONFIG_MAP, "a", "default"))["data"] == {"v": "1"}

    on_bench(scenario)


def test_deleted_root_sync_leaves_objects_unmarked(on_bench: Callable[..., None]) -> None:
    """Without a deletion policy objects stay and lose every mark of management."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": config_map("a")})
        bench.start_agent()
        await bench.root_sync()
        await bench.synced()
        await bench.client.delete(ROOT_SYNC, "root-sync", namespace=SYSTEM)
        await bench.until(lambda: bench.events(SyncRemoved), 5)

        meta = (await bench.get(CONFIG_MAP, "a", "default"))["metadata"]
        assert (meta.get("labels", {}), meta.get("annotations", {})) == ({}, {})

    on_bench(scenario)


def test_foreground_deletion_deletes_objects(on_bench: Callable[..., None]) -> None:
    """With the policy Foreground a RootSync is gone only when its objects are."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": config_map("a")})
        bench.start_agent()
        policy = {"configsync.gke.io/deletion-propagation-policy": "Foreground"}
        await bench.root_sync(annotations=policy)
        await bench.synced()
        await bench.client.delete(ROOT_SYNC, "root-sync", namespace=SYSTEM)

        async def gone() -> bool:
            return await bench.get(ROOT_SYNC, "root-sync", SYSTEM) is None

        await bench.until(gone, 10)
        assert await bench.get(CONFIG_MAP, "a", "default") is None
        await bench.until(lambda: bench.events(SyncRemoved), 5)

    on_bench(scenario)
