"""`lab why`: for every place where a change can stand still, the answer that names it and who must act."""

from __future__ import annotations

from typing import Any

import pytest

from lab.kube.paths import CLUSTER_CONTEXT, CONFIG_MAP, DEPLOYMENT, NAMESPACE, PACKAGE_VARIANT, ROOT_SYNC, Kind
from lab.manifests import load as manifests
from lab.model.spec import Approval
from lab.model.stage import Stage
from lab.scenarios.flow import AGENT_DEPLOYMENT, AGENT_NAMESPACE, ROOT_SYNC_NAME, apply_text
from lab.scenarios.reasons.verdict import Verdict

RESOURCE_QUOTA = Kind("", "v1", "ResourceQuota", "resourcequotas", True)

NAMESPACE_ASKED = "namespace/openairinterface"
KPTFILE = b"apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: radio-unit\n"


def answer(verdict: Verdict) -> tuple[str, Stage | None]:
    """Code and stage."""
    return verdict.code, verdict.stage


def fact(verdict: Verdict, label: str) -> str:
    """The text of a fact, empty when it is not told."""
    return dict(verdict.facts).get(label, "")


# -- left of the line ----------------------------------------------------------------------------------------


def test_no_repository(person: Any) -> None:
    """On a lab without a Repository the answer is that the orchestrator knows no Git repository of the cluster."""
    someone = person()
    for subject in [NAMESPACE_ASKED, "cluster-baseline"]:
        verdict = someone.why(subject)
        assert answer(verdict) == ("LAB202", Stage.VARIANT)
        assert verdict.headline.startswith(subject)
        assert "my-ran" in verdict.why


def test_no_context(person: Any) -> None:
    """With Repositories but nothing that describes the cluster, the ClusterContext is named first."""
    someone = person()
    someone.register()
    for subject in [NAMESPACE_ASKED, "cluster-baseline"]:
        assert answer(someone.why(subject)) == ("LAB101", Stage.CONTEXT)


def test_no_variant(person: Any) -> None:
    """A described cluster gets nothing before a PackageVariant asks, and the package that holds the object is named."""
    someone = person()
    someone.register()
    someone.describe()
    for subject in [NAMESPACE_ASKED, "cluster-baseline"]:
        verdict = someone.why(subject)
        assert answer(verdict) == ("LAB201", Stage.VARIANT)
        assert "cluster-baseline" in verdict.why


def test_no_such_package(person: Any) -> None:
    """A package that no blueprint repository holds is not said to wait for a variant of a blueprint."""
    someone = person()
    someone.register()
    someone.describe()
    someone.wait(5)
    verdict = someone.why("cluster-basline")
    assert answer(verdict) == ("LAB025", Stage.VARIANT)
    assert "cluster-baseline" in verdict.why


def test_unknown_upstream(person: Any) -> None:
    """A PackageVariant of a workspace that does not exist is Stalled, and its own message is the reason."""
    someone = person()
    someone.register()
    someone.describe()
    someone.declare("cluster-baseline", workspace="v9")
    someone.wait(5)
    for subject in [NAMESPACE_ASKED, "cluster-baseline"]:
        verdict = someone.why(subject)
        assert answer(verdict) == ("LAB204", Stage.VARIANT)
        assert "v9" in verdict.why


def test_unknown_upstream_package(person: Any) -> None:
    """The same for a package that does not exist."""
    someone = person()
    someone.register()
    someone.describe()
    someone.declare("no-such-package")
    someone.wait(5)
    verdict = someone.why("no-such-package")
    assert answer(verdict) == ("LAB204", Stage.VARIANT)
    assert "no-such-package" in verdict.why


def test_render_failed(person: Any) -> None:
    """A package that contradicts the cluster's facts is named with the function's words and the file."""
    someone = person(clusters={"my-ran": {"cnis": ["calico"]}})
    someone.register()
    someone.describe()
    someone.declare("networking")
    someone.wait(10)
    for subject in ["namespace/ran-networking", "networking"]:
        verdict = someone.why(subject)
        assert answer(verdict) == ("LAB403", Stage.RENDER)
        assert "macvlan" in verdict.why


