"""PackageVariants: drafts, upgrades, changes, taking over and letting go."""

from __future__ import annotations

from typing import Any

import pytest

from lab.events.kinds import (
    Approved,
    CommitFailed,
    Committed,
    DraftFailed,
    Proposed,
    RenderFailed,
    SetterOverridden,
    VariantAccepted,
    VariantRemoved,
    VariantStalled,
    Warned,
)
from lab.kube.paths import PACKAGE_REVISION, PACKAGE_VARIANT

NAME = "baseline-my-ran"
FIRST = "nephio-my-ran.cluster-baseline.packagevariant-1"
SECOND = "nephio-my-ran.cluster-baseline.packagevariant-2"


@pytest.fixture
def world(bench, run):
    """The bench with both repositories registered."""

    async def up() -> None:
        await bench.start()
        await bench.both()

    run(up())
    return bench


async def is_in(bench, name: str, lifecycle: str) -> bool:
    """Whether a revision is in a state."""
    return await bench.lifecycle(name) == lifecycle


async def change(bench, patch: dict[str, Any]) -> None:
    """Patch the variant."""
    await bench.client.patch(PACKAGE_VARIANT, NAME, patch, namespace="default")


async def approve(bench, name: str) -> None:
    """Propose and approve as a person."""
    await bench.client.patch(PACKAGE_REVISION, name, {"spec": {"lifecycle": "Proposed"}}, namespace="default")
    patch = {"spec": {"lifecycle": "Published"}}
    await bench.client.patch(PACKAGE_REVISION, name, patch, namespace="default", subresource="approval")


async def published(bench, **options: Any) -> None:
    """Have the variant's first revision published by policy."""
    await bench.variant(approval="initial", **options)
    await bench.until(lambda: is_in(bench, FIRST, "Published"))


def changed(baseline: dict[str, str], old: str, new: str) -> dict[str, str]:
    """The baseline with a text replaced in every file."""
    return {path: text.replace(old, new) for path, text in baseline.items()}


def test_both_spellings_of_setters_mean_the_same(world, run):
    """spec.setters and an apply-setters mutator give the same content."""

    async def flow() -> None:
        await world.variant(form="setters")
        await world.until(world.variant_ready)
        short = (await world.files(FIRST))["namespace.yaml"]
        await world.client.delete(PACKAGE_VARIANT, NAME, namespace="default")
        await world.until(lambda: is_in(world, FIRST, ""))
        await world.variant(form="mutators")
        await world.until(world.variant_ready)
        assert short == (await world.files(FIRST))["namespace.yaml"]
        assert "cluster: my-ran #" in short

    run(flow())


def test_functions_of_a_variant_stand_first_and_are_renamed(world, run):
    """The variant's function is PackageVariant.VARIANT.FUNCTION.INDEX, before the package's own."""

    async def flow() -> None:
        await world.variant()
        await world.until(world.variant_ready)
        kptfile = (await world.files(FIRST))["Kptfile"]
        assert "name: PackageVariant.baseline-my-ran.setters.0" in kptfile
        assert kptfile.index("PackageVariant.") < kptfile.index("tier: base")

    run(flow())


def test_an_invalid_variant_is_stalled(world, run):
    """What is missing is said in the conditions with Porch's words, and told once."""

    async def flow() -> None:
        await world.variant(spec={"downstream": {}, "adoptionPolicy": "sometimes"})
        await world.settled(5)
        stalled = await world.condition(PACKAGE_VARIANT, NAME, "Stalled")
        text = 'missing required field spec.downstream; spec.adoptionPolicy field can only be "adoptNone" or'
        assert stalled["status"] == "True"
        assert stalled["message"].startswith(text)
        ready = await world.condition(PACKAGE_VARIANT, NAME, "Ready")
        assert ready["message"] == "invalid packagevariant object"
        assert [event.code for event in world.events(VariantStalled)] == ["LAB205"]

    run(flow())


def test_an_unknown_upstream(world, run):
    """A variant whose upstream does not exist says so, and is served when it appears."""

    async def flow() -> None:
        await world.variant(workspace="v2")
        await world.settled(5)
        stalled = await world.condition(PACKAGE_VARIANT, NAME, "Stalled")
        assert stalled["message"] == (
            'could not find upstream package revision &v1alpha1.Upstream{Repo:"nephio-blueprints", '
            'Package:"cluster-baseline", Revision:-1, WorkspaceName:"v2"}'
        )
        assert [event.code for event in world.events(VariantStalled)] == ["LAB204"]
        await world.publish(version=2)
        await world.until(world.variant_ready)

    run(flow())


