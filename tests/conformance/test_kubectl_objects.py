"""kubectl makes, shows, changes and deletes plain objects."""

import json
import re

import pytest

CONFIG_MAP = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
  labels: {{app: conformance}}
data:
  color: {color}
"""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("cm", "made", "--from-literal=a=b"), "configmap/made created"),
        (("secret", "generic", "made", "--from-literal=a=b"), "secret/made created"),
        (("secret", "docker-registry", "pull", "--docker-server=r", "--docker-username=u", "--docker-password=p"),
         "secret/pull created"),
        (("sa", "made"), "serviceaccount/made created"),
        (("role", "made", "--verb=get", "--resource=pods"), "role.rbac.authorization.k8s.io/made created"),
        (("rolebinding", "made", "--role=made", "--serviceaccount=default:default"),
         "rolebinding.rbac.authorization.k8s.io/made created"),
        (("deployment", "made", "--image=registry.k8s.io/pause:3.10", "--replicas=0"), "deployment.apps/made created"),
        (("job", "made", "--image=busybox", "--", "true"), "job.batch/made created"),
        (("cronjob", "made", "--image=busybox", "--schedule=0 0 1 1 *"), "cronjob.batch/made created"),
        (("service", "clusterip", "made", "--tcp=80:8080"), "service/made created"),
        (("quota", "made", "--hard=pods=50"), "resourcequota/made created"),
        (("ingress", "made", "--rule=example.org/=made:80"), "ingress.networking.k8s.io/made created"),
        (("pdb", "made", "--selector=app=x", "--min-available=1"), "poddisruptionbudget.policy/made created"),
    ],
)  # fmt: skip
def test_create(kubectl, shared_namespace, arguments: tuple[str, ...], told: str) -> None:
    """The typed commands, which send protobuf, make what they say."""
    assert kubectl("create", *arguments, "-n", shared_namespace).strip() == told


def test_create_is_refused_twice(kubectl, namespace) -> None:
    """The second creation is AlreadyExists."""
    kubectl("create", "cm", "once", "-n", namespace)
    refused = kubectl("create", "cm", "once", "-n", namespace, fails=True)
    assert 'configmaps "once" already exists' in refused


def test_create_namespace_and_delete_it(kubectl) -> None:
    """A namespace is deleted with everything in it."""
    kubectl("create", "ns", "passing")
    kubectl("create", "cm", "inside", "-n", "passing")
    assert "passing" in kubectl("get", "ns", "passing", "-o", "name")
    kubectl("delete", "ns", "passing", "--timeout=20s")
    assert "NotFound" in kubectl("get", "ns", "passing", fails=True)


def test_missing_namespace(kubectl) -> None:
    """Nothing is created where there is no namespace."""
    refused = kubectl("create", "cm", "x", "-n", "nowhere", fails=True)
    assert 'namespaces "nowhere" not found' in refused


def test_strict_validation(kubectl, namespace) -> None:
    """An unknown field in a file is refused by name."""
    text = CONFIG_MAP.format(name="odd", color="red") + "colour: blue\n"
    assert 'strict decoding error: unknown field "colour"' in kubectl(
        "create", "-n", namespace, "-f", "-", input=text, fails=True
    )


def test_unvalidated_creation_warns(kubectl, namespace) -> None:
    """With --validate=warn the unknown field is a warning and is dropped."""
    text = CONFIG_MAP.format(name="odd", color="red") + "colour: blue\n"
    told = kubectl("create", "--validate=warn", "-n", namespace, "-f", "-", input=text, errors=True)
    assert 'Warning: unknown field "colour"' in told
    assert "colour" not in kubectl("get", "cm", "odd", "-n", namespace, "-o", "json")


def test_invalid_name(kubectl, namespace) -> None:
    """A bad name is Invalid with the rule."""
    refused = kubectl("create", "cm", "Not_A_Name", "-n", namespace, fails=True)
    assert "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters" in refused


def test_generate_name(kubectl, namespace) -> None:
    """A name can be left to the server."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: some-}\n"
    assert re.search(r"configmap/some-[a-z0-9]{5} created", kubectl("create", "-n", namespace, "-f", "-", input=text))