def test_function_not_available(person: Any) -> None:
    """A pipeline with an image that nobody can run says which."""
    someone = person()
    someone.register()
    someone.describe()

    def spoil(files: dict[str, bytes]) -> None:
        files["Kptfile"] = files["Kptfile"].replace(b"image: apply-setters:v0.2.0", b"image: example.com/do-magic:v9")

    someone.declare("cluster-baseline", workspace=someone.publish("cluster-baseline", spoil))
    someone.wait(10)
    verdict = someone.why(NAMESPACE_ASKED)
    assert answer(verdict) == ("LAB402", Stage.RENDER)
    assert "do-magic" in verdict.why


def test_waiting_for_approval(person: Any) -> None:
    """A draft that nobody approved is named, with the line that approves it."""
    someone = person()
    someone.register()
    someone.describe()
    someone.declare("cluster-baseline", approve=Approval.MANUAL)
    someone.wait(10)
    for subject in [NAMESPACE_ASKED, "cluster-baseline"]:
        verdict = someone.why(subject)
        assert answer(verdict) == ("LAB501", Stage.APPROVE)
        assert "nephio-my-ran.cluster-baseline.packagevariant-1 is Draft" in verdict.why
        assert verdict.next_steps[0] == "lab approve cluster-baseline --on my-ran"


def test_git_away_before_the_commit(person: Any) -> None:
    """While Git is away nothing is committed, and Git is the answer."""
    someone = person()
    someone.register()
    someone.describe()
    someone.wait(5)
    someone.do(someone.lab.lab.pause_git())
    someone.declare("cluster-baseline")
    someone.wait(20)
    for subject in [NAMESPACE_ASKED, "cluster-baseline"]:
        verdict = someone.why(subject)
        assert verdict.code == "LAB602"
        assert verdict.stage is not None
        assert verdict.stage.comes_before(Stage.PULL)


def test_management_gone(person: Any) -> None:
    """What never reached Git while the management cluster is away stops there."""
    someone = person(up=True)
    someone.do(someone.lab.lab.stop_management())
    verdict = someone.why("namespace/ran-networking")
    assert verdict.code == "LAB022"
    assert "management cluster" in verdict.why


# -- right of the line ---------------------------------------------------------------------------------------


def test_committed_but_no_agent(person: Any) -> None:
    """The first great silence: it is in Git, and nobody on the cluster pulls."""
    someone = person(up=True, bootstrap="manual")
    for subject in [NAMESPACE_ASKED, "cluster-baseline"]:
        verdict = someone.why(subject)
        assert answer(verdict) == ("LAB701", Stage.PULL)
        assert verdict.next_steps[0] == "lab cluster bootstrap my-ran"
        assert "cluster-baseline/" in fact(verdict, "Should come from")


def test_agent_stopped(person: Any) -> None:
    """An agent that was scaled to zero pulls no more, and the line that starts it again is told."""
    someone = person(up=True)
    someone.scale_agent(0)
    someone.wait(5)
    someone.declare("networking")
    someone.reach("networking", Stage.COMMIT)
    for subject in ["namespace/ran-networking", "networking"]:
        verdict = someone.why(subject)
        assert answer(verdict) == ("LAB703", Stage.PULL)
        assert "scale deployment reconciler-manager --replicas=1" in verdict.next_steps[0]


def test_agent_deleted(person: Any) -> None:
    """Deleting the agent's Deployment is as if it had never been installed."""
    someone = person(up=True)
    someone.do(someone.bench.kube("my-ran").delete(DEPLOYMENT, AGENT_DEPLOYMENT, namespace=AGENT_NAMESPACE))
    someone.wait(5)
    someone.declare("networking")
    someone.reach("networking", Stage.COMMIT)
    assert answer(someone.why("networking")) == ("LAB701", Stage.PULL)


def test_what_is_there_says_that_nobody_pulls(person: Any) -> None:
    """An object that arrived before the agent was stopped is well, and the silence that follows is told."""
    someone = person(up=True)
    someone.scale_agent(0)
    someone.wait(5)
    verdict = someone.why(NAMESPACE_ASKED)
    assert verdict.code == ""
    assert "LAB703" in fact(verdict, "Agent")


def test_no_root_sync(person: Any) -> None:
    """An agent without a RootSync knows no repository."""
    someone = person(up=True, bootstrap="manual")
    text = manifests.configsync_yaml(cluster="my-ran", image="nephio-lab:0.1.0")
    someone.do(apply_text(someone.bench, "my-ran", text))
    someone.wait(5)
    assert answer(someone.why(NAMESPACE_ASKED)) == ("LAB705", Stage.PULL)