def test_an_upstream_that_was_just_pushed(world, run):
    """A variant that asks for a version that was pushed a moment ago is served at once, not at the next look."""

    async def flow() -> None:
        await world.publish(version=2)
        await world.variant(workspace="v2")
        await world.until(world.variant_ready, seconds=5)
        assert not world.events(VariantStalled)

    run(flow())


def test_a_changed_variant_changes_its_draft(world, run):
    """While the downstream is a draft, it follows the variant in place."""

    async def flow() -> None:
        await world.variant()
        await world.until(world.variant_ready)
        mutators = [{"name": "setters", "image": "apply-setters:v0.2.0", "configMap": {"cluster-name": "edge"}}]
        await change(world, {"spec": {"pipeline": {"mutators": mutators}}})
        await world.until(world.variant_ready)
        assert "cluster: edge #" in (await world.files(FIRST))["namespace.yaml"]
        assert await world.revision(SECOND) is None

    run(flow())


def test_a_changed_variant_of_a_published_package_makes_an_edit_draft(world, run):
    """A published downstream gets a new draft, which the policy initial leaves to a person."""

    async def flow() -> None:
        await published(world)
        mutators = [{"name": "setters", "image": "apply-setters:v0.2.0", "configMap": {"cluster-name": "edge"}}]
        await change(world, {"spec": {"pipeline": {"mutators": mutators}}})
        await world.until(lambda: is_in(world, SECOND, "Draft"))
        await world.settled(60)
        made = await world.revision(SECOND)
        assert made["spec"]["tasks"] == [{"type": "edit", "edit": {"sourceRef": {"name": FIRST}}}]
        assert await world.lifecycle(SECOND) == "Draft"
        assert "cluster: edge #" in (await world.files(SECOND))["namespace.yaml"]
        await approve(world, SECOND)
        assert (await world.revision(SECOND))["spec"]["revision"] == 2

    run(flow())


def test_an_upgrade(world, run, baseline):
    """Another workspace of the upstream makes an upgrade draft by three-way merge; initial does not approve it."""

    async def flow() -> None:
        await published(world)
        newer = changed(baseline, "tier: base", "tier: gold") | {
            "quota.yaml": "apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: all\n  namespace: openairinterface\n"
        }
        await world.publish(newer, version=2)
        await world.settled(20)
        assert await world.revision(SECOND) is None
        await change(world, {"spec": {"upstream": {"workspaceName": "v2"}}})
        await world.until(lambda: is_in(world, SECOND, "Draft"))
        await world.settled(60)
        assert await world.lifecycle(SECOND) == "Draft"
        made = await world.revision(SECOND)
        task = made["spec"]["tasks"][0]["upgrade"]
        assert task["oldUpstreamRef"] == {"name": "nephio-blueprints.cluster-baseline.v1"}
        assert task["newUpstreamRef"] == {"name": "nephio-blueprints.cluster-baseline.v2"}
        assert task["localPackageRevisionRef"] == {"name": FIRST}
        assert made["status"]["upstreamLock"]["git"]["ref"] == "cluster-baseline/v2"
        files = await world.files(SECOND)
        assert "quota.yaml" in files
        assert "tier: gold #" in files["namespace.yaml"]
        assert "cluster: my-ran #" in files["namespace.yaml"]
        await approve(world, SECOND)
        assert [event.policy for event in world.events(Approved)] == ["initial", ""]
        assert (await world.history())[0] == "Rendered cluster-baseline v2 for my-ran"

    run(flow())


def test_always_approves_upgrades_too(world, run, baseline):
    """The policy always publishes an upgrade without anybody."""

    async def flow() -> None:
        await world.variant(approval="always")
        await world.until(lambda: is_in(world, FIRST, "Published"))
        await world.publish(changed(baseline, "tier: base", "tier: gold"), version=2)
        await change(world, {"spec": {"upstream": {"workspaceName": "v2"}}})
        await world.until(lambda: is_in(world, SECOND, "Published"))
        await world.settled(60)
        assert (await world.history()).count("Rendered cluster-baseline v2 for my-ran") == 1

    run(flow())


