"""The packages under packages/: kpt packages whose objects a cluster takes, and that collide with nothing."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from lab.kit.yaml_nodes import compose, data_of
from lab.manifests import load

FOLDER = Path(__file__).parents[2] / "packages"
BLUEPRINTS = ["cluster-baseline", "networking", "platform-addons"]
KIND_NAMESPACES = {"default", "kube-node-lease", "kube-public", "kube-system", "local-path-storage"}
KIND_CLUSTER_NAMES = {"local-path-provisioner-role", "local-path-provisioner-bind", "kindnet", "standard"}
FROM_CONTEXT = {"cluster-name", "site-code", "cnis"}
SETTER_LINE = re.compile(r"^\s*(?:- )?[\w./-]+: (?P<value>.+?) # kpt-set: (?P<pattern>.+)$")
TAG = re.compile(r"\$\{([^}]+)\}")


def _files(package):
    return sorted((FOLDER / package).glob("*.yaml"))


def _objects(package):
    """Every object of the package with its file, configuration of kpt left out."""
    found = [(path.name, obj) for path in _files(package) for obj in load.parse(path.read_text())]
    return [(name, obj) for name, obj in found if not _local(obj)]


def _local(obj):
    return obj["metadata"].get("annotations", {}).get("config.kubernetes.io/local-config") == "true"


def _kptfile(package):
    return load.parse((FOLDER / package / "Kptfile").read_text())[0]


def _setter_lines(package):
    """Value and pattern of every line with a setter comment."""
    lines = [line for path in _files(package) for line in path.read_text().splitlines() if "# kpt-set:" in line]
    matches = [SETTER_LINE.match(line) for line in lines]
    assert None not in matches
    return [(data_of(compose(match["value"])), match["pattern"]) for match in matches if match]


def _documented(package):
    """Rows of the README's table of values: setter to (who gives it, what stands in the file)."""
    rows = re.findall(r"^\| `([\w-]+)` \| ([^|]+) \| `([^`]*)` \|$", (FOLDER / package / "README.md").read_text(), re.M)
    return {name: (giver, value) for name, giver, value in rows}


def _images(value):
    """Every value of a key `image`, also inside manifests that stand as text in a ConfigMap."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "image" and isinstance(item, str):
                yield item
            elif isinstance(item, str) and key.endswith(".yaml"):
                yield from _images(load.parse(item))
            else:
                yield from _images(item)
    elif isinstance(value, list):
        for item in value:
            yield from _images(item)


@pytest.fixture(scope="module")
def package_judge(make_judge):
    """A judge that also knows the kinds that the blueprints bring."""
    objects = [obj for package in BLUEPRINTS for _, obj in _objects(package)]
    return make_judge([obj for obj in objects if obj["kind"] == "CustomResourceDefinition"])


def test_the_three_blueprints_are_there():
    """Baseline, storage and networking, and nothing that no test looks at."""
    assert sorted(path.parent.name for path in FOLDER.glob("*/Kptfile")) == BLUEPRINTS


@pytest.mark.parametrize("package", BLUEPRINTS)
def test_blueprint_is_a_kpt_package(package):
    """The Kptfile has the package's name, a pipeline of pinned functions, and no trace of an upstream."""
    kptfile = _kptfile(package)

    assert (kptfile["apiVersion"], kptfile["kind"]) == ("kpt.dev/v1", "Kptfile")
    assert kptfile["metadata"]["name"] == package
    assert _local(kptfile)
    assert not kptfile.keys() & {"upstream", "upstreamLock", "status", "inventory"}
    assert [re.fullmatch(r"[a-z-]+:v\d+\.\d+\.\d+", step["image"]) for step in kptfile["pipeline"]["mutators"]]


@pytest.mark.parametrize("package", BLUEPRINTS)
def test_package_context_holds_the_placeholder(package):
    """A blueprint calls itself `example`, which every tool takes as not set."""
    context = load.parse((FOLDER / package / "package-context.yaml").read_text())[0]

    assert _local(context)
    assert context["metadata"]["name"] == "kptfile.kpt.dev"
    assert context["data"] == {"name": "example"}