@pytest.mark.parametrize(
    "wrong",
    [{"repo": "https://github.com/YOUR-ORG/nephio-my-ran"}, {"branch": "develop"}, {"dir": "/elsewhere"}],
    ids=["repository", "branch", "directory"],
)
def test_agent_watches_another_place(person: Any, wrong: dict[str, str]) -> None:
    """A RootSync of another repository, branch or directory is said to watch it, and where the package is."""
    someone = person(up=True, bootstrap="manual")
    someone.bootstrap()
    patch = {"spec": {"git": wrong}}
    kube = someone.bench.kube("my-ran")
    someone.do(kube.patch(ROOT_SYNC, ROOT_SYNC_NAME, patch, namespace=AGENT_NAMESPACE))
    someone.wait(40)
    someone.declare("networking")
    someone.reach("networking", Stage.COMMIT)
    someone.wait(40)
    for subject in ("namespace/ran-networking", "networking"):
        verdict = someone.why(subject)
        assert answer(verdict) == ("LAB704", Stage.PULL)
        assert next(iter(wrong.values())) in verdict.why


def test_git_away_after_the_commit(person: Any) -> None:
    """Committed, then Git went away: the pull stops there."""
    someone = person(up=True)
    someone.scale_agent(0)
    someone.wait(5)
    someone.declare("networking")
    someone.reach("networking", Stage.COMMIT)
    someone.do(someone.lab.lab.pause_git())
    someone.scale_agent(1)
    someone.wait(40)
    for subject in ["namespace/ran-networking", "networking"]:
        assert answer(someone.why(subject)) == ("LAB602", Stage.PULL)


def test_git_away_and_the_object_is_there(person: Any) -> None:
    """While Git is away, what is on the cluster is said to be there and that Git could not be asked."""
    someone = person(up=True)
    someone.do(someone.lab.lab.pause_git())
    verdict = someone.why(NAMESPACE_ASKED)
    assert verdict.code == ""
    assert "on my-ran" in verdict.headline
    assert fact(verdict, "Git")


def refused_package(files: dict[str, bytes]) -> None:
    """A package with an object that the API server's validation refuses."""
    files["Kptfile"] = KPTFILE
    files["service.yaml"] = (
        b"apiVersion: v1\nkind: Service\nmetadata:\n  name: radio\n  namespace: openairinterface\n"
        b"spec:\n  ports: [{port: 70000}]\n"
    )


def test_object_refused(person: Any) -> None:
    """The cluster's own words are the reason; kind, file and code are named."""
    someone = person(up=True)
    someone.declare("radio-unit", workspace=someone.publish("radio-unit", refused_package))
    someone.reach("radio-unit", Stage.PULL)
    someone.wait(10)
    for subject in ["service/openairinterface/radio", "svc/radio", "radio-unit"]:
        verdict = someone.why(subject)
        assert answer(verdict) == ("LAB803", Stage.APPLY)
        assert "65535" in verdict.why
        assert "radio-unit/service.yaml" in fact(verdict, "Refused")


def test_another_objects_refusal_is_not_blamed(person: Any) -> None:
    """An object that is well is not said to be refused because another one of the same commit is."""
    someone = person(up=True)
    someone.declare("radio-unit", workspace=someone.publish("radio-unit", refused_package))
    someone.reach("radio-unit", Stage.PULL)
    someone.wait(10)
    assert someone.why(NAMESPACE_ASKED).code == ""


def test_not_ready(person: Any) -> None:
    """A workload whose image cannot be pulled is on the cluster, not ready, with its reason."""
    someone = person(up=True)

    def broken(files: dict[str, bytes]) -> None:
        files["Kptfile"] = KPTFILE
        files["deployment.yaml"] = (
            b"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: radio\n  namespace: openairinterface\nspec:\n"
            b"  selector: {matchLabels: {app: radio}}\n  template:\n    metadata: {labels: {app: radio}}\n"
            b"    spec:\n      containers:\n      - name: radio\n        image: registry.invalid/no-such:v0\n"
            b"        resources: {limits: {cpu: 10m, memory: 10Mi}, requests: {cpu: 10m, memory: 10Mi}}\n"
        )

    someone.declare("radio-unit", workspace=someone.publish("radio-unit", broken))
    someone.reach("radio-unit", Stage.APPLY)
    someone.wait(60)
    verdict = someone.why("deployment/openairinterface/radio")
    assert answer(verdict) == ("LAB901", Stage.READY)
    assert "image" in verdict.why.lower()
    assert answer(someone.why("radio-unit")) == ("LAB901", Stage.READY)


