"""A LimitRange fills what pods leave open and refuses what is outside it."""

from typing import Any

import pytest

from lab.apiserver.core.admission import RequestAttributes
from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.identity import ADMIN
from lab.apiserver.core.limit_ranger import NOTE, LimitRanger
from lab.apiserver.core.store import Table, entry_of


class OneTable:
    """A cluster that holds limit ranges only."""

    def __init__(self, *limits: dict[str, Any]) -> None:
        metadata = {"name": "range", "namespace": "n"}
        obj = {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": {"limits": list(limits)}}
        self._table = Table({("n", "range"): entry_of(obj, 1)})

    def table(self, _group_resource: str) -> Table:
        """The limit ranges."""
        return self._table


def admitted(obj: dict[str, Any], resource: str, *limits: dict[str, Any]) -> dict[str, Any]:
    """The object after admission."""
    attributes = RequestAttributes("CREATE", ADMIN.user, "", "v1", resource, "", "", "n", "p", False)
    found, _ = LimitRanger(OneTable(*limits))(attributes, obj, None)  # type: ignore[arg-type]
    assert found is not None
    return found


def pod(**resources: dict[str, str]) -> dict[str, Any]:
    """A pod with one container."""
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "resources": resources}]}}


def test_defaults_are_filled_and_noted() -> None:
    """What a container states stays; the rest comes from the range, and the pod says so."""
    item = {"type": "Container", "default": {"cpu": "1"}, "defaultRequest": {"cpu": "500m", "memory": "1Gi"}}
    found = admitted(pod(requests={"memory": "2Gi"}), "pods", item)
    resources = found["spec"]["containers"][0]["resources"]
    assert resources == {"requests": {"memory": "2Gi", "cpu": "500m"}, "limits": {"cpu": "1"}}
    told = found["metadata"]["annotations"][NOTE]
    assert told == "LimitRanger plugin set: cpu request for container c; cpu limit for container c"


@pytest.mark.parametrize(
    ("obj", "item", "why"),
    [
        (
            pod(limits={"cpu": "2"}),
            {"type": "Container", "max": {"cpu": "1"}},
            "maximum cpu usage per Container is 1, but limit is 2",
        ),
        (
            pod(),
            {"type": "Container", "max": {"cpu": "1"}},
            "maximum cpu usage per Container is 1.  No limit is specified",
        ),
        (
            pod(requests={"cpu": "50m"}),
            {"type": "Pod", "min": {"cpu": "100m"}},
            "minimum cpu usage per Pod is 100m, but request is 50m",
        ),
        (
            pod(requests={"cpu": "1"}, limits={"cpu": "3"}),
            {"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}},
            "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000",
        ),
    ],
)
def test_pods_outside_the_range(obj: dict[str, Any], item: dict[str, Any], why: str) -> None:
    """A pod outside a range is Forbidden, with the bound and what was asked."""
    with pytest.raises(ApiError) as refused:
        admitted(obj, "pods", item)
    assert (refused.value.code, refused.value.message) == (403, f'pods "p" is forbidden: {why}')


def test_claims_outside_the_range() -> None:
    """A claim may not ask for more storage than the range has."""
    claim = {"metadata": {"name": "p"}, "spec": {"resources": {"requests": {"storage": "5Gi"}}}}
    item = {"type": "PersistentVolumeClaim", "max": {"storage": "2Gi"}}
    with pytest.raises(ApiError, match="maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 5Gi"):
        admitted(claim, "persistentvolumeclaims", item)
