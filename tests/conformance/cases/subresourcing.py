"""G. Subresources."""

from __future__ import annotations

from cases.catalog import case
from cases.objects import container, deployment, serve_widgets, widget
from cases.session import MERGE, Session


@case("G", "status-isolation")
async def status_isolation(api: Session) -> None:
    """The main door ignores the status, the status door the spec."""
    path = api.path("deployments/d", "apps/v1")
    await api("POST", api.path("deployments", "apps/v1"), {**deployment(container()), "status": {"replicas": 9}})
    both = {"spec": {"replicas": 5}, "status": {"replicas": 7, "observedGeneration": 1}}
    await api("PATCH", path, both, type=MERGE)
    await api("PATCH", f"{path}/status", {"spec": {"replicas": 8}, "status": {"replicas": 6}}, type=MERGE)
    custom = await serve_widgets(api)
    made = await api("POST", custom, {**widget(api.group, color="red"), "status": {"phase": "Odd"}})
    await api("PUT", f"{custom}/w/status", {**made, "spec": {"color": "blue"}, "status": {"phase": "Fine"}})
    await api("PATCH", f"{custom}/w", {"spec": {"size": 9}, "status": {"phase": "Odd"}}, type=MERGE)
    await api("PATCH", f"{custom}/w/status", {"metadata": {"labels": {"a": "b"}}}, type=MERGE)
    await api("GET", f"{custom}/w/status")
    await api("GET", f"{path}/status")


@case("G", "generation")
async def generation(api: Session) -> None:
    """Rises with the spec, not with labels or status."""
    custom = await serve_widgets(api)
    await api("POST", custom, widget(api.group, color="red"))
    await api("POST", api.path("deployments", "apps/v1"), deployment(container()))
    for path, spec in ((f"{custom}/w", {"size": 4}), (api.path("deployments/d", "apps/v1"), {"replicas": 2})):
        await api("PATCH", path, {"metadata": {"labels": {"a": "b"}}}, type=MERGE)
        await api("PATCH", path, {"spec": spec}, type=MERGE)
        await api("PATCH", f"{path}/status", {"status": {"replicas": 1}}, type=MERGE)
        await api("PATCH", path, {"metadata": {"generation": 77}}, type=MERGE)


@case("G", "scale")
async def scale(api: Session) -> None:
    """A Scale with its selector; a write changes replicas only, and the entry has the subresource scale."""
    await api("POST", api.path("deployments", "apps/v1"), deployment(container(), replicas=2))
    path = api.path("deployments/d", "apps/v1")
    found = await api("GET", f"{path}/scale")
    found["spec"]["replicas"] = 5
    await api("PUT", f"{path}/scale", found)
    await api("GET", path)
    await api("PATCH", f"{path}/scale", {"spec": {"replicas": 0}}, type=MERGE, fieldManager="kubectl-scale")
    await api("PATCH", f"{path}/scale", {"spec": {"replicas": -1}}, type=MERGE)
    await api("GET", path)
    scaled = {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.replicas"}
    whole = {"status": {}, "scale": {**scaled, "labelSelectorPath": ".status.selector"}}
    custom = await serve_widgets(api, subresources=whole)
    await api("POST", custom, widget(api.group, color="red"))
    await api("GET", f"{custom}/w/scale")
    await api("PATCH", f"{custom}/w/status", {"status": {"replicas": 2, "selector": "a=b"}}, type=MERGE)
    await api("PATCH", f"{custom}/w/scale", {"spec": {"replicas": 6}}, type=MERGE)
    await api("GET", f"{custom}/w")
    await api("GET", api.path("configmaps/none/scale"))
    await api("GET", f"{path}/none")


@case("G", "token-and-eviction")
async def token_and_eviction(api: Session) -> None:
    """TokenRequest gives a token that the server knows; an eviction deletes the pod."""
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}

    def kept(reply: object) -> object:
        body = reply.body  # type: ignore[attr-defined]
        return {**body, "spec": {**body["spec"], "audiences": "<audiences>"}} if "spec" in body else body

    made = await api("POST", api.path("serviceaccounts/default/token"), request, keep=kept)
    await api("GET", api.path("configmaps"), token=made["status"]["token"])
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": "nonsense"}}
    await api("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container()]}}
    await api("POST", api.path("pods"), pod, keep=lambda reply: reply.code)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
    await api("POST", api.path("pods/p/eviction"), eviction)
    await api.gone(api.path("pods/p"))
    await api("POST", api.path("pods/p/eviction"), eviction)