@pytest.mark.parametrize("package", BLUEPRINTS)
def test_objects_pass_a_strict_server(package, package_judge):
    """Every object is of a known kind, complete, and has no field that Kubernetes would not know."""
    assert [fault for _, obj in _objects(package) for fault in package_judge.faults(obj)] == []


@pytest.mark.parametrize("package", BLUEPRINTS)
def test_namespaces_are_written_out(package, package_judge):
    """Objects in namespaces name theirs and cluster-wide ones name none, so that nothing lands in default."""
    for name, obj in _objects(package):
        assert package_judge.namespaced(obj) == ("namespace" in obj["metadata"]), (name, obj["metadata"]["name"])


@pytest.mark.parametrize("package", BLUEPRINTS)
def test_nothing_is_declared_that_the_cluster_writes(package):
    """No object carries a status or a name that the server would make up; Config Sync refuses both."""
    for name, obj in _objects(package):
        assert "status" not in obj, name
        assert "generateName" not in obj["metadata"], name
        assert not [key for key in obj["metadata"].get("annotations", {}) if "configsync.gke.io" in key], name


def test_no_object_is_declared_twice():
    """All three packages stand in one repository, where a second declaration of one object is an error."""
    keys = Counter(
        (obj["apiVersion"].partition("/")[0], obj["kind"], obj["metadata"].get("namespace"), obj["metadata"]["name"])
        for package in BLUEPRINTS
        for _, obj in _objects(package)
    )

    assert [key for key, count in keys.items() if count > 1] == []


def test_namespaces_used_are_namespaces_declared():
    """No object stands in a namespace that no package makes, and openairinterface is one of them."""
    objects = [obj for package in BLUEPRINTS for _, obj in _objects(package)]
    declared = {obj["metadata"]["name"] for obj in objects if obj["kind"] == "Namespace"}

    assert {obj["metadata"]["namespace"] for obj in objects if "namespace" in obj["metadata"]} <= declared
    assert "openairinterface" in declared


def test_nothing_collides_with_what_kind_brings():
    """Namespaces, cluster-wide names, storage classes and provisioners of kind stay kind's."""
    objects = [obj for package in BLUEPRINTS for _, obj in _objects(package)]
    classes = [obj for obj in objects if obj["kind"] == "StorageClass"]

    assert not {obj["metadata"].get("namespace") for obj in objects} & KIND_NAMESPACES
    assert not {obj["metadata"]["name"] for obj in objects if obj["kind"] == "Namespace"} & KIND_NAMESPACES
    assert not {obj["metadata"]["name"] for obj in objects if "namespace" not in obj["metadata"]} & KIND_CLUSTER_NAMES
    assert {obj["provisioner"] for obj in classes} == {"lab.nephio.org/site-local"}


def test_no_storage_class_is_the_default():
    """Which class is the default is not for an add-on to decide."""
    classes = [obj for _, obj in _objects("platform-addons") if obj["kind"] == "StorageClass"]

    assert [obj["metadata"]["name"] for obj in classes] == ["site-local"]
    assert not [key for obj in classes for key in obj["metadata"].get("annotations", {}) if "is-default-class" in key]


def test_provisioner_answers_the_class_of_the_package():
    """The program is told the provisioner name that the class asks for."""
    objects = [obj for _, obj in _objects("platform-addons")]
    deployment = next(obj for obj in objects if obj["kind"] == "Deployment")
    command = deployment["spec"]["template"]["spec"]["containers"][0]["command"]
    storage_class = next(obj for obj in objects if obj["kind"] == "StorageClass")

    assert command[command.index("--provisioner-name") + 1] == storage_class["provisioner"]


@pytest.mark.parametrize("package", ["networking", "platform-addons"])
def test_every_image_has_a_version(package):
    """Images are named by version, never by latest, so that every node runs the same one."""
    images = [image for _, obj in _objects(package) for image in _images(obj)]

    assert images
    assert [image for image in images if not re.search(r":v?\d+\.\d+\.\d+[\w.-]*$", image)] == []


