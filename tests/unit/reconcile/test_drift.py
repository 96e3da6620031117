"""Which fields differ, with managedFields as the API server writes them."""

from __future__ import annotations

import copy
from typing import Any

from lab.apiserver.core.apply.server_side import server_side_apply
from lab.apiserver.core.schema import builtin_node
from lab.reconcile.drift import changed_by, differences, dotted, matters

NOW = "2030-01-01T00:00:00Z"
LATER = "2030-01-01T00:01:00Z"
WANTED: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "upf", "namespace": "ran", "labels": {"app": "upf"}},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "upf"}},
        "template": {
            "metadata": {"labels": {"app": "upf"}},
            "spec": {
                "containers": [
                    {
                        "name": "upf",
                        "image": "upf:1",
                        "args": ["--fast"],
                        "ports": [{"containerPort": 80, "protocol": "TCP"}],
                        "env": [{"name": "A", "value": "1"}],
                    }
                ],
                "volumes": [{"name": "tmp", "emptyDir": {}}],
            },
        },
    },
}


def applied(obj: dict[str, Any], live: dict[str, Any] | None = None, manager: str = "configsync.gke.io") -> Any:
    """The live object after a forced server-side apply."""
    return server_side_apply(
        live=copy.deepcopy(live),
        applied=copy.deepcopy(obj),
        manager=manager,
        force=True,
        node=builtin_node("apps", "v1", "Deployment"),
        api_version="apps/v1",
        subresource="",
        now=NOW if live is None else LATER,
    )


def paths(wanted: dict[str, Any], live: dict[str, Any]) -> list[str]:
    """The differences, dotted."""
    return [dotted(path) for path in differences(wanted, live)]


def container(obj: dict[str, Any]) -> dict[str, Any]:
    """The first container."""
    found: dict[str, Any] = obj["spec"]["template"]["spec"]["containers"][0]
    return found


def test_applied_object_does_not_differ() -> None:
    """Right after it was applied nothing differs, defaults and additions of others included."""
    live = applied(WANTED)
    live["spec"]["revisionHistoryLimit"] = 10
    container(live)["imagePullPolicy"] = "IfNotPresent"
    live["spec"]["template"]["spec"]["containers"].append({"name": "sidecar", "image": "s:1"})
    container(live)["env"].insert(0, {"name": "OTHER", "value": "x"})
    live["metadata"]["labels"]["team"] = "ran"
    assert paths(WANTED, live) == []


def test_changed_values_are_found_by_their_keys() -> None:
    """A path names the item of a list by its key, wherever it stands."""
    live = applied(WANTED)
    live["spec"]["replicas"] = 5
    live["spec"]["template"]["spec"]["containers"].insert(0, {"name": "first", "image": "x"})
    live["spec"]["template"]["spec"]["containers"][1]["image"] = "upf:2"
    live["spec"]["template"]["spec"]["containers"][1]["env"][0]["value"] = "2"
    where = "spec.template.spec.containers[name=upf]"
    assert ["spec.replicas", f"{where}.image", f"{where}.env[name=A].value"] == paths(WANTED, live)


def test_list_that_is_one_value() -> None:
    """A list without keys is compared as a whole."""
    live = applied(WANTED)
    container(live)["args"] = ["--fast", "--loud"]
    assert paths(WANTED, live) == ["spec.template.spec.containers[name=upf].args"]


def test_missing_item_and_missing_map() -> None:
    """What is gone is named by the place where it was."""
    live = applied(WANTED)
    container(live)["ports"] = []
    del live["spec"]["selector"]
    found = paths(WANTED, live)
    assert found == ["spec.selector", "spec.template.spec.containers[name=upf].ports[containerPort=80,protocol=TCP]"]


def test_field_that_left_the_declaration() -> None:
    """A field that we applied and no longer declare has to go."""
    live = applied(WANTED)
    wanted = copy.deepcopy(WANTED)
    del wanted["spec"]["replicas"]
    container(wanted)["env"] = []
    where = "spec.template.spec.containers[name=upf].env[name=A]"
    assert ["spec.replicas", where] == paths(wanted, live)


def test_key_with_a_default_may_be_left_out() -> None:
    """A port without protocol is the TCP port that the API server made of it."""
    wanted = copy.deepcopy(WANTED)
    del container(wanted)["ports"][0]["protocol"]
    live = applied(wanted)
    container(live)["ports"][0].setdefault("protocol", "TCP")
    assert paths(wanted, live) == []


def test_nothing_declared_is_no_difference() -> None:
    """Null and empty maps declare nothing."""
    wanted = copy.deepcopy(WANTED)
    wanted["spec"]["strategy"] = None
    wanted["metadata"]["annotations"] = {}
    assert paths(wanted, applied(WANTED)) == []


def test_booleans_are_not_numbers() -> None:
    """True is not 1, though Python thinks so."""
    wanted = {"apiVersion": "v1", "kind": "X", "metadata": {"name": "x"}, "spec": {"on": True}}
    assert paths(wanted, {**wanted, "spec": {"on": 1}}) == ["spec.on"]


def test_editor_is_named() -> None:
    """The field manager who holds the changed field is named, the newest of several."""
    live = applied(WANTED)
    edited = copy.deepcopy(WANTED)
    del edited["spec"]["template"], edited["spec"]["selector"]
    edited["spec"]["replicas"] = 7
    live = applied(edited, live, "kubectl")
    found = differences(WANTED, live)
    assert [dotted(path) for path in found] == ["spec.replicas"]
    assert changed_by(found, live) == "kubectl"
    assert changed_by([("metadata", "labels", "app")], applied(WANTED)) == ""


def test_keys_with_dots_are_one_step() -> None:
    """The key of an annotation stays whole, so that its editor is found."""
    wanted = {**WANTED, "metadata": {**WANTED["metadata"], "annotations": {"a.b/c.d": "1"}}}
    live = applied({**wanted, "metadata": {**wanted["metadata"], "annotations": {"a.b/c.d": "2"}}}, None, "mallory")
    found = differences({**wanted, "spec": {}}, live)
    assert found == [("metadata", "annotations", "a.b/c.d")]
    assert changed_by(found, live) == "mallory"


def test_the_commit_alone_is_no_change() -> None:
    """Annotations that move with every commit do not matter to people."""
    assert not matters(("metadata", "annotations", "configmanagement.gke.io/token"))
    assert matters(("metadata", "annotations", "mine"))
    assert matters(("metadata", "annotations"))
