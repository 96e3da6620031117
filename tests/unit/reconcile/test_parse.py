"""What files declare, and what of them stays invisible."""

from __future__ import annotations

import pytest

from lab.reconcile.parse import Parsed, parse


def one(text: str, path: str = "a.yaml", directory: str = "") -> Parsed:
    """A tree of one file."""
    return parse({path: text.encode()}, directory)


def config_map(name: str, more: str = "") -> str:
    """A ConfigMap."""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n{more}"


def test_documents_keep_their_lines() -> None:
    """Every document of a file is declared with the line on which its object begins; empty ones are nothing."""
    text = f"# a comment\n\n{config_map('a')}---\n# nothing\n---   \n{config_map('b')}--- # end\n"
    assert [(item.identity.name, item.line) for item in one(text).declared] == [("a", 3), ("b", 10)]


def test_lists_are_taken_apart() -> None:
    """The items of a List are declared one by one."""
    text = """apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: a}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: b}
"""
    assert [(item.identity.name, item.line) for item in one(text).declared] == [("a", 4), ("b", 7)]


def test_paths_are_those_of_the_repository() -> None:
    """Sources and packages are named from the repository's root, whatever directory is synced."""
    files = {"base/Kptfile": b"not: [yaml", "base/a.yaml": config_map("a").encode(), "b.json": b'{"apiVersion":"v1",'}
    parsed = parse(files, "/clusters/my-ran/")
    assert [(item.file, item.package) for item in parsed.declared] == [
        ("clusters/my-ran/base/a.yaml", "clusters/my-ran/base")
    ]
    assert [fault.path for fault in parsed.faults] == ["clusters/my-ran/b.json"]


@pytest.mark.parametrize(
    "path", ["Kptfile", "README.md", ".github/w.yaml", "x/.git/c.yaml", ".gitlab-ci.yml", "a.yaml.tmpl"]
)
def test_what_is_no_configuration_is_invisible(path: str) -> None:
    """Broken or not, these files are not read."""
    assert Parsed((), (), one("a: [", path).packages) == one("a: [", path)


@pytest.mark.parametrize(("value", "declared"), [('"true"', 0), ("maybe", 0), ('"false"', 1)])
def test_local_config_is_invisible(value: str, declared: int) -> None:
    """An object that is local to its package is not applied, unless the annotation says false."""
    text = config_map("a", f"  annotations:\n    config.kubernetes.io/local-config: {value}\n")
    assert declared == len(one(text).declared)


def test_broken_yaml_names_file_and_line() -> None:
    """KNV2001 counts lines from the top of the file, not of the document."""
    fault = one(f"{config_map('a')}---\na: 1\n b: 2\n").faults[0]
    assert (fault.knv, fault.path, fault.line) == ("2001", "a.yaml", 7)
    assert fault.text.startswith("yaml: line 7: ")


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("kind: ConfigMap\nmetadata: {name: a}\n", "apiVersion"),
        ("apiVersion: v1\nmetadata: {name: a}\n", "kind"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a}\n", "metadata.name"),
    ],
)
def test_skeleton_is_required(text: str, missing: str) -> None:
    """Without apiVersion, kind and name nothing is an object: KNV2010."""
    fault = one(text).faults[0]
    assert ("2010", f'missing field "{missing}"', "a.yaml", 1) == (fault.knv, fault.text, fault.path, fault.line)


@pytest.mark.parametrize(("value", "said"), [("y", "metadata.annotations.k"), ("1", "metadata.annotations.k")])
def test_annotations_are_texts(value: str, said: str) -> None:
    """An unquoted y or number is no text, as the Kubernetes tools read it: KNV1054."""
    fault = one(config_map("a", f"  annotations:\n    k: {value}\n")).faults[0]
    assert fault.knv == "1054"
    assert said in fault.text


def test_name_that_is_a_boolean_is_no_name() -> None:
    """An object named n, unquoted, has no name."""
    assert [fault.knv for fault in one(config_map("n")).faults] == ["2010"]


def test_kustomization_is_refused() -> None:
    """What would have to be rendered first is refused with KNV1068 instead of being applied raw."""
    assert [fault.knv for fault in one("resources: []\n", "base/kustomization.yaml").faults] == ["1068"]


def test_text_that_is_not_utf_8_is_named() -> None:
    """Bytes that are no text are KNV2001."""
    assert [(fault.knv, fault.path) for fault in parse({"a.yaml": b"\xff\xfe"}).faults] == [("2001", "a.yaml")]


def test_root_that_is_no_object_is_named() -> None:
    """A file that holds a list or a word declares nothing and says so."""
    assert [fault.knv for fault in one("- a\n- b\n").faults] == ["2001"]
