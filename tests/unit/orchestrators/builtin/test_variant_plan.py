"""Which revisions a variant works on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lab.orchestrators.builtin.kptfile_facts import KptfileFacts
from lab.orchestrators.builtin.lifecycle import Act, Lifecycle
from lab.orchestrators.builtin.revision import Metadata, Revision
from lab.orchestrators.builtin.variant_plan import (
    downstream_of,
    find_upstream,
    is_current,
    locked_number,
    release_act,
)
from lab.orchestrators.builtin.variant_spec import faults_of, spec_of

D, P, U, X = Lifecycle
NOW = datetime(2030, 1, 1, tzinfo=UTC)
OWNED = Metadata(owners=({"uid": "u-1", "kind": "PackageVariant", "name": "pv"},))


def revision(workspace: str, lifecycle: Lifecycle = D, number: int = 0, **more: Any) -> Revision:
    """An owned revision of the downstream package."""
    given: dict[str, Any] = {"repository": "edge", "package": "web", "metadata": OWNED}
    return Revision(
        **{
            "namespace": "default",
            "workspace": workspace,
            "number": number,
            "lifecycle": lifecycle,
            "path": "web",
            "ref": f"refs/tags/web/v{number}",
            "label": f"v{number}",
            "commit": workspace,
            "tree": "t",
            "created_at": NOW,
            "committed_at": NOW,
            **given,
            **more,
        }
    )


def variant(**spec: Any) -> dict[str, Any]:
    """A PackageVariant object."""
    given = {"upstream": {"repo": "blue", "package": "web"}, "downstream": {"repo": "edge", "package": "web"}}
    return {"metadata": {"name": "pv", "namespace": "default", "uid": "u-1"}, "spec": {**given, **spec}}


NOBODYS = Metadata()


@pytest.mark.parametrize(
    ("there", "kept"),
    [
        ([], []),
        ([revision("a"), revision("b", metadata=NOBODYS)], ["a"]),
        ([revision("a", U, 1), revision("b", U, 2), revision("c"), revision("d", P)], ["c", "d"]),
        ([revision("a", U, 1), revision("b", U, 2), revision("c", U, 3, metadata=NOBODYS)], ["b"]),
        ([revision("a", U, 1), revision("b", X, 2)], ["b"]),
        ([revision("main", U, -1)], []),
    ],
)
def test_downstreams(there, kept):
    """All drafts and proposals, else the highest published revision, of those that are owned."""
    assert kept == [item.workspace for item in downstream_of(spec_of(variant()), there).kept]


def test_adoption_and_release():
    """adoptExisting takes what nobody owns; owned revisions of other packages are let go."""
    mine = revision("a", metadata=NOBODYS)
    elsewhere = revision("b", package="old")
    assert downstream_of(spec_of(variant()), [mine, elsewhere]).released == (elsewhere,)
    plan = downstream_of(spec_of(variant(adoptionPolicy="adoptExisting")), [mine, elsewhere])
    assert (plan.adopted, plan.kept) == ((mine,), (mine,))


@pytest.mark.parametrize(
    ("policy", "lifecycle", "act"),
    [
        ("delete", D, Act.DELETE),
        ("delete", P, Act.DELETE),
        ("delete", U, Act.PROPOSE_DELETION),
        ("delete", X, Act.KEEP),
        ("orphan", D, Act.KEEP),
        ("orphan", U, Act.KEEP),
    ],
)
def test_the_deletion_policy(policy, lifecycle, act):
    """Drafts go, published revisions are proposed for deletion, orphans stay."""
    assert act is release_act(spec_of(variant(deletionPolicy=policy)), revision("a", lifecycle))


@pytest.mark.parametrize(
    ("ref", "number", "current"),
    [
        ("", 1, True),
        ("drafts/web/ws", 0, False),
        ("web/v1", 1, True),
        ("web/v1", 2, False),
        ("web/v2", 1, False),
        ("main", -1, True),
    ],
)
def test_up_to_date(ref, number, current):
    """The number in the lock decides, in either direction; what tracks main is never out of date."""
    lock = {"git": {"ref": ref}} if ref else {}
    downstream = replace(revision("a"), kptfile=KptfileFacts(upstream_lock=lock))
    assert is_current(downstream, revision("up", U, number)) is current


def test_numbers_in_refs():
    """The last segment after a v, -1 for anything else."""
    assert [locked_number(ref) for ref in ("web/v12", "a/b/v3", "main", "web/v1.2")] == [12, 3, -1, -1]


def test_finding_the_upstream():
    """By workspace in any state; an empty workspace means main; a revision number in the spec means nothing."""
    blue = {"repository": "blue", "metadata": NOBODYS}
    there = [revision("main", U, -1, **blue), revision("v1", U, 1, **blue), revision("ws", D, 0, **blue)]

    def found(**upstream: Any) -> str:
        spec = spec_of(variant(upstream={"repo": "blue", "package": "web", **upstream}))
        upstream_revision = find_upstream(spec, there)
        return upstream_revision.workspace if upstream_revision else ""

    assert [found(), found(workspaceName="ws"), found(revision=1), found(workspaceName="v9")] == [
        "main",
        "ws",
        "main",
        "",
    ]


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        (
            {"upstream": {}, "downstream": {}},
            "missing required field spec.upstream; missing required field spec.downstream",
        ),
        ({"upstream": {"repo": "a"}}, "missing required field spec.upstream.package"),
        ({"downstream": {"package": "a"}}, "missing required field spec.downstream.repo"),
        ({"adoptionPolicy": "x"}, 'spec.adoptionPolicy field can only be "adoptNone" or "adoptExisting"'),
        ({"deletionPolicy": "x"}, 'spec.deletionPolicy can only be "orphan" or "delete"'),
        (
            {"packageContext": {"data": {"name": "x", "foo": "bar"}}},
            'spec.packageContext.data: Invalid value: map[string]string{"foo":"bar", "name":"x"}: must not contain the '
            'key "name"',
        ),
        (
            {"packageContext": {"removeKeys": ["package-path"]}},
            'spec.packageContext.removeKeys: Invalid value: []string{"package-path"}: must not contain the key '
            '"package-path"',
        ),
        ({"injectors": [{"name": "a"}, {"kind": "x"}]}, "spec.injectors[1].name must not be empty"),
        ({"adoptionPolicy": "adoptExisting", "deletionPolicy": "orphan", "injectors": [{"name": "a"}]}, ""),
    ],
)
def test_validation(spec, fault):
    """What is wrong is said with Porch's sentences in its order."""
    assert fault == "; ".join(faults_of(variant(**spec)))


def test_strict_minds_the_short_form():
    """Upstream knows no setters on a PackageVariant."""
    assert faults_of(variant(setters={"a": "b"})) == []
    assert faults_of(variant(setters={"a": "b"}), strict=True)
