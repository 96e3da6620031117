"""Registering repositories: conditions, discovery, credentials, unregistering."""

from __future__ import annotations

import base64
from unittest.mock import ANY

from lab.events.kinds import RepositoryRemoved, Retried
from lab.kube.client import KubeError
from lab.kube.paths import PACKAGE_REVISION, REPOSITORY, SECRET

BLUEPRINT = "nephio-blueprints.cluster-baseline.v1"


def test_discovery(bench, run):
    """A repository that people filled shows a placeholder for its branch and a revision for each tag."""

    async def flow() -> None:
        await bench.start()
        await bench.publish()
        await bench.publish(version=2)
        await bench.register("nephio-blueprints")
        await bench.until(lambda: bench.ready(REPOSITORY, "nephio-blueprints"))
        found, _ = await bench.client.list(PACKAGE_REVISION, "default")
        shown = {item["metadata"]["name"]: (item["spec"]["revision"], item["spec"]["lifecycle"]) for item in found}
        assert shown == {
            "nephio-blueprints.cluster-baseline.main": (-1, "Published"),
            "nephio-blueprints.cluster-baseline.v1": (1, "Published"),
            "nephio-blueprints.cluster-baseline.v2": (2, "Published"),
        }

    run(flow())


def test_pushes_of_people_are_seen_at_the_next_look(bench, run):
    """A new tag appears within the period; a push to main changes the placeholder only."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        await bench.publish({"Kptfile": "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: x\n"}, version=2)
        await bench.until(lambda: _exists(bench, "nephio-blueprints.cluster-baseline.v2"), seconds=16)
        assert set(await bench.files("nephio-blueprints.cluster-baseline.main")) == {"Kptfile"}
        assert "namespace.yaml" in await bench.files(BLUEPRINT)

    run(flow())


def test_a_push_can_be_announced(bench, run):
    """Told that somebody pushed, the orchestrator looks at once."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        await bench.publish(version=2)
        bench.orchestrator.pushed("http://git.lab.example/lab/nephio-blueprints")
        await bench.until(lambda: _exists(bench, "nephio-blueprints.cluster-baseline.v2"), seconds=1)

    run(flow())


def test_unregistering_leaves_git_alone(bench, run):
    """Revisions disappear with their Repository, refs stay, and registering again brings everything back."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        await bench.variant(approval="initial")
        await bench.until(lambda: _exists(bench, "nephio-my-ran.cluster-baseline.main"))
        refs = await bench.refs()
        await bench.client.delete(REPOSITORY, "nephio-my-ran", namespace="default")
        await bench.until(lambda: _gone(bench, "nephio-my-ran"))
        assert await bench.revision("nephio-my-ran.cluster-baseline.packagevariant-1") is None
        assert refs == await bench.refs()
        assert [RepositoryRemoved("nephio-my-ran")] == bench.events(RepositoryRemoved)
        await bench.register("nephio-my-ran", cluster="my-ran")
        await bench.until(lambda: _exists(bench, "nephio-my-ran.cluster-baseline.packagevariant-1"))
        assert refs == await bench.refs()

    run(flow())


def test_a_repository_that_cannot_be_reached(bench, run):
    """Ready is False with the reason Error and git's words; other repositories go on; retries are told sparsely."""

    async def flow() -> None:
        await bench.start()
        await bench.register("nowhere")
        await bench.both()
        condition = await bench.condition(REPOSITORY, "nowhere", "Ready")
        assert (condition["status"], condition["reason"]) == ("False", "Error")
        assert "repository 'http://git.lab.example/lab/nowhere.git/' not found" in condition["message"]
        await bench.settled(300)
        told = [event.attempt for event in bench.events(Retried)]
        assert told == [1, 2, 4, 8, 16]
        bench.git("nowhere")
        await bench.until(lambda: bench.ready(REPOSITORY, "nowhere"), seconds=16)

    run(flow())


