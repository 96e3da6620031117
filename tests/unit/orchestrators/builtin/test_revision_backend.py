"""PackageRevisions and their resources through the API, with Porch's answers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from lab.apiserver.core.identity import ADMIN
from lab.apiserver.serve.local import LocalTransport
from lab.kube.client import KubeError
from lab.kube.paths import PACKAGE_REVISION, PACKAGE_REVISION_RESOURCES
from lab.orchestrators.builtin.names import revision_uid

NAME = "nephio-my-ran.web.ws-1"


def new(package: str = "web", workspace: str = "ws-1", **spec: Any) -> dict[str, Any]:
    """A PackageRevision to create."""
    given = {"packageName": package, "repository": "nephio-my-ran", "workspaceName": workspace, **spec}
    return {"apiVersion": "porch.kpt.dev/v1alpha1", "kind": "PackageRevision", "metadata": {}, "spec": given}


@pytest.fixture
def api(bench, run):
    """The bench with both repositories registered, and what a person does with revisions."""

    async def up() -> None:
        await bench.start()
        await bench.both()

    run(up())
    return Person(bench)


class Person:
    """Creates, edits and approves."""

    def __init__(self, bench) -> None:
        self.bench = bench

    async def create(self, obj: dict[str, Any] | None = None) -> dict[str, Any]:
        """POST a PackageRevision."""
        return await self.bench.client.create(PACKAGE_REVISION, obj or new(), namespace="default")

    async def propose(self, name: str = NAME, lifecycle: str = "Proposed") -> dict[str, Any]:
        """Write the main resource's lifecycle."""
        patch = {"spec": {"lifecycle": lifecycle}}
        return await self.bench.client.patch(PACKAGE_REVISION, name, patch, namespace="default")

    async def approve(self, name: str = NAME, lifecycle: str = "Published") -> dict[str, Any]:
        """Write the approval subresource."""
        patch = {"spec": {"lifecycle": lifecycle}}
        return await self.bench.client.patch(PACKAGE_REVISION, name, patch, namespace="default", subresource="approval")

    async def publish(self, obj: dict[str, Any] | None = None) -> str:
        """Create, propose and approve."""
        name = (await self.create(obj))["metadata"]["name"]
        await self.propose(name)
        await self.approve(name)
        return str(name)

    async def delete(self, name: str = NAME) -> None:
        """DELETE."""
        await self.bench.client.delete(PACKAGE_REVISION, name, namespace="default")

    async def write(self, files: dict[str, str], name: str = NAME) -> dict[str, Any]:
        """Replace the files."""
        found = await self.bench.get(PACKAGE_REVISION_RESOURCES, name)
        found["spec"]["resources"] = files
        return await self.bench.client.replace(PACKAGE_REVISION_RESOURCES, found)

    async def refused(self, act: Any) -> KubeError:
        """The refusal of an act."""
        with pytest.raises(KubeError) as caught:
            await act
        return caught.value


def test_init(api, run):
    """A new revision without tasks is a Draft on its own branch with three files."""

    async def flow() -> None:
        made = await api.create()
        assert made["metadata"]["name"] == NAME
        assert made["spec"]["lifecycle"] == "Draft"
        assert made["spec"]["tasks"] == [{"type": "init", "init": {"description": "web description"}}]
        assert set(await api.bench.files(NAME)) == {"Kptfile", "README.md", "package-context.yaml"}
        assert "refs/heads/drafts/web/ws-1" in await api.bench.refs()
        assert await api.bench.history() == ["Creating new empty revision"]

    run(flow())


def test_the_name_and_uid_follow_from_the_spec(api, run):
    """A name that the client gives is ignored; the uid is the one that every process computes."""

    async def flow() -> None:
        obj = new()
        obj["metadata"]["name"] = "something-else"
        made = await api.create(obj)
        assert made["metadata"]["name"] == NAME
        assert made["metadata"]["uid"] == revision_uid("default", NAME)

    run(flow())


