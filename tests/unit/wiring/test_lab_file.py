"""lab.yaml is checked whole: every fault has a code, line and column and, where there is one, the nearest good name."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors.base import ExitCode, LabError
from lab.model.spec import Approval, Bootstrap
from lab.wiring.lab_file import find, load, schema


def fault(tmp_path: Path, text: str) -> LabError:
    """The error that a file brings."""
    path = tmp_path / "lab.yaml"
    path.write_text(text)
    with pytest.raises(LabError) as caught:
        load(path)
    return caught.value


def test_without_a_file_the_documents_lab_is_made() -> None:
    """The default is mgmt and my-ran with three flows."""
    spec = load(None)

    assert [c.name for c in spec.clusters] == ["my-ran"]
    assert [f.package for f in spec.flows] == ["cluster-baseline", "platform-addons", "networking"]
    assert spec.clusters[0].cnis == ("calico", "macvlan")
    assert spec.period == 15.0


def test_every_field_is_taken(tmp_path: Path) -> None:
    """A file with every field gives that lab."""
    (tmp_path / "blueprints").mkdir()
    path = tmp_path / "lab.yaml"
    path.write_text(
        """version: 1
name: room-7
profile: embedded
clusters:
  mgmt: {}
  edge: {site: s1, cnis: [macvlan], provider: metal, bootstrap: manual, networks: [{name: n2, cidr: 10.0.0.0/24}]}
git: {host: embedded, port: 3001}
api_port: 6500
agent: {period: 5s}
packages: ./blueprints
flows:
  - {package: cluster-baseline@v2, to: edge, set: {cluster-name: edge}, approve: manual}
strict: true
"""
    )
    spec = load(path)

    assert (spec.name, spec.period, spec.strict, spec.api_port, spec.git_port) == ("room-7", 5.0, True, 6500, 3001)
    assert spec.clusters[0].bootstrap is Bootstrap.MANUAL
    assert spec.clusters[0].networks[0].cidr == "10.0.0.0/24"
    assert spec.flows[0].approve is Approval.MANUAL
    assert spec.flows[0].workspace == "v2"
    assert spec.packages == str(tmp_path / "blueprints")


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "words"),
    [
        ("name: [demo\n", "LAB001", 2, 1, "not valid YAML"),
        ("name: demo\nname: other\n", "LAB001", 2, 1, "not valid YAML"),
        ("- a\n- b\n", "LAB003", 1, 1, "mapping"),
        ("version: 1\nclustres: {}\n", "LAB002", 2, 1, "clusters"),
        ("clusters:\n  my-ran: {sight: s1}\n", "LAB002", 2, 12, "site"),
        ("agent: {periode: 5s}\n", "LAB002", 1, 9, "period"),
        ("flows:\n  - {package: a, to: my-ran, sett: {}}\n", "LAB002", 2, 30, "set"),
        ("version: 2\n", "LAB003", 1, 1, "version"),
        ("profile: docker\n", "LAB003", 1, 1, "profile"),
        ("agent: {period: soon}\n", "LAB003", 1, 9, "duration"),
        ("api_port: 70000\n", "LAB003", 1, 1, "65535"),
        ("strict: perhaps\n", "LAB003", 1, 1, "strict"),
        ("name: My Lab\n", "LAB004", 1, 1, "lower case"),
        ("clusters:\n  mgmt: {}\n  My_Ran: {}\n", "LAB004", 3, 3, "lower case"),
        ("clusters:\n  mgmt: {}\n  a-b: {}\n  c: {}\n" + "  d" * 0 + f"  {'x' * 41}: {{}}\n", "LAB004", 5, 3, "40"),
        ("flows:\n  - {package: a, to: nowhere}\n", "LAB003", 2, 5, "no cluster"),
        ("flows:\n  - {package: A_b, to: my-ran}\n", "LAB004", 2, 5, "lower case"),
        ("flows:\n  - {package: a, to: my-ran}\n  - {package: a, to: my-ran}\n", "LAB004", 3, 5, "Two flows"),
        ("packages: ./nowhere\n", "LAB003", 1, 1, "nowhere"),
        ("clusters:\n  edge: {networks: [{name: n, cidr: 10.0.0.0/33}]}\n", "LAB003", 2, 31, "10.0.0.0/33"),
    ],
)
def test_each_fault_has_its_code_and_place(
    tmp_path: Path, text: str, code: str, line: int, column: int, words: str
) -> None:
    """A wrong file is refused with code, line and column before anything happens."""
    error = fault(tmp_path, text)

    assert error.code == code
    assert error.exit_code is ExitCode.USAGE
    assert error.place is not None
    assert (error.place.line, error.place.column) == (line, column)
    assert words in f"{error.what} {error.why}"


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A file that cannot be read is LAB005, before anything happens."""
    (tmp_path / "lab.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LabError) as caught:
        load(tmp_path / "lab.yaml")

    assert caught.value.code == "LAB005"


def test_the_file_is_found_above(tmp_path: Path) -> None:
    """lab.yaml is looked for in the folder and those above it."""
    (tmp_path / "lab.yaml").write_text("version: 1\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)

    assert find(below) == tmp_path / "lab.yaml"


def test_arguments_win_over_the_file(tmp_path: Path) -> None:
    """A profile or name given by flag replaces the file's."""
    path = tmp_path / "lab.yaml"
    path.write_text("name: one\n")

    assert load(path, name="two").name == "two"


def test_an_unknown_profile_is_refused() -> None:
    """A profile that does not exist is LAB003."""
    with pytest.raises(LabError) as caught:
        load(None, profile="minikube")

    assert caught.value.code == "LAB003"


def test_the_schema_describes_every_field() -> None:
    """Editors get a JSON Schema with all top-level fields."""
    assert {"version", "name", "clusters", "flows", "agent", "git"} <= set(schema()["properties"])
