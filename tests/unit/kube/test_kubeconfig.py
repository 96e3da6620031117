"""The lab's kubeconfig: what was written is read, and a context that somebody chose stays chosen."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from lab.kube import kubeconfig

CLUSTERS = {
    "mgmt": ("https://127.0.0.1:6443/clusters/mgmt", {"ca": "CA", "certificate": "C1", "key": "K1"}),
    "my-ran": ("https://127.0.0.1:6443/clusters/my-ran", {"ca": "CA", "token": "T"}),
}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Names, servers and credentials survive."""
    path = tmp_path / "kubeconfig"
    kubeconfig.write(path, CLUSTERS, current="mgmt")

    assert kubeconfig.read(path) == CLUSTERS
    assert kubeconfig.current_context(path) == "mgmt"


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    """Keys are in it, so its rights are 0600."""
    path = tmp_path / "kubeconfig"
    kubeconfig.write(path, CLUSTERS, current="mgmt")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_chosen_context_stays(tmp_path: Path) -> None:
    """`kubectl config use-context my-ran` survives the lab's next write, while the cluster exists."""
    path = tmp_path / "kubeconfig"
    kubeconfig.write(path, CLUSTERS, current="my-ran")
    kubeconfig.write(path, CLUSTERS, current="mgmt")
    assert kubeconfig.current_context(path) == "my-ran"

    kubeconfig.write(path, {"mgmt": CLUSTERS["mgmt"]}, current="mgmt")
    assert kubeconfig.current_context(path) == "mgmt"


def test_another_file_is_refused(tmp_path: Path) -> None:
    """A file that is no kubeconfig is not taken for one."""
    path = tmp_path / "other"
    path.write_text("kind: Secret\n")

    with pytest.raises(ValueError, match="no kubeconfig"):
        kubeconfig.read(path)