def test_a_life(api, run):
    """Propose, reject, propose, approve: branches move, then main and tag appear together, by the people who acted."""

    async def flow() -> None:
        await api.create()
        assert (await api.propose())["spec"]["lifecycle"] == "Proposed"
        assert "refs/heads/proposed/web/ws-1" in await api.bench.refs()
        assert (await api.approve(lifecycle="Draft"))["spec"]["lifecycle"] == "Draft"
        assert "refs/heads/drafts/web/ws-1" in await api.bench.refs()
        await api.propose()
        made = await api.approve()
        assert made["spec"]["lifecycle"] == "Published"
        assert made["spec"]["revision"] == 1
        assert made["metadata"]["labels"] == {"kpt.dev/latest-revision": "true"}
        assert made["status"]["publishedBy"] == "ada"
        assert set(await api.bench.refs()) == {"refs/heads/main", "refs/tags/web/v1"}

    run(flow())


@pytest.mark.parametrize(
    ("before", "via", "wanted", "text"),
    [
        ("Draft", "main", "Published", "value can be only updated to Draft,Proposed"),
        ("Draft", "main", "Bogus", "value can be only updated to Draft,Proposed,Published,DeletionProposed"),
        ("Draft", "approval", "Published", "cannot approve package with Draft lifecycle value; only Proposed"),
        ("Draft", "approval", "DeletionProposed", "cannot update lifecycle DeletionProposed; only Published packages"),
        ("Proposed", "approval", "DeletionProposed", "cannot update lifecycle DeletionProposed; only Published"),
        ("Published", "approval", "Draft", "package with Published lifecycle value can only be updated to 'ProposeD"),
    ],
)
def test_steps_that_the_life_does_not_have(api, run, before, via, wanted, text):
    """A step outside the table is HTTP 422 with Porch's sentence, and nothing moves."""

    async def flow() -> None:
        await api.create()
        if before != "Draft":
            await api.propose()
        if before == "Published":
            await api.approve()
        refs = await api.bench.refs()
        act = api.propose(lifecycle=wanted) if via == "main" else api.approve(lifecycle=wanted)
        error = await api.refused(act)
        assert error.code == 422
        assert text in error.message
        assert refs == await api.bench.refs()

    run(flow())


def test_deleting(api, run):
    """Drafts and proposals can be deleted; a published revision only after it was proposed for deletion."""

    async def flow() -> None:
        await api.create()
        await api.delete()
        assert await api.bench.revision(NAME) is None
        await api.create()
        await api.propose()
        await api.delete()
        assert await api.bench.refs() == {}
        await api.publish()
        error = await api.refused(api.delete())
        assert error.code == 403
        assert "published PackageRevisions must be proposed for deletion" in error.message
        await api.propose(lifecycle="DeletionProposed")
        assert "refs/heads/deletionProposed/web/v1" in await api.bench.refs()
        await api.delete()
        assert set(await api.bench.refs()) == {"refs/heads/main"}

    run(flow())


def test_content_leaves_main_with_the_placeholder_only(api, run):
    """Deleting the revision keeps the package on the branch; deleting the placeholder is the commit that removes it."""

    async def flow() -> None:
        await api.publish()
        await api.propose(lifecycle="DeletionProposed")
        await api.delete()
        placeholder = "nephio-my-ran.web.main"
        found = await api.bench.revision(placeholder)
        assert (found["spec"]["revision"], found["spec"]["lifecycle"]) == (-1, "Published")
        assert "kpt.dev/latest-revision" not in found["metadata"].get("labels", {})
        await api.propose(placeholder, "DeletionProposed")
        await api.delete(placeholder)
        assert await api.bench.revision(placeholder) is None
        assert (await api.bench.history())[0] == "Delete web"

    run(flow())


def test_a_deletion_can_be_taken_back(api, run):
    """DeletionProposed goes back to Published through either door, and the content is untouched."""

    async def flow() -> None:
        await api.publish()
        before = await api.bench.files(NAME)
        await api.propose(lifecycle="DeletionProposed")
        await api.propose(lifecycle="Published")
        await api.approve(lifecycle="DeletionProposed")
        await api.approve(lifecycle="Published")
        assert await api.bench.lifecycle(NAME) == "Published"
        assert before == await api.bench.files(NAME)
        assert set(await api.bench.refs()) == {"refs/heads/main", "refs/tags/web/v1"}

    run(flow())