def test_bindings_lead_to_accounts_and_roles_that_exist():
    """Every ServiceAccount and every role that a package names is in the package, apart from Kubernetes' own roles."""
    for package in BLUEPRINTS:
        objects = [obj for _, obj in _objects(package)]
        there = {(obj["kind"], obj["metadata"].get("namespace"), obj["metadata"]["name"]) for obj in objects}
        for binding in (obj for obj in objects if obj["kind"].endswith("Binding")):
            role = binding["roleRef"]
            namespace = binding["metadata"].get("namespace") if role["kind"] == "Role" else None
            assert role["name"] == "view" or (role["kind"], namespace, role["name"]) in there
            for subject in (s for s in binding["subjects"] if s["kind"] == "ServiceAccount"):
                assert ("ServiceAccount", subject["namespace"], subject["name"]) in there


def test_quota_comes_with_defaults():
    """Where a quota counts requests, containers without requests get some; otherwise their pods would be refused."""
    objects = [obj for _, obj in _objects("cluster-baseline")]
    quotas = {obj["metadata"]["namespace"]: obj for obj in objects if obj["kind"] == "ResourceQuota"}
    limits = {obj["metadata"]["namespace"]: obj for obj in objects if obj["kind"] == "LimitRange"}

    assert quotas.keys() == limits.keys()
    for namespace, quota in quotas.items():
        counted = {key.removeprefix("requests.") for key in quota["spec"]["hard"] if key.startswith("requests.")}
        assert counted <= limits[namespace]["spec"]["limits"][0]["defaultRequest"].keys()


def test_attachments_are_sound_json_of_one_plugin():
    """Every attachment is JSON that Multus reads: a macvlan with addresses from Whereabouts, in a range of its own."""
    attachments = [obj for _, obj in _objects("networking") if obj["kind"] == "NetworkAttachmentDefinition"]
    configs = {obj["metadata"]["name"]: data_of(compose(obj["spec"]["config"])) for obj in attachments}

    assert {obj["metadata"]["namespace"] for obj in attachments} == {"openairinterface"}
    assert configs.keys() == {"n2", "n3", "f1"}
    assert {(config["type"], config["ipam"]["type"]) for config in configs.values()} == {("macvlan", "whereabouts")}
    assert len({config["ipam"]["range"] for config in configs.values()}) == len(configs)


@pytest.mark.parametrize("package", BLUEPRINTS)
def test_every_setter_comment_has_a_setter(package):
    """The setters of the files are the setters of the README's table, no more and no fewer."""
    used = {tag for _, pattern in _setter_lines(package) for tag in TAG.findall(pattern)}

    assert used == set(_documented(package))


@pytest.mark.parametrize("package", BLUEPRINTS)
def test_setter_comments_agree_with_their_values(package):
    """A pattern filled with the documented values gives what stands in the file."""
    documented = _documented(package)

    for value, pattern in _setter_lines(package):
        assert TAG.sub(lambda match: documented[match[1]][1], pattern) == value


@pytest.mark.parametrize("package", BLUEPRINTS)
def test_blueprint_gives_values_to_its_own_setters_only(package):
    """What the Kptfile sets is what the README calls the blueprint's: a variant's value would lose against it."""
    steps = _kptfile(package)["pipeline"]["mutators"]
    given = {name: value for step in steps for name, value in step["configMap"].items()}
    documented = {name: value for name, (giver, value) in _documented(package).items() if giver == "the blueprint"}

    assert given == documented
    assert not given.keys() & FROM_CONTEXT


@pytest.mark.parametrize("package", BLUEPRINTS)
def test_every_package_shows_its_cluster(package):
    """The value of the setter cluster-name reaches an object that a person can look at."""
    patterns = [pattern for _, pattern in _setter_lines(package)]

    assert "${cluster-name}" in patterns


def test_readme_lists_every_blueprint():
    """The overview links to each package's own page."""
    text = (FOLDER / "README.md").read_text()

    assert sorted(re.findall(r"\((\w[\w-]*)/README\.md\)", text)) == BLUEPRINTS
