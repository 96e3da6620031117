"""Verbs that change: by hand where the file says so, clusters that come and go, revisions, files good and bad."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

BY_HAND = (
    "agent: {period: 2s}\n"
    "clusters: {mgmt: {}, my-ran: {bootstrap: manual}}\n"
    "flows: [{package: cluster-baseline, to: my-ran, approve: manual}]\n"
)
PACKAGES = Path(__file__).parents[2] / "packages"


@pytest.fixture(scope="module")
def by_hand(make_shell: Any) -> Any:
    """A lab in a folder with a space in its name, where approval and bootstrap are left to a person."""
    made = make_shell("by hand", BY_HAND)
    made.said = made.good("up")
    return made


def lines_of(text: str) -> list[str]:
    """The lines to type that `up` leaves to a person."""
    return re.findall(r"^  (\S.*(?:approve|apply -f) .*)$", text, re.MULTILINE)


def test_up_stops_where_a_person_must_act(by_hand: Any) -> None:
    """With approval and bootstrap by hand, `up` is well, says what is left, and its own lines finish the flow."""
    assert "The rest is yours" in by_hand.said.err
    status = by_hand.inside("status")
    assert status.code == 1
    assert by_hand.inside("why", "namespace/openairinterface").code == 1
    lines = lines_of(by_hand.said.err)
    assert [("approve" in line, "configsync.yaml" in line, "rootsync.yaml" in line) for line in lines] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]
    said = by_hand.sh("\n".join(lines))
    assert said.code == 0, said.err
    again = by_hand.good("up")
    assert "✓ proof" in again.err
    assert "The rest is yours" not in again.err
    assert by_hand.inside("why", "namespace/openairinterface").code == 0
    assert by_hand.inside("up", "-o", "json").json["left"] == []


def test_publish_upgrade_approve(by_hand: Any) -> None:
    """A new revision of a blueprint reaches the cluster by the three lines that each verb prints for the next."""
    folder = by_hand.folder / "cluster-baseline"
    shutil.copytree(PACKAGES / "cluster-baseline", folder)
    quotas = folder / "quotas.yaml"
    quotas.write_text(quotas.read_text().replace('pods: "20"', 'pods: "30"'))
    published = by_hand.good("publish", "cluster-baseline")
    assert published.out.startswith("nephio-blueprints/cluster-baseline v2 published")
    assert by_hand.good("publish", "cluster-baseline", "-o", "json").json["new"] is False
    assert "upgrade cluster-baseline v2" in published.err
    upgraded = by_hand.inside("upgrade", "cluster-baseline", "v2")
    assert upgraded.code == 0, upgraded.err
    assert "approve cluster-baseline" in upgraded.err
    by_hand.until(lambda: by_hand.inside("approve", "cluster-baseline").code == 0)
    by_hand.until(lambda: [s["state"] for s in trail(by_hand)["stages"]] == ["done"] * 9)
    assert "Rendered cluster-baseline v2 for my-ran" in by_hand.git("log", "--format=%s", "main")


def trail(shell: Any) -> Any:
    """The newest trail of cluster-baseline."""
    return shell.inside("trace", "cluster-baseline", "--on", "my-ran", "-o", "json").json["trails"][-1]


def test_a_cluster_comes_and_goes(by_hand: Any) -> None:
    """`cluster add` makes API, repository and context; --show only writes files; `remove` withdraws all of it."""
    by_hand.good("cluster", "add", "east", "--site", "site-east", "--no-flows", "--no-bootstrap")
    listed = by_hand.inside("cluster", "list", "-o", "json").json["clusters"]
    assert [c["name"] for c in listed] == ["mgmt", "my-ran", "east"]
    assert next(c for c in listed if c["name"] == "east")["agent"] == "none: nothing pulls"
    shown = by_hand.inside("cluster", "bootstrap", "east", "--show", "-o", "json").json
    assert shown["applied"] == []
    assert [Path(f).name for f in shown["files"]] == ["configsync.yaml", "rootsync.yaml"]
    assert "deployment/reconciler-manager created" in by_hand.inside("cluster", "bootstrap", "east").out
    by_hand.good("kubectl", "--context=east", "get", "namespaces")
    assert "cluster/east removed" in by_hand.good("cluster", "remove", "east").out
    assert by_hand.lab("kubectl", "--context=east", "get", "namespaces").code != 0
    assert "east" not in by_hand.inside("cluster", "list").out


def test_added_clusters_survive_a_restart(by_hand: Any) -> None:
    """A cluster that was added by command is there after the server was killed."""
    by_hand.good("cluster", "add", "west", "--no-flows", "--no-bootstrap")
    by_hand.kill_server()
    by_hand.good("up")
    assert "west" in by_hand.inside("cluster", "list").out
    by_hand.good("cluster", "remove", "west")


GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one, namespace: default}\ndata: {a: b}\n"


def test_apply(by_hand: Any) -> None:
    """A file, several, and standard input; the second time nothing changes."""
    by_hand.write("one.yaml", GOOD)
    assert by_hand.inside("apply", "one.yaml", "--on", "my-ran").out == "configmap/one created\n"
    said = by_hand.good("apply", "-", "--on", "my-ran", "-o", "json", stdin=GOOD).json
    assert [o["action"] for o in said["objects"]] == ["unchanged"]


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("a: [b\n", 2, ("LAB001", "bad.yaml:2")),
        ("- 1\n- 2\n", 2, ("LAB003", "bad.yaml")),
        ("\n\nkind: ConfigMap\nmetadata: {name: x}\n", 2, ("LAB003", "apiVersion", "bad.yaml:3")),
        ("", 2, ("LAB003",)),
        (GOOD.replace("data: {a: b}", "data: {a: [1]}"), 1, ("LAB034", "data")),
        (GOOD.replace("ConfigMap", "Gizmo"), 1, ("LAB034", "Gizmo")),
    ],
    ids=["yaml", "list", "field", "empty", "value", "kind"],
)
def test_bad_files_change_nothing(by_hand: Any, text: str, code: int, told: tuple[str, ...]) -> None:
    """A bad file among good ones is told with file and line, and what can be judged beforehand leaves nothing made."""
    by_hand.write("good.yaml", GOOD.replace("name: one", "name: never"))
    by_hand.write("bad.yaml", text)
    said = by_hand.inside("apply", "good.yaml", "bad.yaml", "--on", "my-ran")
    assert said.code == code, said.err
    assert [word for word in told if word not in said.err] == []
    if code == 2:
        got = by_hand.lab("kubectl", "--context=my-ran", "get", "configmap", "never", "-o", "name")
        assert got.out == ""


def test_a_missing_file(by_hand: Any) -> None:
    """A file that is not there is LAB005 with 2."""
    said = by_hand.inside("apply", "nowhere.yaml")
    assert (said.code, "LAB005" in said.err) == (2, True)


CONNECTION = (
    "kubeconfig: 'apiVersion: v1'",
    "server: https://10.0.0.1:6443",
    "token: eyJhbGciOiJSUzI1NiJ9.e30.abc",
    "certificateAuthority: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t",
)


def test_a_context_holds_no_connection(by_hand: Any) -> None:
    """A ClusterContext with a kubeconfig, URL, token or certificate is refused with LAB103, and nothing is stored."""
    group = by_hand.good("kubectl", "--context=mgmt", "get", "clustercontext", "-o", "jsonpath={.items[0].apiVersion}")
    head = f"apiVersion: {group.out.strip()}\nkind: ClusterContext\n"
    texts = [f"{head}metadata: {{name: bad-{i}, namespace: default}}\nspec:\n  clusterName: bad\n  {field}\n"
             for i, field in enumerate(CONNECTION)]  # fmt: skip
    by_hand.write("contexts.yaml", "---\n".join(texts))
    said = by_hand.lab("kubectl", "--context=mgmt", "apply", "-f", "contexts.yaml")
    assert said.code != 0
    assert said.err.count("LAB103") == len(CONNECTION), said.err
    names = by_hand.good("kubectl", "--context=mgmt", "get", "clustercontext", "-o", "name").out
    assert "bad-" not in names