def test_latest_moves_with_publication_and_deletion(api, run):
    """The label is on the highest published revision, and goes back when that is deleted."""

    async def flow() -> None:
        first = await api.publish()
        edit = {"type": "edit", "edit": {"sourceRef": {"name": first}}}
        second = await api.publish(new(workspace="ws-2", tasks=[edit]))
        assert await _latest(api) == [second]
        await api.propose(second, "DeletionProposed")
        await api.delete(second)
        assert await _latest(api) == [first]
        third = await api.publish(new(workspace="ws-3", tasks=[edit]))
        assert (await api.bench.revision(third))["spec"]["revision"] == 2

    run(flow())


def test_a_published_revision_is_fixed_but_for_its_metadata(api, run):
    """Its spec and files cannot change; labels and annotations can."""

    async def flow() -> None:
        await api.publish()
        gates = {"spec": {"readinessGates": [{"conditionType": "ready"}]}}
        change = api.bench.client.patch(PACKAGE_REVISION, NAME, gates, namespace="default")
        error = await api.refused(change)
        assert "can only update package with lifecycle value one of Draft,Proposed" in error.message
        error = await api.refused(api.write({"Kptfile": "x"}))
        assert (
            'cannot update a package revision with lifecycle value "Published"; package must be Draft' in error.message
        )
        label = {"metadata": {"labels": {"team": "ran"}}}
        made = await api.bench.client.patch(PACKAGE_REVISION, NAME, label, namespace="default")
        assert made["metadata"]["labels"]["team"] == "ran"

    run(flow())


def test_the_label_of_the_server(api, run):
    """The latest label belongs to the server: creating with it and changing it are refused."""

    async def flow() -> None:
        obj = new()
        obj["metadata"]["labels"] = {"kpt.dev/latest-revision": "true"}
        error = await api.refused(api.create(obj))
        assert "label is managed by porch and cannot be set by users" in error.message
        await api.publish()
        patch = {"metadata": {"labels": {"kpt.dev/latest-revision": None}}}
        error = await api.refused(api.bench.client.patch(PACKAGE_REVISION, NAME, patch, namespace="default"))
        assert (error.code, "cannot be modified by users" in error.message) == (422, True)

    run(flow())


@pytest.mark.parametrize(
    ("obj", "code", "text"),
    [
        (new(repository=""), 400, "spec.repositoryName is required"),
        (new(repository="nowhere"), 404, 'repositories.config.porch.kpt.dev "nowhere" not found'),
        (new(lifecycle="Published"), 422, "value can be only created as Draft"),
        (new(tasks=[{"type": "init"}, {"type": "init"}]), 500, "task list must not contain more than one task"),
        (new(package="Web"), 422, "spec.packageName: Invalid value"),
        (new(tasks=[{"type": "clone", "clone": {"upstreamRef": {}}}]), 500, "invalid clone source"),
        (
            new(tasks=[{"type": "clone", "clone": {"upstreamRef": {"upstreamRef": {"name": "a.b.c"}}}}]),
            500,
            'failed to fetch package revision "a.b.c"',
        ),
    ],
)
def test_revisions_that_cannot_be_made(api, run, obj, code, text):
    """A request that cannot be served is refused in Porch's words, and leaves no branch."""

    async def flow() -> None:
        error = await api.refused(api.create(obj))
        assert (error.code, text in error.message) == (code, True), error.message
        assert await api.bench.refs() == {}

    run(flow())


def test_packages_that_stand_in_the_way(api, run):
    """Workspaces are unique, init and clone make new packages only, packages are not nested."""

    async def flow() -> None:
        await api.create()
        error = await api.refused(api.create(new(package="web", workspace="ws-2")))
        assert 'package "web" already exists in repository "nephio-my-ran"' in error.message
        upstream = {"upstreamRef": {"name": "nephio-blueprints.cluster-baseline.v1"}}
        clone = {"type": "clone", "clone": {"upstreamRef": upstream}}
        error = await api.refused(api.create(new(workspace="ws-2", tasks=[clone])))
        assert "`clone` cannot create a new revision for package" in error.message
        error = await api.refused(api.create(new(package="web/inner")))
        assert "packages cannot be nested" in error.message

    run(flow())