def test_a_draft_on_an_old_upstream_is_stuck(world, run):
    """A draft cannot be moved to another upstream; the condition says so in Porch's words."""

    async def flow() -> None:
        await world.variant()
        await world.until(world.variant_ready)
        await world.publish(version=2)
        await change(world, {"spec": {"upstream": {"workspaceName": "v2"}}})
        await world.until(lambda: _says(world, f'cannot update upstream of downstream "{FIRST}" when it is not pub'))
        assert world.events(DraftFailed)[-1].code == "LAB301"

    run(flow())


def test_deleting_a_variant_with_a_draft(world, run):
    """The draft goes with its variant."""

    async def flow() -> None:
        await world.variant()
        await world.until(world.variant_ready)
        await world.client.delete(PACKAGE_VARIANT, NAME, namespace="default")
        await world.until(lambda: is_in(world, FIRST, ""))
        await world.until(lambda: _absent(world))
        assert await world.refs() == {}
        assert [VariantRemoved(NAME)] == world.events(VariantRemoved)

    run(flow())


def test_deleting_a_variant_with_published_revisions(world, run):
    """Published revisions are proposed for deletion and lose their owner; content on main stays."""

    async def flow() -> None:
        await published(world)
        main = (await world.refs())["refs/heads/main"]
        await world.client.delete(PACKAGE_VARIANT, NAME, namespace="default")
        await world.until(lambda: is_in(world, FIRST, "DeletionProposed"))
        await world.until(lambda: _absent(world))
        found = await world.revision(FIRST)
        assert "ownerReferences" not in found["metadata"]
        assert main == (await world.refs())["refs/heads/main"]

    run(flow())


def test_orphaned_revisions_stay_as_they_are(world, run):
    """With the policy orphan only the owner reference goes."""

    async def flow() -> None:
        await published(world, spec={"deletionPolicy": "orphan"})
        await world.client.delete(PACKAGE_VARIANT, NAME, namespace="default")
        await world.until(lambda: _absent(world))
        found = await world.revision(FIRST)
        assert found["spec"]["lifecycle"] == "Published"
        assert "ownerReferences" not in found["metadata"]

    run(flow())


def test_a_proposed_deletion_of_an_owned_revision_is_taken_back(world, run):
    """What the variant wants stays wanted: a proposal to delete is undone."""

    async def flow() -> None:
        await published(world)
        patch = {"spec": {"lifecycle": "DeletionProposed"}}
        await world.client.patch(PACKAGE_REVISION, FIRST, patch, namespace="default")
        await world.until(lambda: is_in(world, FIRST, "Published"))
        assert not [ref for ref in await world.refs() if "deletionProposed" in ref]

    run(flow())


def test_two_variants_let_go_at_the_same_time(world, run):
    """Neither writes back the owner reference that the other one just took away."""

    async def flow() -> None:
        await published(world, spec={"deletionPolicy": "orphan"})
        name = "nephio-my-ran.cluster-baseline.packagevariant-1"
        await world.variant(name="second", spec={"deletionPolicy": "orphan", "adoptionPolicy": "adoptExisting"})
        await world.until(lambda: owners(world, name, 2))
        for variant in ("baseline-my-ran", "second"):
            await world.client.delete(PACKAGE_VARIANT, variant, namespace="default")
        await world.settled(3)
        assert await owners(world, name, 0)

    async def owners(world, name, number):
        return len((await world.revision(name))["metadata"].get("ownerReferences", [])) == number

    run(flow())


def test_adoption(world, run):
    """With adoptExisting a revision that somebody else made gets the variant's owner, labels and annotations."""

    async def flow() -> None:
        upstream = {"upstreamRef": {"name": "nephio-blueprints.cluster-baseline.v1"}}
        spec = {
            "packageName": "cluster-baseline",
            "repository": "nephio-my-ran",
            "workspaceName": "mine",
            "tasks": [{"type": "clone", "clone": {"upstreamRef": upstream}}],
        }
        await world.create(
            {"apiVersion": "porch.kpt.dev/v1alpha1", "kind": "PackageRevision", "metadata": {}, "spec": spec}
        )
        await world.variant(spec={"adoptionPolicy": "adoptExisting", "labels": {"team": "ran"}})
        await world.until(world.variant_ready)
        found = await world.revision("nephio-my-ran.cluster-baseline.mine")
        assert found["metadata"]["ownerReferences"][0]["name"] == NAME
        assert found["metadata"]["labels"]["team"] == "ran"
        assert "cluster: my-ran #" in (await world.files("nephio-my-ran.cluster-baseline.mine"))["namespace.yaml"]
        assert await world.revision(FIRST) is None

    run(flow())


