"""Texts and lists that the orchestrator writes can be read again and are stable."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lab.orchestrators.builtin.admission import admission
from lab.orchestrators.builtin.context_facts import ClusterFacts, present_pipeline, wanted_pipeline
from lab.orchestrators.builtin.names import label_fault, next_variant_workspace
from lab.orchestrators.builtin.revision import Metadata, metadata_in
from lab.orchestrators.builtin.trailers import Trailer, author_of, trailers_in

labels = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
texts = st.text(max_size=40)
tasks = st.dictionaries(texts, st.recursive(texts, lambda inner: st.dictionaries(texts, inner, max_size=2)), max_size=3)
functions = st.fixed_dictionaries(
    {
        "name": labels.filter(lambda name: name not in ("context", "cluster-facts")),
        "image": st.sampled_from(["apply-setters:v0.2.0", "set-labels:v0.2.0"]),
        "configMap": st.dictionaries(st.sampled_from(["cluster-name", "site-code", "tier"]), labels, max_size=2),
    }
)


@given(package=texts, workspace=labels, task=tasks)
def test_trailers_are_read_as_written(package, workspace, task):
    """A trailer survives being written into a message."""
    trailer = Trailer(package, workspace, "0", task)
    assert [trailer] == trailers_in(f"Some subject\n\n\n{trailer.line()}\n")


@given(
    labels=st.dictionaries(labels, texts, max_size=3),
    annotations=st.dictionaries(texts, texts, max_size=3),
    finalizers=st.lists(labels, max_size=2).map(tuple),
)
def test_metadata_is_read_as_written(labels, annotations, finalizers):
    """Kubernetes metadata survives Git."""
    metadata = Metadata(labels, annotations, ({"uid": "u", "kind": "PackageVariant"},), finalizers)
    assert metadata == metadata_in(metadata.message("web/ws"))


@given(user=st.text(max_size=30))
def test_every_user_can_be_an_author(user):
    """No name of a user breaks Git's form of an identity."""
    author = author_of(user)
    name, _, mail = author.partition(" <")
    assert name
    assert mail.endswith(">")
    assert not set("\n\r\0") & set(author)
    assert author.count("<") == author.count(">") == 1


@given(taken=st.lists(st.one_of(labels, st.integers(0, 99).map(lambda n: f"packagevariant-{n}"))))
def test_a_new_workspace_is_free(taken):
    """The workspace of a new variant's draft is a label that nobody has."""
    new = next_variant_workspace(taken)
    assert new not in taken
    assert not label_fault(new)


@given(
    mutators=st.lists(functions, max_size=3),
    setters=st.dictionaries(st.sampled_from(["cluster-name", "cnis"]), labels, max_size=2),
    site=st.one_of(st.just(""), labels),
    cnis=st.one_of(st.none(), st.lists(labels, max_size=2).map(tuple)),
)
def test_the_context_settles_and_goes_without_a_trace(mutators, setters, site, cnis):
    """Giving a variant its context twice changes nothing; taking it back leaves what people wrote."""
    spec = {"setters": setters, "pipeline": {"mutators": mutators}}
    facts = ClusterFacts("my-ran", "default", "my-ran", "ClusterContext", site, cnis)
    first = wanted_pipeline({"spec": spec}, facts)
    given_once = {"spec": {**spec, "pipeline": first}}
    assert first == wanted_pipeline(given_once, facts)
    assert wanted_pipeline(given_once, None) == present_pipeline({"spec": spec})
    own = {key for function in mutators if function["image"].startswith("apply-") for key in function["configMap"]}
    added = [function for function in first["mutators"] if function["name"] == "context"]
    for function in added:
        assert not function["configMap"].keys() & (own | setters.keys())


@given(
    cluster=labels,
    site=st.from_regex(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,20}[A-Za-z0-9])?", fullmatch=True),
    cnis=st.lists(labels, max_size=3),
    cidr=st.sampled_from(["10.0.0.0/8", "172.31.6.0/24", "fd00:1::/64", "::/0"]),
)
def test_plain_metadata_is_never_taken_for_a_connection(cluster, site, cnis, cidr):
    """No name, site, CNI or range that the definition allows is refused."""
    spec = {"clusterName": cluster, "siteCode": site, "cnis": cnis, "networks": [{"name": "n3", "cidr": cidr}]}
    obj = {"apiVersion": "infra.nephio.org/v1alpha1", "kind": "ClusterContext", "metadata": {"name": "x"}, "spec": spec}
    assert admission(obj, None)[1] is None
