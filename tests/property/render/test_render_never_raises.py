"""A render answers with a failure, never with an exception, whatever a package holds."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lab.kit.yaml_write import document_text
from lab.render.clone import Upstream, clone_package
from lab.render.lint import lint
from lab.render.merge import upgrade
from lab.render.pipeline import render

KEYS = st.sampled_from(
    [
        "metadata",
        "name",
        "namespace",
        "labels",
        "annotations",
        "spec",
        "template",
        "containers",
        "image",
        "data",
        "config",
        "ipam",
        "address",
        "subjects",
        "selector",
        "matchLabels",
        "jobTemplate",
        "volumeClaimTemplates",
        "ingress",
        "from",
        "podSelector",
        "roleRef",
        "kind",
        "volumes",
        "env",
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 9),
    st.sampled_from(["", "x", "web", "nginx:1", "10.0.0.1", '{"type": 1}', "[]"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=15,
)
KINDS = st.sampled_from(
    [
        "Deployment",
        "Pod",
        "Service",
        "CronJob",
        "StatefulSet",
        "NetworkPolicy",
        "ClusterRoleBinding",
        "NetworkAttachmentDefinition",
        "Interface",
        "ConfigMap",
        "APIService",
        "Namespace",
        "Thing",
    ]
)
HEADS = st.fixed_dictionaries({"apiVersion": st.sampled_from(["v1", "apps/v1", "x.org/v1"]), "kind": KINDS})
OBJECTS = st.builds(
    lambda head, metadata, rest: {**rest, **head, "metadata": {**metadata, "name": "web"}},
    HEADS,
    st.dictionaries(KEYS, VALUES, max_size=4),
    st.dictionaries(KEYS, VALUES, max_size=4),
)
CONFIGS = [
    ("apply-setters", {"a": "b"}),
    ("set-namespace", {"namespace": "new"}),
    ("set-labels", {"a": "b"}),
    ("set-annotations", {"a": "b"}),
    ("search-replace", {"by-value-regex": "w(.*)", "put-value": "${1}", "put-comment": "x"}),
    ("search-replace", {"by-path": "spec.template.new", "put-value": "x"}),
    ("set-image", {"name": "nginx", "newTag": "2"}),
    ("ensure-name-substring", {"prepend": "a-"}),
    ("cluster-facts", {"cnis": "macvlan", "ranges": "10.0.0.0/8"}),
]
REPLACEMENTS = {
    "apiVersion": "fn.kpt.dev/v1alpha1",
    "kind": "ApplyReplacements",
    "metadata": {"name": "replacements"},
    "replacements": [
        {
            "source": {"kind": "ConfigMap"},
            "targets": [
                {
                    "select": {"kind": ".*"},
                    "fieldPaths": ["spec.template.*.name", "metadata.labels.x"],
                    "options": {"create": True},
                }
            ],
        }
    ],
}


def _kptfile(functions: list[Any]) -> str:
    return document_text(
        {
            "apiVersion": "kpt.dev/v1",
            "kind": "Kptfile",
            "metadata": {"name": "x"},
            "pipeline": {"mutators": [{"image": image, "configMap": config} for image, config in functions]},
        }
    )


def _package(functions: list[Any], objects: list[Any]) -> dict[str, str]:
    return {"Kptfile": _kptfile(functions), "all.yaml": "---\n".join(document_text(each) for each in objects)}


@given(function=st.sampled_from(CONFIGS), objects=st.lists(OBJECTS, min_size=1, max_size=3))
def test_functions_take_objects_of_any_shape(function: Any, objects: list[Any]) -> None:
    """No function stumbles over a field of unexpected shape, and what it made can be rendered again."""
    rendering = render(_package([function], objects))
    if rendering.failure is None:
        again = render(rendering.package).failure
        assert again is None or again.code != "LAB402"


@given(objects=st.lists(OBJECTS, min_size=1, max_size=3))
def test_replacements_take_objects_of_any_shape(objects: list[Any]) -> None:
    """Replacements fail with a message where a path leads nowhere."""
    package = _package([], objects)
    package["Kptfile"] = package["Kptfile"].replace(
        "mutators: []", "mutators:\n  - image: apply-replacements\n    configPath: r.yaml"
    )
    package["r.yaml"] = document_text(REPLACEMENTS)
    assert isinstance(render(package).package, dict)


@given(text=st.text("ab:- #\n{}[]\"'|>&*!%\t", max_size=30), name=st.sampled_from(["Kptfile", "a.yaml", "README.md"]))
def test_files_may_hold_any_text(text: str, name: str) -> None:
    """Text that is no YAML or no object is a failure with its file."""
    package = {"Kptfile": _kptfile(CONFIGS[:1]), name: text}
    failure = render(package).failure
    assert failure is None or failure.file == name
    assert isinstance(lint(package), tuple)


@given(objects=st.lists(st.lists(OBJECTS, max_size=2), min_size=3, max_size=3))
def test_upgrades_take_objects_of_any_shape(objects: list[list[Any]]) -> None:
    """Cloning and upgrading give a package."""
    original, updated, local = (_package([], each) for each in objects)
    upstream = Upstream("https://git/r.git", "d", "d/v1", "1" * 40)
    copied = clone_package(local, name="y", upstream=upstream, deployment=True)
    assert "Kptfile" in upgrade(original, updated, copied, upstream=upstream)