def test_package_context_and_injection(world, run, baseline):
    """Values go into the package context; a marked object is filled from the management cluster, meeting its gate."""
    point = """\
apiVersion: infra.nephio.org/v1alpha1
kind: WorkloadCluster
metadata:
  name: workload-cluster
  annotations:
    kpt.dev/config-injection: required
    config.kubernetes.io/local-config: "true"
spec:
  clusterName: example
"""

    async def flow() -> None:
        await world.publish(baseline | {"cluster.yaml": point}, version=2)
        context, injectors = {"data": {"site": "lab-west"}}, [{"kind": "WorkloadCluster", "name": "my-ran"}]
        await world.variant(
            workspace="v2", approval="initial", spec={"packageContext": context, "injectors": injectors}
        )
        await world.until(world.variant_ready)
        await world.settled(30)
        condition = "config.injection.WorkloadCluster.workload-cluster"
        found = await world.revision(FIRST)
        states = {item["type"]: item["status"] for item in found["status"]["conditions"]}
        assert states[condition] == "False"
        assert found["spec"]["lifecycle"] == "Draft"
        cluster = {"clusterName": "my-ran", "cnis": ["macvlan"], "masterInterface": "eth1"}
        await world.create(
            {
                "apiVersion": "infra.nephio.org/v1alpha1",
                "kind": "WorkloadCluster",
                "metadata": {"name": "my-ran"},
                "spec": cluster,
            }
        )
        await world.until(lambda: is_in(world, FIRST, "Published"))
        files = await world.files(FIRST)
        assert "clusterName: my-ran" in files["cluster.yaml"]
        assert "site: lab-west" in files["package-context.yaml"]

    run(flow())


def test_a_pipeline_that_fails(world, run):
    """A failing function of the variant leaves the clone as it is; event and condition name function and reason."""

    async def flow() -> None:
        mutators = [{"name": "lost", "image": "nothing:v1"}]
        await world.variant(setters=None, spec={"pipeline": {"mutators": mutators}})
        await world.until(lambda: _says(world, "nothing:v1"))
        await world.settled(60)
        (failed,) = world.events(RenderFailed)
        assert (failed.revision, failed.variant, failed.code, failed.function) == (FIRST, NAME, "LAB402", "nothing:v1")
        assert (failed.file, failed.line > 0) == ("Kptfile", True)
        assert await world.lifecycle(FIRST) == "Draft"
        assert await world.history() == ["Creating new revision by cloning"]

    run(flow())


def test_an_upstream_that_fails_to_render(world, run, baseline):
    """When the clone itself fails there is no draft, and the event names the variant's trail."""

    async def flow() -> None:
        await world.publish(changed(baseline, "apply-setters:v0.2.0", "nothing:v1"), version=2)
        await world.variant(workspace="v2")
        await world.until(lambda: _says(world, "nothing:v1"))
        (failed,) = world.events(RenderFailed)
        assert (failed.revision, failed.variant, failed.package) == ("", NAME, "cluster-baseline")
        assert await world.refs() == {}

    run(flow())


def test_a_setter_that_the_blueprint_sets_again(world, run, baseline):
    """The blueprint's own value wins; event, revision and variant name both values and the place."""

    async def flow() -> None:
        await world.publish(changed(baseline, "tier: base", "cluster-name: example"), version=2)
        await world.variant(workspace="v2")
        await world.until(world.variant_ready)
        assert "cluster: example #" in (await world.files(FIRST))["namespace.yaml"]
        (lost,) = world.events(SetterOverridden)
        assert (lost.setter, lost.variant_value, lost.package_value) == ("cluster-name", "my-ran", "example")
        assert lost.where.startswith("Kptfile:")
        condition = await world.condition(PACKAGE_REVISION, FIRST, "SetterOverridden")
        assert "'my-ran'" in condition["message"]
        assert (await world.condition(PACKAGE_VARIANT, NAME, "SetterOverridden"))["reason"] == "LAB404"

    run(flow())


