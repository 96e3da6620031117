"""What a RootSync asks for."""

from __future__ import annotations

from typing import Any

import pytest

from lab.agents.builtin.sync_spec import SyncSpec, invalid, read_spec, seconds

GIT = {"repo": "http://git.lab.example/x.git", "auth": "none"}


def read(git: dict[str, Any] | None = None, name: str = "root-sync", **spec: Any) -> SyncSpec:
    """The spec of a RootSync."""
    meta = {"name": name, "namespace": "config-management-system", "generation": 3}
    body = {"git": GIT if git is None else git, "sourceFormat": "unstructured", **spec}
    return read_spec({"metadata": meta, "spec": body}, period_default=15.0)


def test_defaults_are_those_of_config_sync() -> None:
    """What is left out has Config Sync's value: branch master, revision HEAD, five minutes, implicit namespaces."""
    spec = read()
    assert (
        spec.branch,
        spec.revision,
        spec.directory,
        spec.period,
        spec.reconcile_timeout,
        spec.implicit_namespaces,
    ) == ("master", "HEAD", "", 15.0, 300.0, True)
    assert {"repo": GIT["repo"], "revision": "HEAD", "branch": "master", "dir": "."} == spec.git_status()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15s", 15.0),
        ("1m30s", 90.0),
        ("1.5h", 5400.0),
        ("500ms", 0.5),
        ("", 7.0),
        ("15", 7.0),
        ("x15s", 7.0),
        ("0s", 7.0),
    ],
)
def test_durations(text: str, expected: float) -> None:
    """Durations are Go's; nonsense and zero are the default."""
    assert expected == seconds(text, 7.0)


@pytest.mark.parametrize("directory", ["/a/b/", "a/b", "./a/b", "//a//b"])
def test_directories_are_relative(directory: str) -> None:
    """However it is written, the directory is the same."""
    assert read({**GIT, "dir": directory}).directory == "a/b"


def test_reconciler_names() -> None:
    """The reconciler of root-sync has the short name."""
    assert [read().reconciler, read(name="edge").reconciler] == ["root-reconciler", "root-reconciler-edge"]


def test_credentials_of_a_url_stay_out_of_the_mark() -> None:
    """A token inside the URL is not written onto every object."""
    assert read({**GIT, "repo": "http://me:secret@h/x.git"}).mark("c").repo == "http://h/x.git"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"git": {"auth": "none"}}, "must specify spec.git.repo"),
        ({"git": {**GIT, "repo": "/etc"}}, "http and https only"),
        ({"git": {**GIT, "auth": ""}}, "to be one of ssh,cookiefile"),
        ({"git": {**GIT, "auth": "ssh"}}, "with none or token"),
        ({"git": {**GIT, "auth": "token"}}, "must specify spec.git.secretRef"),
        ({"git": {**GIT, "secretRef": {"name": "x"}}}, "must not specify spec.git.secretRef"),
        ({"git": {**GIT, "noSSLVerify": True}}, "spec.git.noSSLVerify"),
        ({"git": {**GIT, "proxy": "http://p"}}, "spec.git.proxy"),
        ({"git": {**GIT, "period": "15"}}, 'spec.git.period "15": a duration such as'),
        ({"override": {"reconcileTimeout": "soon"}}, 'spec.override.reconcileTimeout "soon"'),
        ({"sourceType": "oci"}, "reads Git only"),
        ({"override": {"roleRefs": [{"kind": "ClusterRole", "name": "x"}]}}, "spec.override.roleRefs"),
    ],
)
def test_what_cannot_be_served_is_said(spec: dict[str, Any], said: str) -> None:
    """A RootSync that the agent cannot serve is refused with the field, never served by halves."""
    assert said in invalid(read(**spec))


@pytest.mark.parametrize("period", ["", "0", "0s", "15s", "1m30s", "500ms"])
def test_durations_of_go_can_be_served(period: str) -> None:
    """None and zero mean the default; both can be served."""
    assert invalid(read({**GIT, "period": period})) == ""


def test_names_have_a_limit() -> None:
    """Thirty-eight characters are allowed, one more is not."""
    assert invalid(read(name="n" * 38)) == ""
    assert "but found 39" in invalid(read(name="n" * 39))