def test_dry_run(kubectl, namespace) -> None:
    """A server-side dry run answers as if and stores nothing."""
    told = kubectl("create", "cm", "dry", "-n", namespace, "--dry-run=server", "-o", "json")
    assert json.loads(told)["metadata"]["uid"]
    assert "NotFound" in kubectl("get", "cm", "dry", "-n", namespace, fails=True)


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        ((), r"NAME +DATA +AGE\n"),
        (("-o", "wide"), r"first +1 +\d+s"),
        (("-o", "name"), r"^configmap/first\nconfigmap/second\n$"),
        (("-o", "yaml"), r"kind: List"),
        (("-o", "json"), r'"color": "red"'),
        (("-o", "jsonpath={.items[*].data.color}"), r"^red blue$"),
        (("-o", "custom-columns=N:.metadata.name,C:.data.color"), r"second +blue"),
        (("--show-labels",), r"app=conformance,name=first"),
        (("-L", "name"), r"NAME +DATA +AGE +NAME\nfirst +1 +\d+s +first"),
        (("--no-headers",), r"^first +1"),
        (("-l", "name=second"), r"^NAME.*\nsecond +1 .*\n$"),
        (("-l", "name in (first, x)"), r"^NAME.*\nfirst +1 .*\n$"),
        (("-l", "name!=first,app"), r"^NAME.*\nsecond .*\n$"),
        (("--field-selector", "metadata.name=first"), r"^NAME.*\nfirst .*\n$"),
        (("--sort-by=.data.color",), r"second(.*\n)+first"),
        (("--chunk-size=1",), r"first(.*\n)second"),
    ],
)
def test_get(kubectl, two_config_maps, arguments: tuple[str, ...], pattern: str) -> None:
    """Lists are shown in every form, and chosen by labels and fields."""
    chosen = () if any(a in ("-l", "--field-selector") for a in arguments) else ("-l", "app=conformance")
    assert re.search(pattern, kubectl("get", "cm", "-n", two_config_maps, *chosen, *arguments))


def test_get_several_kinds_everywhere(kubectl, two_config_maps) -> None:
    """Kinds can be mixed, and namespaces are shown with -A."""
    told = kubectl("get", "cm,sa", "-A", "-l", "app=conformance")
    assert re.search(rf"{two_config_maps} +configmap/first|{two_config_maps} +first", told)


def test_get_unknown_field_selector(kubectl, namespace) -> None:
    """A field that cannot be selected is refused."""
    refused = kubectl("get", "cm", "-n", namespace, "--field-selector", "data.color=red", fails=True)
    assert "is not a known field selector" in refused


def test_watch(kubectl, two_config_maps) -> None:
    """-w shows what is there and goes on until its time is over."""
    told = kubectl(
        "get", "cm", "-n", two_config_maps, "-l", "app=conformance", "-w", "--request-timeout=300ms", may_fail=True
    )
    assert "first" in told
    assert "second" in told


def test_describe(kubectl, two_config_maps) -> None:
    """Objects are described."""
    assert re.search(r"color:\n----\nred", kubectl("describe", "cm", "first", "-n", two_config_maps))
    assert re.search(r"Status: +Active", kubectl("describe", "ns", two_config_maps))


def test_label_and_annotate(kubectl, namespace) -> None:
    """Labels and annotations are set, changed on demand, and removed."""
    kubectl("create", "cm", "noted", "-n", namespace)
    assert "labeled" in kubectl("label", "cm", "noted", "-n", namespace, "a=b")
    assert "already has a value" in kubectl("label", "cm", "noted", "-n", namespace, "a=c", fails=True)
    kubectl("label", "cm", "noted", "-n", namespace, "a=c", "--overwrite")
    assert "unlabeled" in kubectl("label", "cm", "noted", "-n", namespace, "a-")
    kubectl("annotate", "cm", "noted", "-n", namespace, "note=x")
    assert kubectl("get", "cm", "noted", "-n", namespace, "-o", "jsonpath={.metadata.annotations.note}") == "x"


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("merge", '{"data":{"color":"green"}}'),
        ("strategic", '{"data":{"color":"green"}}'),
        ("json", '[{"op":"replace","path":"/data/color","value":"green"}]'),
    ],
)
def test_patch(kubectl, namespace, kind: str, patch: str) -> None:
    """All three kinds of patches change an object."""
    kubectl("create", "cm", "patched", "--from-literal=color=red", "-n", namespace)
    kubectl("patch", "cm", "patched", "-n", namespace, f"--type={kind}", "-p", patch)
    assert kubectl("get", "cm", "patched", "-n", namespace, "-o", "jsonpath={.data.color}") == "green"
    assert "(no change)" in kubectl("patch", "cm", "patched", "-n", namespace, f"--type={kind}", "-p", patch)


def test_edit(kubectl, namespace) -> None:
    """An editor's changes are taken."""
    kubectl("create", "cm", "edited", "--from-literal=color=red", "-n", namespace)
    assert "edited" in kubectl("edit", "cm", "edited", "-n", namespace, editor="sed -i s/red/green/")
    assert kubectl("get", "cm", "edited", "-n", namespace, "-o", "jsonpath={.data.color}") == "green"


def test_replace(kubectl, namespace) -> None:
    """An object is replaced, and a stale version is refused."""
    kubectl("create", "cm", "replaced", "--from-literal=color=red", "-n", namespace)
    text = kubectl("get", "cm", "replaced", "-n", namespace, "-o", "json")
    assert "replaced" in kubectl("replace", "-f", "-", "-n", namespace, input=text.replace('"red"', '"green"'))
    assert "the object has been modified" in kubectl(
        "replace", "-f", "-", "-n", namespace, input=text.replace('"red"', '"blue"'), fails=True
    )


