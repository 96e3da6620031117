"""C. Update and concurrency."""

from __future__ import annotations

from cases.catalog import case
from cases.objects import config_map, container, deployment, with_metadata
from cases.session import MERGE, Session


@case("C", "put-stale-rv")
async def put_stale_rv(api: Session) -> None:
    """409 Conflict, and the object is unchanged."""
    made = await api("POST", api.path("configmaps"), config_map(x="1"))
    await api("PUT", api.path("configmaps/a"), {**made, "data": {"x": "2"}})
    await api("PUT", api.path("configmaps/a"), {**made, "data": {"x": "3"}})
    await api("GET", api.path("configmaps/a"))
    stale = {"metadata": {"resourceVersion": made["metadata"]["resourceVersion"]}, "data": {"x": "4"}}
    await api("PATCH", api.path("configmaps/a"), stale, type=MERGE)
    await api("PUT", api.path("configmaps/a"), with_metadata(config_map(), resourceVersion="nonsense"))


@case("C", "put-without-rv")
async def put_without_rv(api: Session) -> None:
    """Unconditional for a ConfigMap and a Deployment, refused for a CustomResourceDefinition or a Lease."""
    await api("POST", api.path("configmaps"), config_map(x="1"))
    await api("PUT", api.path("configmaps/a"), config_map(y="2"))
    await api("POST", api.path("deployments", "apps/v1"), deployment(container()))
    await api("PUT", api.path("deployments/d", "apps/v1"), deployment(container(), replicas=2))
    lease = {"metadata": {"name": "l"}, "spec": {"holderIdentity": "me"}}
    await api("POST", api.path("leases", "coordination.k8s.io/v1"), lease)
    await api("PUT", api.path("leases/l", "coordination.k8s.io/v1"), lease)
    await api("PUT", f"/api/v1/namespaces/{api.namespace}", {"metadata": {"name": api.namespace}})


@case("C", "put-name-mismatch")
async def put_name_mismatch(api: Session) -> None:
    """400 where the body's name is another, or its namespace."""
    await api("POST", api.path("configmaps"), config_map())
    await api("PUT", api.path("configmaps/a"), config_map("b"))
    await api("PUT", api.path("configmaps/a"), with_metadata(config_map(), namespace="other"))
    await api("PUT", api.path("configmaps/a"), {"metadata": {}})


@case("C", "put-wrong-uid")
async def put_wrong_uid(api: Session) -> None:
    """409 where the uid is another's."""
    await api("POST", api.path("configmaps"), config_map())
    other = "00000000-0000-4000-8000-000000000000"
    await api("PUT", api.path("configmaps/a"), with_metadata(config_map(x="1"), uid=other))
    await api("PATCH", api.path("configmaps/a"), {"metadata": {"uid": other}}, type=MERGE)


@case("C", "put-absent")
async def put_absent(api: Session) -> None:
    """404: a PUT of what is not there creates nothing, but for a few kinds such as Services."""
    await api("PUT", api.path("configmaps/a"), config_map())
    await api("PUT", api.path("configmaps/a"), with_metadata(config_map(), resourceVersion="5"))
    await api("PATCH", api.path("configmaps/a"), {}, type=MERGE)
    service = {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}
    await api("PUT", api.path("services/s"), service, keep=lambda reply: reply.code)


@case("C", "no-op-write")
async def no_op_write(api: Session) -> None:
    """What changes nothing leaves version, managed fields and watches alone."""
    made = await api("POST", api.path("configmaps"), config_map(x="1"))
    await api("PUT", api.path("configmaps/a"), made)
    await api("PATCH", api.path("configmaps/a"), {"data": {"x": "1"}}, type=MERGE)
    await api("PUT", api.path("configmaps/a"), config_map(x="1"), fieldManager="other")
    changed = await api("PATCH", api.path("configmaps/a"), {"data": {"y": "1"}}, type=MERGE)
    version = made["metadata"]["resourceVersion"]
    await api.watch(api.path("configmaps"), 1, resourceVersion=version)
    api.note("the version changed", changed["metadata"]["resourceVersion"] != version)
