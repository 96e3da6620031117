"""B. Create and read."""

from __future__ import annotations

from cases.catalog import case
from cases.objects import config_map, container, deployment, with_metadata
from cases.session import PARTIAL, TABLE, YAML, Session


@case("B", "create-sets-metadata")
async def create_sets_metadata(api: Session) -> None:
    """201 with uid, time and version; a generation only where the kind has one."""
    await api("POST", api.path("configmaps"), config_map(x="1"))
    await api("GET", api.path("configmaps/a"))
    await api("POST", api.path("deployments", "apps/v1"), deployment(container()))
    await api("POST", api.path("secrets"), {"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}})
    await api("GET", api.path("configmaps/a"), accept=PARTIAL)
    await api("GET", api.path("configmaps"), accept=TABLE)
    await api("GET", api.path("configmaps/a"), accept=TABLE)


@case("B", "create-duplicate")
async def create_duplicate(api: Session) -> None:
    """409 AlreadyExists with name and kind."""
    await api("POST", api.path("configmaps"), config_map())
    await api("POST", api.path("configmaps"), config_map())
    body = {"metadata": {"name": api.namespace}}
    await api("POST", "/api/v1/namespaces", body)


@case("B", "create-in-missing-namespace")
async def create_in_missing_namespace(api: Session) -> None:
    """404 naming the namespace; reading there is no error."""
    path = "/api/v1/namespaces/nowhere/configmaps"
    await api("POST", path, config_map())
    await api("GET", path)
    await api("GET", f"{path}/a")
    await api("DELETE", f"{path}/a")


@case("B", "namespace-mismatch")
async def namespace_mismatch(api: Session) -> None:
    """400 where the body's namespace is another."""
    await api("POST", api.path("configmaps"), with_metadata(config_map(), namespace="other"))
    await api("POST", "/api/v1/configmaps", with_metadata(config_map(), namespace=api.namespace))
    await api("POST", "/api/v1/namespaces", {"metadata": {"name": "a", "namespace": "other"}})


@case("B", "invalid-name")
async def invalid_name(api: Session) -> None:
    """422 on metadata.name; a missing name is Required, a wrong one Invalid."""
    await api("POST", api.path("configmaps"), config_map("A_"))
    await api("POST", api.path("configmaps"), {"metadata": {}})
    await api("POST", api.path("services"), {"metadata": {"name": "1x"}, "spec": {"ports": [{"port": 80}]}})
    await api("POST", "/api/v1/namespaces", {"metadata": {"name": "a.b"}})
    await api("POST", api.path("configmaps"), config_map("a" * 254))
    await api("POST", api.path("deployments", "apps/v1"), deployment(container(), name="-"))
    rules = {"metadata": {"name": "a/b"}, "rules": []}
    await api("POST", api.path("roles", "rbac.authorization.k8s.io/v1"), rules)


@case("B", "invalid-label-value")
async def invalid_label_value(api: Session) -> None:
    """422 on metadata.labels and on metadata.annotations."""
    for labels in ({"x": "-"}, {"a b": "c"}, {"x": "y" * 64}, {"/x": "y"}):
        await api("POST", api.path("configmaps"), with_metadata(config_map(), labels=labels))
    await api("POST", api.path("configmaps"), with_metadata(config_map(), annotations={"a b": "c"}))
    await api("POST", api.path("configmaps"), with_metadata(config_map(), finalizers=["x"]))


@case("B", "create-with-resourceVersion")
async def create_with_resource_version(api: Session) -> None:
    """500 with one fixed sentence and no reason."""
    await api("POST", api.path("configmaps"), with_metadata(config_map(), resourceVersion="5"))


@case("B", "generateName")
async def generate_name(api: Session) -> None:
    """The prefix is kept, a suffix of five is added, and f:generateName is owned."""
    body = {"metadata": {"generateName": "made-"}, "data": {"x": "1"}}
    names = [(await api("POST", api.path("configmaps"), body, generated=True))["metadata"]["name"] for _ in range(2)]
    api.note("the names differ", names[0] != names[1])
    api.note("lengths", [len(name) for name in names])


@case("B", "field-validation")
async def field_validation(api: Session) -> None:
    """Strict is a 400 that names the field, Warn a header, Ignore silence; duplicate keys count."""
    path = api.path("configmaps")
    odd = {**config_map(), "colour": "x", "data": {"x": "1"}}
    await api("POST", path, odd, fieldValidation="Strict")
    await api("POST", path, odd, fieldValidation="Warn", dryRun="All")
    await api("POST", path, odd, fieldValidation="Ignore", dryRun="All")
    await api("POST", path, odd, dryRun="All")
    twice = b'{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"t"},"data":{"a":"1","a":"2"}}'
    await api("POST", path, twice, fieldValidation="Strict")
    await api("POST", path, twice, fieldValidation="Warn", dryRun="All")
    await api("POST", path, odd, fieldValidation="Sometimes")
    deep = deployment({**container(), "imagePolicy": "x", "ports": [{"containerPort": 1, "port": 2}]}, replica=1)
    await api("POST", api.path("deployments", "apps/v1"), deep, fieldValidation="Strict")
    wrong = deployment(container(), replicas="three")
    await api("POST", api.path("deployments", "apps/v1"), wrong)
    yaml = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  a: b\n  a: c\nmore: 1\n"
    await api("POST", path, yaml, type=YAML, fieldValidation="Strict")


@case("B", "wrong-kind-body")
async def wrong_kind_body(api: Session) -> None:
    """400 for another kind, for malformed JSON and for an empty body."""
    path = api.path("configmaps")
    await api("POST", path, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}})
    await api("POST", path, {"apiVersion": "v2", "kind": "ConfigMap", "metadata": {"name": "a"}})
    await api("POST", path, b"{nonsense")
    await api("POST", path, b"{}")
    await api("POST", path, b"[]")
    await api("POST", path, b"")
    await api("POST", path, config_map(), type="text/plain")
    await api("POST", path, {**config_map(), "data": {"x": 1}})
    await api("POST", path, {**config_map(), "data": ["x"]})


@case("B", "not-acceptable")
async def not_acceptable(api: Session) -> None:
    """A form that the server does not speak is 406."""
    await api("GET", api.path("configmaps"), accept="text/plain")
    await api("GET", api.path("configmaps"), accept="application/json;as=Unknown;g=meta.k8s.io;v=v1")
    await api("GET", "/apis", accept="text/plain")