def test_apply(kubectl, namespace) -> None:
    """Apply creates, leaves alone, changes, and removes what the file lost."""
    one = CONFIG_MAP.format(name="applied", color="red")

    def apply(text: str) -> str:
        return kubectl("apply", "-n", namespace, "-f", "-", input=text).strip()

    assert apply(one) == "configmap/applied created"
    assert apply(one) == "configmap/applied unchanged"
    assert apply(one.replace("red", "green") + "  size: big\n") == "configmap/applied configured"
    apply(one)
    assert json.loads(kubectl("get", "cm", "applied", "-n", namespace, "-o", "json"))["data"] == {"color": "red"}


def test_server_side_apply(kubectl, namespace) -> None:
    """Managers own fields: the second is refused until it forces."""
    one = CONFIG_MAP.format(name="owned", color="red")

    def apply(text: str, *more: str, fails: bool = False) -> str:
        return kubectl("apply", "--server-side", "-n", namespace, "-f", "-", *more, input=text, fails=fails)

    assert "serverside-applied" in apply(one, "--field-manager=alice")
    refused = apply(one.replace("red", "blue"), "--field-manager=bob", fails=True)
    assert 'Apply failed with 1 conflict: conflict with "alice": .data.color' in refused
    apply(one.replace("red", "blue"), "--field-manager=bob", "--force-conflicts")
    assert kubectl("get", "cm", "owned", "-n", namespace, "-o", "jsonpath={.data.color}") == "blue"


def test_client_side_apply_turns_server_side(kubectl, namespace) -> None:
    """An object that was applied the old way can be applied the new way, and later removals take effect."""
    one = CONFIG_MAP.format(name="moved", color="red") + "  size: big\n"
    kubectl("apply", "-n", namespace, "-f", "-", input=one)
    kubectl("apply", "--server-side", "-n", namespace, "-f", "-", input=one)
    kubectl("apply", "--server-side", "-n", namespace, "-f", "-", input=CONFIG_MAP.format(name="moved", color="red"))
    assert json.loads(kubectl("get", "cm", "moved", "-n", namespace, "-o", "json"))["data"] == {"color": "red"}


def test_diff(kubectl, namespace) -> None:
    """A diff shows what an apply would change, and exits with 1."""
    one = CONFIG_MAP.format(name="different", color="red")
    kubectl("apply", "-n", namespace, "-f", "-", input=one)
    assert kubectl("diff", "-n", namespace, "-f", "-", input=one) == ""
    told = kubectl("diff", "-n", namespace, "-f", "-", input=one.replace("red", "green"), fails=True)
    assert re.search(r"-  color: red\n\+  color: green", told)


def test_delete(kubectl, namespace) -> None:
    """Objects are deleted by name, by label, and not twice."""
    kubectl("create", "cm", "one", "-n", namespace)
    kubectl("create", "cm", "two", "-n", namespace)
    kubectl("label", "cm", "two", "a=b", "-n", namespace)
    assert "deleted" in kubectl("delete", "cm", "one", "-n", namespace)
    assert "deleted" in kubectl("delete", "cm", "-l", "a=b", "-n", namespace)
    assert "NotFound" in kubectl("delete", "cm", "one", "-n", namespace, fails=True)
    assert kubectl("delete", "cm", "one", "-n", namespace, "--ignore-not-found") == ""


def test_wait(kubectl, namespace) -> None:
    """Waits end when a field has its value or the object is gone."""
    kubectl("create", "cm", "awaited", "--from-literal=color=red", "-n", namespace)
    assert "condition met" in kubectl("wait", "cm/awaited", "-n", namespace, "--for=jsonpath={.data.color}=red")
    refused = kubectl(
        "wait", "cm/awaited", "-n", namespace, "--for=jsonpath={.data.color}=blue", "--timeout=200ms", fails=True
    )
    assert "timed out waiting for the condition" in refused
    kubectl("delete", "cm", "awaited", "-n", namespace, "--wait=false")
    kubectl("wait", "cm/awaited", "-n", namespace, "--for=delete", "--timeout=5s")


def test_secret_is_encoded(kubectl, namespace) -> None:
    """stringData becomes data."""
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: plain}\nstringData: {a: b}\n"
    kubectl("create", "-n", namespace, "-f", "-", input=text)
    told = json.loads(kubectl("get", "secret", "plain", "-n", namespace, "-o", "json"))
    assert (told["data"], told["type"], "stringData" in told) == ({"a": "Yg=="}, "Opaque", False)


def test_events(kubectl, namespace) -> None:
    """An empty list of events is said to be empty."""
    assert f"No events found in {namespace} namespace." in kubectl("events", "-n", namespace, errors=True)
