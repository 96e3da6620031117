"""The objects of a package."""

from __future__ import annotations

from lab.render.manifests import krm_fault, locate, read_package, split_documents, write_back
from lab.render.resources import Fault

PACKAGE = {
    "Kptfile": "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: x\n",
    "README.md": "kind: [not read\n",
    "b/two.yaml": (
        "# license\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: one\n---\n# nothing\n--- # two\n"
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: two\n  namespace: one\ndata:\n  on: off\n"
    ),
    "a.yml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: web",
}


def test_objects_are_found_with_their_places() -> None:
    """Every document with content is an object, with its file, number and line."""
    manifests = read_package(PACKAGE)
    places = [(each.file, each.index, each.line_of(), each.kind) for each in manifests.resources]
    assert places == [
        ("Kptfile", 0, 1, "Kptfile"),
        ("a.yml", 0, 1, "Service"),
        ("b/two.yaml", 0, 3, "Namespace"),
        ("b/two.yaml", 1, 10, "ConfigMap"),
    ]
    assert manifests.faults == ()
    assert manifests.resources[3].data["data"] == {"true": False}
    assert manifests.resources[3].line_of("metadata", "namespace") == 14


def test_an_object_is_located_by_kind_and_name() -> None:
    """File and line of an object, in any namespace or in the one given."""
    assert locate(PACKAGE, "ConfigMap", "two") == ("b/two.yaml", 10)
    assert locate(PACKAGE, "ConfigMap", "two", "one") == ("b/two.yaml", 10)
    assert locate(PACKAGE, "ConfigMap", "two", "other") is None


def test_writing_back_changes_only_the_changed_document() -> None:
    """One object is changed; every other byte of the package is the same."""
    resource = read_package(PACKAGE).resources[2]
    data = resource.editable()
    data["metadata"]["name"] = "new"
    written = write_back(PACKAGE, [resource.with_data(data)])
    assert written == {**PACKAGE, "b/two.yaml": PACKAGE["b/two.yaml"].replace("name: one", "name: new")}


def test_faults_are_data_with_their_line() -> None:
    """A document that cannot be read is named with file, line and column; the others are still read."""
    package = {"a.yaml": "apiVersion: v1\nkind: A\nmetadata: {name: a}\n---\na: b: c\n---\n- list\n---\nx: 1\nx: 2\n"}
    manifests = read_package(package)
    assert [each.kind for each in manifests.resources] == ["A"]
    assert manifests.faults == (
        Fault("a.yaml", 5, 5, "yaml: line 5: mapping values are not allowed in this context"),
        Fault(
            "a.yaml",
            7,
            1,
            "input resource list must contain only KRM resources: a.yaml: resource must have `apiVersion`",
        ),
        Fault("a.yaml", 10, 1, 'yaml: line 10: mapping key "x" already defined at line 9'),
    )


def test_an_object_needs_kind_and_name_unless_it_is_a_kustomization() -> None:
    """The missing field is named in kpt's words; kustomization.yaml is no Kubernetes object and may lack all."""
    package = {"a.yaml": "apiVersion: v1\nkind: A\n", "kustomization.yaml": "resources: []\n"}
    first, second = read_package(package).resources
    fault = krm_fault(first)
    assert fault is not None
    assert fault.message.endswith("a.yaml: resource must have `metadata.name`")
    assert krm_fault(second) is None


def test_documents_joined_again_are_the_file() -> None:
    """Splitting loses nothing, whatever separators a file has."""
    for text in [
        "",
        "---\n",
        "a: 1",
        "%YAML 1.1\n---\na: 1\n---\n",
        "a: |\n  ---\n--- b\n---x\n",
        "\n\n---\r\na: 1\r\n",
    ]:
        assert "".join(chunk for _, chunk in split_documents(text)) == text
    assert [line for line, _ in split_documents("a: 1\n---\nb: 1\n---\n")] == [1, 2, 4]