# -- the object is there -------------------------------------------------------------------------------------


def test_all_well(person: Any) -> None:
    """Package, file and line, commit, and who approved are told, and nothing is asked of anybody."""
    verdict = person(up=True).why(NAMESPACE_ASKED)
    assert verdict.headline == "namespace/openairinterface is on my-ran, as Git declares it."
    assert (verdict.code, verdict.stage, verdict.next_steps) == ("", None, ())
    assert fact(verdict, "Comes from").startswith("cluster-baseline/namespaces.yaml:")
    assert fact(verdict, "Comes from").endswith(" in nephio-my-ran")
    assert fact(verdict, "Package").startswith("cluster-baseline, revision ")
    assert '"Rendered cluster-baseline v1 for my-ran"' in fact(verdict, "Commit")
    assert fact(verdict, "Approved") == "published by the policy `initial`"


def test_all_well_by_any_name(person: Any) -> None:
    """Short names, plurals, Kinds and a package's name are understood."""
    someone = person(up=True)
    for subject in [
        "ns/openairinterface",
        "Namespace/openairinterface",
        "namespaces/openairinterface",
        "cluster-baseline",
    ]:
        assert someone.why(subject).code == ""


def test_approved_by_hand(person: Any) -> None:
    """Where a person approved, the person is named instead of a policy."""
    someone = person(flows=[{"package": "cluster-baseline", "to": "my-ran", "approve": "manual"}], up=True)
    someone.approve("cluster-baseline")
    someone.reach("cluster-baseline", Stage.READY)
    text = fact(someone.why(NAMESPACE_ASKED), "Approved")
    assert text.startswith("published by ")
    assert "policy" not in text


def test_drifted_and_put_back(person: Any) -> None:
    """A change by hand that Git won over is told with what, when and how fast."""
    someone = person(up=True)
    kube = someone.bench.kube("my-ran")
    patch = {"metadata": {"labels": {"nephio.org/site-code": "nowhere"}}}
    someone.do(kube.patch(NAMESPACE, "openairinterface", patch))
    someone.wait(5)
    verdict = someone.why(NAMESPACE_ASKED)
    assert verdict.code == ""
    assert "put back" in fact(verdict, "Drifted")
    assert "LAB902" in fact(verdict, "Drifted")


def test_deleted_and_put_back(person: Any) -> None:
    """An object that was deleted by hand is there again, and the drift is told."""
    someone = person(up=True)
    kube = someone.bench.kube("my-ran")
    someone.do(kube.delete(CONFIG_MAP, "cluster-identity", namespace="openairinterface"))
    someone.wait(5)
    verdict = someone.why("configmap/openairinterface/cluster-identity")
    assert verdict.code == ""
    assert "put back" in fact(verdict, "Drifted")


def more_pods(files: dict[str, bytes]) -> None:
    """The next revision of cluster-baseline."""
    files["quotas.yaml"] = files["quotas.yaml"].replace(b'pods: "20"', b'pods: "30"')


def test_superseded(person: Any) -> None:
    """A revision that a later one overtook unpulled is named, and the later one is what is waited for."""
    someone = person(up=True, bootstrap="manual")
    someone.upgrade("cluster-baseline", someone.publish("cluster-baseline", more_pods))
    someone.wait(10)
    verdict = someone.why("cluster-baseline")
    assert answer(verdict) == ("LAB501", Stage.APPROVE)
    assert "by trail 2" in fact(verdict, "Superseded")


def test_an_upgrade_behind_a_draft_that_waits(person: Any) -> None:
    """A variant cannot move on while its first draft waits; the line that approves that draft is told."""
    someone = person(flows=[{"package": "cluster-baseline", "to": "my-ran", "approve": "manual"}], up=True)
    someone.upgrade("cluster-baseline", someone.publish("cluster-baseline", more_pods))
    someone.wait(10)
    verdict = someone.why("cluster-baseline")
    assert answer(verdict) == ("LAB301", Stage.DRAFT)
    assert "not published" in verdict.why
    assert verdict.next_steps[0] == "lab approve cluster-baseline --on my-ran"