def test_changes_that_the_package_undoes_make_no_endless_drafts(world, run, baseline):
    """When a package's own pipeline changes back what the variant does, there is one warning and no further draft."""
    context = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kptfile.kpt.dev\n"

    async def flow() -> None:
        undo = "\n    - image: search-replace:v0.2.0\n      "
        undo += "configMap: {by-path: data.site, by-value: mine, put-value: fixed}\n"
        files = baseline | {
            "Kptfile": baseline["Kptfile"].rstrip() + undo,
            "package-context.yaml": context + "data:\n  name: example\n  site: fixed\n",
        }
        await world.publish(files, version=2)
        await published(world, workspace="v2", spec={"packageContext": {"data": {"site": "mine"}}})
        await world.settled(120)
        assert await world.revision(SECOND) is None
        assert [event.code for event in world.events(Warned)] == ["LAB302"]

    run(flow())


def test_git_that_is_away_comes_back(world, run):
    """While Git does not answer nothing is lost: the variant is served when it does."""

    async def flow() -> None:
        world.route.down = True
        await world.variant(approval="initial")
        await world.settled(20)
        assert world.events(DraftFailed)[0].code == "LAB602"
        assert (await world.condition(PACKAGE_VARIANT, NAME, "Ready"))["status"] == "False"
        world.route.down = False
        await world.until(lambda: is_in(world, FIRST, "Published"))

    run(flow())


def test_git_that_goes_away_at_the_commit(world, run):
    """When the push of an approval does not get through, that is told, and the commit follows when Git is back."""

    async def flow() -> None:
        async def cut(point: str) -> None:
            if point == f"approve {FIRST}: built" and not world.events(CommitFailed):
                world.route.down = True

        world.at_point = cut
        await world.variant(approval="initial")
        await world.until(lambda: _told(world, CommitFailed))
        assert world.events(CommitFailed)[0].code == "LAB602"
        assert await world.lifecycle(FIRST) == "Proposed"
        world.route.down = False
        await world.until(lambda: is_in(world, FIRST, "Published"))
        assert len(world.events(Committed)) == 1

    run(flow())


def test_two_variants_in_one_namespace_do_not_disturb_each_other(world, run):
    """Each variant keeps its own package in the same repository."""

    async def flow() -> None:
        await world.publish(name="extras")
        await world.until(lambda: _exists(world, "nephio-blueprints.extras.v1"))
        await world.variant(approval="initial")
        await world.variant(name="extras-my-ran", package="extras", approval="initial")
        await world.until(lambda: is_in(world, FIRST, "Published"))
        await world.until(lambda: is_in(world, "nephio-my-ran.extras.packagevariant-1", "Published"))
        main = (await world.refs())["refs/heads/main"]
        repository = world.git("nephio-my-ran")
        await repository.fetch()
        assert repository.has_directory(main, "cluster-baseline")
        assert repository.has_directory(main, "extras")

    run(flow())


def test_a_person_rejects_and_nobody_approves_behind_their_back(world, run):
    """A revision that a person sent back stays a draft when no policy says otherwise."""

    async def flow() -> None:
        await world.variant()
        await world.until(world.variant_ready)
        patch = {"spec": {"lifecycle": "Proposed"}}
        await world.client.patch(PACKAGE_REVISION, FIRST, patch, namespace="default")
        assert [Proposed(FIRST, "ada")] == world.events(Proposed)
        patch = {"spec": {"lifecycle": "Draft"}}
        await world.client.patch(PACKAGE_REVISION, FIRST, patch, namespace="default", subresource="approval")
        await world.settled(60)
        assert await world.lifecycle(FIRST) == "Draft"
        assert len(world.events(VariantAccepted)) == 1

    run(flow())


async def _says(bench, text: str) -> bool:
    ready = await bench.condition(PACKAGE_VARIANT, NAME, "Ready")
    return ready.get("status") == "False" and text in ready["message"]


async def _absent(bench) -> bool:
    return await bench.client.get(PACKAGE_VARIANT, NAME, "default") is None


async def _exists(bench, name: str) -> bool:
    return await bench.revision(name) is not None


async def _told(bench, kind: type) -> bool:
    return bool(bench.events(kind))
