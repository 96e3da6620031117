"""The files that people apply, with their values put in."""

from __future__ import annotations

import pytest

from lab.kit.yaml_nodes import YamlFault
from lab.manifests import load

AWKWARD = [
    "on",
    "y",
    "123",
    "1e3",
    "0x1f",
    "null",
    "~",
    "a: b",
    "a #b",
    "- a",
    "'",
    '"',
    "{a}",
    "*a",
    "&a",
    "%a",
    "é ü",
]


def _one(text):
    documents = load.parse(text)
    assert len(documents) == 1
    return documents[0]


def test_several_documents_are_read_in_order():
    """Documents are parted by lines of three dashes; empty ones and comments give no object."""
    assert load.parse("# only a comment\n---\na: 1\n---\n\n---\nb: 2\n") == [{"a": 1}, {"b": 2}]


def test_broken_text_is_refused():
    """Text that is no YAML raises, and nothing of it is returned."""
    with pytest.raises(YamlFault):
        load.parse("a: [1\n")


def test_orchestrator_objects_are_sound(judge):
    """Namespace, account and roles of the orchestrator are what Kubernetes takes."""
    objects = load.orchestrator_objects()

    assert [fault for obj in objects for fault in judge.faults(obj)] == []
    assert [obj["kind"] for obj in objects if obj["kind"] in ("Namespace", "ServiceAccount")] == [
        "Namespace",
        "ServiceAccount",
    ]


def test_orchestrator_has_no_rights_beyond_its_work():
    """No wildcard, no right to give rights, no listing of Secrets, and only groups of the management cluster."""
    rules = [rule for obj in load.orchestrator_objects() for rule in obj.get("rules", ())]
    groups = {group for rule in rules for group in rule["apiGroups"]}
    about_secrets = [rule["verbs"] for rule in rules if "secrets" in rule["resources"]]

    assert groups == {
        "",
        "config.porch.kpt.dev",
        "coordination.k8s.io",
        "events.k8s.io",
        "infra.nephio.org",
        "porch.kpt.dev",
    }
    assert not [rule for rule in rules if "*" in rule["verbs"] + rule["resources"] + rule["apiGroups"]]
    assert about_secrets == [["get"]]


def test_orchestrator_never_writes_facts_about_clusters():
    """A ClusterContext belongs to the person who wrote it."""
    verbs = {
        verb
        for obj in load.orchestrator_objects()
        for rule in obj.get("rules", ())
        if "clustercontexts" in rule["resources"]
        for verb in rule["verbs"]
    }

    assert verbs == {"get", "list", "watch"}


def test_every_binding_names_the_one_account():
    """All rights go to the orchestrator's ServiceAccount, through roles that are in the same files."""
    objects = load.orchestrator_objects()
    roles = {(obj["kind"], obj["metadata"]["name"]) for obj in objects}

    for binding in (obj for obj in objects if obj["kind"].endswith("Binding")):
        assert (binding["roleRef"]["kind"], binding["roleRef"]["name"]) in roles
        assert binding["subjects"] == [
            {"kind": "ServiceAccount", "name": "porch-controllers", "namespace": "porch-system"}
        ]


def test_configsync_holds_what_the_agent_needs(judge):
    """One file brings home, kinds, account, rights and the agent itself, in an order in which it can be applied."""
    objects = load.parse(load.configsync_yaml(cluster="my-ran", image="nephio-lab:0.1.0"))

    assert [(obj["kind"], obj["metadata"]["name"]) for obj in objects] == [
        ("Namespace", "config-management-system"),
        ("CustomResourceDefinition", "resourcegroups.kpt.dev"),
        ("CustomResourceDefinition", "rootsyncs.configsync.gke.io"),
        ("ServiceAccount", "reconciler-manager"),
        ("ClusterRoleBinding", "configsync.gke.io:reconciler-manager"),
        ("Deployment", "reconciler-manager"),
    ]
    assert [fault for obj in objects for fault in judge.faults(obj)] == []
    assert objects[1:3] == load.crds("workload")


def test_agent_knows_its_cluster_and_its_image():
    """The Deployment runs the image that was named, for the cluster that was named."""
    deployment = load.parse(load.configsync_yaml(cluster="edge-01", image="example.test/nephio-lab:1.2"))[-1]
    container = deployment["spec"]["template"]["spec"]["containers"][0]

    assert container["image"] == "example.test/nephio-lab:1.2"
    assert container["args"] == ["agent", "--cluster-name=edge-01"]


def test_agent_fits_the_security_level_of_its_namespace():
    """The agent rules the cluster by its account, and has no right over its node."""
    objects = load.parse(load.configsync_yaml(cluster="my-ran", image="nephio-lab:0.1.0"))
    pod = objects[-1]["spec"]["template"]["spec"]
    security = pod["containers"][0]["securityContext"]

    assert objects[0]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}


def test_agent_never_runs_twice():
    """One copy, and the old one is gone before the new one starts: both would write the same inventory."""
    deployment = load.parse(load.configsync_yaml(cluster="my-ran", image="nephio-lab:0.1.0"))[-1]

    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}


def test_rights_of_the_agent_are_stated_where_they_are_given():
    """Whoever reads the file meets the words cluster-admin before the binding that gives it."""
    text = load.configsync_yaml(cluster="my-ran", image="nephio-lab:0.1.0")

    assert "# Read this before you apply it: the agent is cluster-admin" in text


