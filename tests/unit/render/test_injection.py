"""Config injection."""

from __future__ import annotations

from typing import Any

import pytest

from lab.render.injection import inject, injection_points
from lab.render.kptfile import Kptfile
from lab.render.resources import PackageFault

POINT = """\
apiVersion: infra.nephio.org/v1alpha1
kind: WorkloadCluster
metadata:
  name: workload-cluster # fixed
  annotations:
    kpt.dev/config-injection: required
spec: {clusterName: example, cnis: []}
"""
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  annotations:
    kpt.dev/config-injection: optional
data:
  a: b
"""
PACKAGE = {
    "Kptfile": "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: x\n",
    "cluster.yaml": POINT,
    "settings.yaml": SETTINGS,
}


def _cluster(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "infra.nephio.org/v1alpha1",
        "kind": "WorkloadCluster",
        "metadata": {"name": name},
        "spec": {"clusterName": name, "cnis": ["macvlan"]},
    }


def test_a_matching_object_takes_the_points_place() -> None:
    """The spec is copied whole, the object named, and conditions and gates are kept in the Kptfile."""
    injectors = [{"kind": "WorkloadCluster", "name": "gone"}, {"name": "edge-7"}]
    package, injections = inject(PACKAGE, injectors, [_cluster("edge-6"), _cluster("edge-7")])
    assert [injection.source for injection in injections] == ["edge-7", None]
    text = package["cluster.yaml"]
    assert "name: workload-cluster # fixed\n" in text
    assert "kpt.dev/injected-resource: edge-7\n" in text
    assert "clusterName: edge-7" in text
    kptfile = Kptfile.parse(package["Kptfile"])
    assert kptfile.readiness_gates == ("config.injection.WorkloadCluster.workload-cluster",)
    assert kptfile.conditions == (
        {
            "type": "config.injection.ConfigMap.settings",
            "status": "False",
            "reason": "NoResourceSelected",
            "message": "no in-cluster resources of type v1.ConfigMap",
        },
        {
            "type": "config.injection.WorkloadCluster.workload-cluster",
            "status": "True",
            "reason": "ConfigInjected",
            "message": 'injected resource "edge-7" from cluster',
        },
    )
    again, _ = inject(package, injectors, [_cluster("edge-7")])
    assert again == package


@pytest.mark.parametrize(
    ("injectors", "message"),
    [
        ([], "no injectors defined"),
        ([{"kind": "Other", "name": "edge-7"}], "no resource matched any injection selector for this injection point"),
        ([{"name": "nobody"}], "no resource matched any injection selector for this injection point"),
    ],
)
def test_an_unfilled_point_blocks_by_its_gate_only(injectors: list[dict[str, str]], message: str) -> None:
    """No injector or none that fits is a condition, not an error."""
    package, injections = inject({**PACKAGE, "settings.yaml": ""}, injectors, [_cluster("edge-7")])
    assert [injection.message for injection in injections] == [message]
    assert Kptfile.parse(package["Kptfile"]).unmet_gates == ("config.injection.WorkloadCluster.workload-cluster",)


def test_wrong_marks_are_refused() -> None:
    """A mark of unknown value and two points of one type are errors with their place."""
    with pytest.raises(PackageFault) as caught:
        injection_points({"a.yaml": POINT.replace("required", "perhaps")})
    assert (caught.value.fault.file, caught.value.fault.line) == ("a.yaml", 6)
    assert caught.value.fault.message == (
        "errors in injection points: a.yaml: WorkloadCluster/workload-cluster has invalid "
        '"kpt.dev/config-injection" annotation value of "perhaps"'
    )
    with pytest.raises(PackageFault, match=r"duplicate injection conditionType .* \(a.yaml and b.yaml\)"):
        injection_points({"a.yaml": POINT, "b.yaml": POINT})


def test_a_chosen_object_without_the_field_is_an_error() -> None:
    """An object without spec cannot be injected."""
    empty = {key: value for key, value in _cluster("edge-7").items() if key != "spec"}
    with pytest.raises(PackageFault, match='field "spec" not found in resource "edge-7"'):
        inject(PACKAGE, [{"name": "edge-7"}], [empty])