def test_a_branch_that_is_not_there(bench, run):
    """A repository with other branches says that the tracked one is missing; createBranch makes it."""

    async def flow() -> None:
        await bench.start()
        await bench.publish()
        await bench.register("nephio-blueprints", branch="stable")
        await bench.settled(5)
        condition = await bench.condition(REPOSITORY, "nephio-blueprints", "Ready")
        assert condition["message"] == 'branch "stable" doesn\'t exist: reference not found'
        assert await bench.client.list(PACKAGE_REVISION, "default") == ([], ANY)
        patch = {"spec": {"git": {"createBranch": True}}}
        await bench.client.patch(REPOSITORY, "nephio-blueprints", patch, namespace="default")
        await bench.until(lambda: bench.ready(REPOSITORY, "nephio-blueprints"))
        assert "refs/heads/stable" in await bench.refs("nephio-blueprints")

    run(flow())


def test_two_registrations_of_one_branch(bench, run):
    """The younger of two Repositories that hold the same packages is refused, naming the older."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        await bench.settled(2)
        obj = await bench.get(REPOSITORY, "nephio-blueprints")
        await bench.create(
            {
                "apiVersion": obj["apiVersion"],
                "kind": "Repository",
                "metadata": {"name": "twin"},
                "spec": {"type": "git", "git": {"repo": obj["spec"]["git"]["repo"], "directory": "/cluster-baseline"}},
            }
        )
        await bench.settled(2)
        condition = await bench.condition(REPOSITORY, "twin", "Ready")
        assert condition["message"] == "Repository conflict with existing repository: default/nephio-blueprints"

    run(flow())


def test_a_directory_narrows_what_is_seen(bench, run):
    """Packages outside the directory are not there, and the directory is no part of the names."""

    async def flow() -> None:
        await bench.start()
        await bench.publish(name="infra/web")
        await bench.publish(name="other/web")
        await bench.register("nephio-blueprints", directory="/infra/")
        await bench.until(lambda: bench.ready(REPOSITORY, "nephio-blueprints"))
        found, _ = await bench.client.list(PACKAGE_REVISION, "default")
        assert {item["metadata"]["name"] for item in found} == {
            "nephio-blueprints.web.main",
            "nephio-blueprints.web.v1",
        }

    run(flow())


def test_secrets(bench, run):
    """A Secret that is missing or of another type keeps the Repository from being ready, until it is right."""

    async def flow() -> None:
        await bench.start()
        await bench.register("nephio-blueprints", secret="token")
        await bench.settled(2)
        condition = await bench.condition(REPOSITORY, "nephio-blueprints", "Ready")
        assert condition["message"].startswith("cannot resolve credentials in a secret default/token: ")
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "token"},
            "type": "kubernetes.io/basic-auth",
            "data": {"username": _base64("lab"), "password": _base64("secret")},
        }
        await bench.create(secret)
        await bench.until(lambda: bench.ready(REPOSITORY, "nephio-blueprints"), seconds=16)
        try:
            await bench.client.delete(SECRET, "token", namespace="default")
        except KubeError as error:  # pragma: no cover
            raise AssertionError(error) from error

    run(flow())


def test_one_repository_in_two_namespaces(bench, run):
    """The same repository in two namespaces gives two objects with two uids."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        await bench.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
        obj = await bench.get(REPOSITORY, "nephio-blueprints")
        copy = {"apiVersion": obj["apiVersion"], "kind": "Repository", "spec": obj["spec"]}
        await bench.create(copy | {"metadata": {"name": "nephio-blueprints", "namespace": "other"}})
        await bench.settled(5)
        here = await bench.client.get(PACKAGE_REVISION, BLUEPRINT, "default")
        there = await bench.client.get(PACKAGE_REVISION, BLUEPRINT, "other")
        assert here["metadata"]["uid"] != there["metadata"]["uid"]

    run(flow())


def test_one_broken_package_hides_no_other(bench, run):
    """A Kptfile that cannot be read is a package with nothing known about it; the others are shown."""

    async def flow() -> None:
        await bench.start()
        await bench.publish({"Kptfile": "{{{"}, name="broken")
        await bench.publish()
        await bench.register("nephio-blueprints")
        await bench.until(lambda: bench.ready(REPOSITORY, "nephio-blueprints"))
        assert await bench.revision(BLUEPRINT) is not None
        assert await bench.revision("nephio-blueprints.broken.v1") is not None

    run(flow())


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def _exists(bench, name: str) -> bool:
    return await bench.revision(name) is not None


async def _gone(bench, name: str) -> bool:
    return await bench.client.get(REPOSITORY, name, "default") is None