def test_rootsync_says_what_upstream_needs(judge):
    """The generated RootSync is unstructured, anonymous and looks every fifteen seconds unless told otherwise."""
    root_sync = _one(load.rootsync_yaml(repo_url="http://127.0.0.1:3000/lab/nephio-my-ran.git"))

    assert judge.faults(root_sync) == []
    assert root_sync["metadata"] == {"name": "root-sync", "namespace": "config-management-system"}
    assert root_sync["spec"] == {
        "sourceFormat": "unstructured",
        "git": {
            "repo": "http://127.0.0.1:3000/lab/nephio-my-ran.git",
            "branch": "main",
            "dir": "/",
            "auth": "none",
            "period": "15s",
        },
    }


def test_rootsync_with_a_token_names_its_secret(judge):
    """A credential is named, never written into the file."""
    text = load.rootsync_yaml(
        repo_url="https://git.example.test/a.git",
        branch="live",
        directory="site",
        period="1m",
        auth="token",
        secret="git-creds",
        source_format="hierarchy",
    )

    assert judge.faults(_one(text)) == []
    assert _one(text)["spec"] == {
        "sourceFormat": "hierarchy",
        "git": {
            "repo": "https://git.example.test/a.git",
            "branch": "live",
            "dir": "site",
            "auth": "token",
            "secretRef": {"name": "git-creds"},
            "period": "1m",
        },
    }


def test_cluster_context_leaves_out_what_is_not_known(judge):
    """Only the name is needed; nothing is made up."""
    context = _one(load.clustercontext_yaml(name="edge-01"))

    assert judge.faults(context) == []
    assert context["spec"] == {"clusterName": "edge-01"}


def test_cluster_context_carries_ranges(judge):
    """Networks are written in the order in which they are given."""
    context = _one(load.clustercontext_yaml(name="edge-01", networks={"n3": "172.21.3.0/24", "n2": "fd00::/64"}))

    assert judge.faults(context) == []
    assert context["spec"]["networks"] == [
        {"name": "n3", "cidr": "172.21.3.0/24"},
        {"name": "n2", "cidr": "fd00::/64"},
    ]


def test_deployment_repository_is_linked_to_its_cluster(judge):
    """The label that the context controller follows stands on a deployment repository, with the credential's name."""
    repository = _one(
        load.repository_yaml(name="nephio-edge-01", url="http://git/a.git", cluster="edge-01", secret="x")
    )

    assert judge.faults(repository) == []
    assert repository["metadata"]["labels"] == {"nephio.org/cluster-name": "edge-01"}
    assert repository["spec"]["deployment"] is True
    assert repository["spec"]["git"]["secretRef"] == {"name": "x"}


def test_blueprint_repository_belongs_to_no_cluster():
    """A repository of blueprints is no deployment repository and carries no link."""
    repository = _one(load.repository_yaml(name="nephio-blueprints", url="http://git/a.git"))

    assert "labels" not in repository["metadata"]
    assert repository["spec"]["deployment"] is False


def _variant(**changes):
    facts = {
        "name": "baseline-my-ran",
        "upstream_repository": "nephio-blueprints",
        "package": "cluster-baseline",
        "workspace": "v1",
        "downstream_repository": "nephio-my-ran",
    }
    return _one(load.packagevariant_yaml(**{**facts, **changes}))


def test_variant_without_values_waits_for_a_person(judge):
    """Without setters and policy there is no pipeline and no annotation."""
    variant = _variant()

    assert judge.faults(variant) == []
    assert variant["spec"] == {
        "upstream": {"repo": "nephio-blueprints", "package": "cluster-baseline", "workspaceName": "v1"},
        "downstream": {"repo": "nephio-my-ran", "package": "cluster-baseline"},
    }


def test_both_forms_of_setters_hold_the_same_values(judge):
    """The lab's short form and upstream's long form of one variant differ in shape only."""
    values = {"cluster-name": "my-ran", "quota-cpu": "16"}
    short, long = _variant(setters=values, form="setters"), _variant(setters=values)

    assert judge.faults(short) + judge.faults(long) == []
    assert short["spec"]["setters"] == values
    assert long["spec"]["pipeline"]["mutators"] == [
        {"name": "setters", "image": "apply-setters:v0.2.0", "configMap": values}
    ]


def test_policy_travels_as_an_annotation_of_the_revision():
    """The approval policy stands where the orchestrator copies it from: in spec.annotations."""
    assert _variant(approval="always")["spec"]["annotations"] == {"approval.nephio.org/policy": "always"}


@pytest.mark.parametrize("value", AWKWARD)
def test_values_come_back_as_the_same_text(value):
    """Whatever a value looks like, it reads back as that string, never as a number, a boolean or a structure."""
    context = _one(load.clustercontext_yaml(name=value, site_code=value, cnis=[value], provider=value))
    variant = _variant(name=value, package=value, setters={value: value})
    root_sync = _one(load.rootsync_yaml(repo_url=value, branch=value, directory=value))

    assert context["spec"] == {"clusterName": value, "siteCode": value, "cnis": [value], "provider": value}
    assert variant["metadata"]["name"] == value
    assert variant["spec"]["pipeline"]["mutators"][0]["configMap"] == {value: value}
    assert [root_sync["spec"]["git"][key] for key in ("repo", "branch", "dir")] == [value] * 3