def test_an_upgrade_on_its_way(person: Any) -> None:
    """What is ready says so, and that a newer revision of its package waits for approval."""
    someone = person(up=True)

    someone.upgrade("cluster-baseline", someone.publish("cluster-baseline", more_pods))
    someone.wait(10)
    verdict = someone.why(NAMESPACE_ASKED)
    assert verdict.code == ""
    assert "at approve" in fact(verdict, "On its way")


def test_a_package_whose_upgrade_waits(person: Any) -> None:
    """Asked about the package, the answer is what its newest revision waits for, and that the older one is there."""
    someone = person(up=True)
    someone.upgrade("cluster-baseline", someone.publish("cluster-baseline", more_pods))
    someone.wait(10)
    verdict = someone.why("cluster-baseline")
    assert answer(verdict) == ("LAB501", Stage.APPROVE)
    assert verdict.headline == "cluster-baseline is on my-ran, but not its newest revision."


def test_only_a_newer_revision_of_the_blueprint_has_it(person: Any) -> None:
    """What a blueprint declares since its last revision does not arrive by itself; the line that brings it is told."""
    someone = person(up=True)

    def one_more(files: dict[str, bytes]) -> None:
        files["more.yaml"] = b"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: one-more\n"

    workspace = someone.publish("cluster-baseline", one_more)
    someone.wait(20)
    verdict = someone.why("namespace/one-more")
    assert answer(verdict) == ("LAB207", Stage.VARIANT)
    assert verdict.next_steps[0] == f"lab upgrade cluster-baseline {workspace}"


def test_it_left_git_while_the_agent_was_stopped(person: Any) -> None:
    """What is no longer in Git and still on the cluster is there because nobody pulls."""
    someone = person(up=True)

    def without_quotas(files: dict[str, bytes]) -> None:
        del files["quotas.yaml"]

    someone.scale_agent(0)
    someone.wait(5)
    someone.upgrade("cluster-baseline", someone.publish("cluster-baseline", without_quotas))
    someone.wait(10)
    someone.approve("cluster-baseline")
    someone.wait(10)
    quota = someone.do(someone.bench.kube("my-ran").list(RESOURCE_QUOTA))[0][0]["metadata"]
    verdict = someone.why(f"resourcequota/{quota['namespace']}/{quota['name']}")
    assert answer(verdict) == ("LAB703", Stage.PULL)
    assert "Git does not declare it" in verdict.headline


def test_not_from_git(person: Any) -> None:
    """An object that somebody made on the cluster is said to come from no package."""
    someone = person(up=True)
    extra = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "by-hand"}}
    someone.do(someone.bench.kube("my-ran").create(NAMESPACE, extra))
    verdict = someone.why("namespace/by-hand")
    assert verdict.code == "LAB903"
    assert "Git does not declare it" in verdict.headline


def test_nobody_declares_it(person: Any) -> None:
    """What is nowhere is said to be nowhere, even while other packages are well."""
    someone = person(up=True)
    for subject in ["namespace/nobody-knows-me", "gizmo/x", "configmap/nowhere/x"]:
        verdict = someone.why(subject)
        assert verdict.code == "LAB903"
        assert "is not on my-ran" in verdict.headline


def test_variant_deleted(person: Any) -> None:
    """After the variant and its package are gone, the object is gone too and the variant is what is missing."""
    someone = person(up=True)
    someone.do(someone.bench.management.delete(PACKAGE_VARIANT, "baseline-my-ran", namespace="default"))
    someone.wait(60)
    verdict = someone.why(NAMESPACE_ASKED)
    assert verdict.code in {"", "LAB201"}
    assert (verdict.code == "") == ("is on my-ran" in verdict.headline)


def test_context_gone_after_the_flow(person: Any) -> None:
    """An object that arrived stays, whatever becomes of the metadata: the ClusterContext connects nothing."""
    someone = person(up=True)
    someone.do(someone.bench.management.delete(CLUSTER_CONTEXT, "my-ran", namespace="default"))
    someone.wait(30)
    assert someone.why(NAMESPACE_ASKED).code == ""


def test_the_second_cluster_is_asked_for_itself(person: Any) -> None:
    """A package on one cluster does not answer for another."""
    someone = person(up=True, clusters=["my-ran", "other-ran"])
    assert someone.why(NAMESPACE_ASKED).code == ""
    assert answer(someone.why(NAMESPACE_ASKED, "other-ran")) == ("LAB201", Stage.VARIANT)