def test_cloning(api, run):
    """A clone is renamed, knows its upstream and the commit, and has the package context of its new home."""

    async def flow() -> None:
        upstream = {"upstreamRef": {"name": "nephio-blueprints.cluster-baseline.v1"}}
        made = await api.create(new(tasks=[{"type": "clone", "clone": {"upstreamRef": upstream}}]))
        commit = (await api.bench.refs("nephio-blueprints"))["refs/tags/cluster-baseline/v1"]
        assert made["status"]["upstreamLock"]["git"] == {
            "repo": "http://git.lab.example/lab/nephio-blueprints.git",
            "directory": "cluster-baseline",
            "ref": "cluster-baseline/v1",
            "commit": commit,
        }
        files = await api.bench.files(NAME)
        assert "name: web" in files["Kptfile"]
        assert "package-path: web" in files["package-context.yaml"]

    run(flow())


def test_cloning_from_a_git_url(api, run):
    """A package can be cloned from a repository that is not registered, at a tag and directory."""

    async def flow() -> None:
        git = {
            "repo": "http://git.lab.example/lab/nephio-blueprints.git",
            "ref": "cluster-baseline/v1",
            "directory": "/cluster-baseline",
        }
        made = await api.create(new(tasks=[{"type": "clone", "clone": {"upstreamRef": {"type": "git", "git": git}}}]))
        assert made["status"]["upstreamLock"]["git"]["directory"] == "cluster-baseline"
        assert "namespace.yaml" in await api.bench.files(NAME)

    run(flow())


def test_writing_files(api, run):
    """Files of a draft are replaced as a whole, rendered, and committed once; the results come back."""

    async def flow() -> None:
        await api.create()
        files = await api.bench.files(NAME)
        del files["README.md"]
        files["Kptfile"] += "pipeline:\n  mutators:\n  - image: set-labels:v0.2.0\n    configMap: {color: blue}\n"
        files["config.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n"
        made = await api.write(files)
        assert "color: blue" in made["spec"]["resources"]["config.yaml"]
        assert "README.md" not in await api.bench.files(NAME)
        assert made["status"]["renderStatus"]["result"]["items"][0]["image"] == "set-labels:v0.2.0"
        assert await api.bench.history() == ["Rendering package", "Creating new empty revision"]
        await api.write(made["spec"]["resources"])
        assert len(await api.bench.history()) == 2

    run(flow())


def test_files_that_do_not_render_are_not_stored(api, run):
    """A failing function refuses the write with the function's words, unless the owner asked to push anyway."""

    async def flow() -> None:
        await api.create()
        files = await api.bench.files(NAME)
        broken = {**files, "Kptfile": files["Kptfile"] + "pipeline:\n  mutators:\n  - image: nothing:v1\n"}
        error = await api.refused(api.write(broken))
        assert error.code == 500
        assert "error rendering package in kpt function pipeline. Package NOT pushed to remote." in error.message
        assert files == await api.bench.files(NAME)
        patch = {"metadata": {"annotations": {"porch.kpt.dev/push-on-render-failure": "true"}}}
        await api.bench.client.patch(PACKAGE_REVISION, NAME, patch, namespace="default")
        error = await api.refused(api.write(broken))
        assert "Package pushed to remote despite render failure" in error.message
        assert "nothing:v1" in (await api.bench.files(NAME))["Kptfile"]
        (condition,) = (await api.bench.revision(NAME))["status"]["conditions"]
        assert (condition["type"], condition["status"], condition["reason"]) == ("Rendered", "False", "RenderFailed")

    run(flow())


def test_a_package_needs_its_kptfile(api, run):
    """Without a Kptfile at the root nothing is stored."""

    async def flow() -> None:
        await api.create()
        error = await api.refused(api.write({"README.md": "x"}))
        assert "package must contain Kptfile at root" in error.message

    run(flow())


def test_a_create_that_fails_to_render_leaves_nothing(api, run):
    """A clone whose pipeline fails is no PackageRevision and no branch."""

    async def flow() -> None:
        kptfile = "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: broken\npipeline:\n  mutators:\n"
        await api.bench.publish({"Kptfile": kptfile + "  - image: nothing:v1\n"}, name="broken")
        await api.bench.until(lambda: _there(api, "nephio-blueprints.broken.v1"))
        upstream = {"upstreamRef": {"name": "nephio-blueprints.broken.v1"}}
        error = await api.refused(api.create(new(tasks=[{"type": "clone", "clone": {"upstreamRef": upstream}}])))
        assert "Error rendering package in kpt function pipeline. Package NOT pushed" in error.message
        assert await api.bench.refs() == {}
        assert await api.bench.revision(NAME) is None

    run(flow())


def test_dry_run(api, run):
    """A dry run answers as the real request would, and changes nothing."""

    async def flow() -> None:
        made = await api.bench.client.create(PACKAGE_REVISION, new(), namespace="default", dry_run=True)
        assert made["metadata"]["name"] == NAME
        assert await api.bench.refs() == {}
        assert await api.bench.revision(NAME) is None

    run(flow())


def test_facts_of_the_kptfile(api, run):
    """packageMetadata and readiness gates are the Kptfile's: merged on create, replaced on update."""

    async def flow() -> None:
        gates = [{"conditionType": "checked"}]
        made = await api.create(new(packageMetadata={"labels": {"a": "1"}}, readinessGates=gates))
        assert made["spec"]["packageMetadata"]["labels"] == {"a": "1"}
        assert "conditionType: checked" in (await api.bench.files(NAME))["Kptfile"]
        patch = {"spec": {"packageMetadata": {"labels": {"a": None, "b": "2"}}, "readinessGates": []}}
        made = await api.bench.client.patch(PACKAGE_REVISION, NAME, patch, namespace="default")
        assert made["spec"]["packageMetadata"]["labels"] == {"b": "2"}
        assert "readinessGates" not in made["spec"]

    run(flow())


def test_finalizers_hold_a_revision(api, run):
    """A deleted revision with a finalizer stays, marked, until the finalizer is taken away."""

    async def flow() -> None:
        obj = new()
        obj["metadata"]["finalizers"] = ["example.com/hold"]
        await api.create(obj)
        await api.delete()
        held = await api.bench.revision(NAME)
        assert held["metadata"]["deletionTimestamp"]
        patch = {"metadata": {"finalizers": None}}
        await api.bench.client.patch(PACKAGE_REVISION, NAME, patch, namespace="default")
        assert await api.bench.revision(NAME) is None
        assert await api.bench.refs() == {}

    run(flow())


def test_selectors(api, run):
    """Revisions are selected by fields and labels."""

    async def flow() -> None:
        await api.publish()
        found, _ = await api.bench.client.list(
            PACKAGE_REVISION, "default", fields="spec.repository=nephio-my-ran,spec.revision=1"
        )
        assert [item["metadata"]["name"] for item in found] == [NAME]
        found, _ = await api.bench.client.list(PACKAGE_REVISION, "default", labels="kpt.dev/latest-revision=true")
        assert {item["metadata"]["name"] for item in found} == {NAME, "nephio-blueprints.cluster-baseline.v1"}

    run(flow())


def test_tables(api, run):
    """kubectl get shows Porch's columns: revision 0 and latest false for a draft, the number of files of a package."""

    async def flow() -> None:
        await api.create()
        assert await _row(api, "packagerevisions") == [NAME, "web", "ws-1", 0, False, "Draft", "nephio-my-ran"]
        assert await _row(api, "packagerevisionresources") == [NAME, "web", "ws-1", 0, "nephio-my-ran", 3]

    run(flow())


def test_of_parallel_approvals_one_succeeds(api, run):
    """Two people who approve at once make one commit: the second finds what it asks for done."""

    async def flow() -> None:
        await api.create()
        await api.propose()
        made = await asyncio.gather(api.approve(), api.approve())
        assert [outcome["spec"]["lifecycle"] for outcome in made] == ["Published", "Published"]
        assert (await api.bench.history()).count("Rendered web v1 for my-ran") == 1

    run(flow())


async def _latest(api) -> list[str]:
    found, _ = await api.bench.client.list(PACKAGE_REVISION, "default", labels="kpt.dev/latest-revision=true")
    return [item["metadata"]["name"] for item in found if item["spec"]["repository"] == "nephio-my-ran"]


async def _there(api, name: str) -> bool:
    return await api.bench.revision(name) is not None


async def _row(api, plural: str) -> list[Any]:
    accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    path = f"/apis/porch.kpt.dev/v1alpha1/namespaces/default/{plural}/{NAME}"
    transport = LocalTransport(api.bench.api, "mgmt", ADMIN)
    _, _, body = await transport.request("GET", path, headers=accept)
    return list(json.loads(body)["rows"][0]["cells"])
