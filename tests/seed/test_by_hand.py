"""The document's commands, typed as they stand there: the real kubectl, real sockets, real time, one lab."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

LAB_YAML = """\
version: 1
name: by-hand
api_port: {api}
git: {{port: {git}}}
clusters:
  mgmt: {{}}
  my-ran: {{site: site-ran-01, cnis: [calico, macvlan], provider: baremetal, bootstrap: manual}}
flows: []
"""
COMMITTED = 'until lab trace cluster-baseline -o json | grep -q \'"commit": "[0-9a-f]\'; do :; done'
ARRIVED = "kubectl --context=my-ran wait --for=create namespace/openairinterface --timeout=60s"
SYNCED = (
    "kubectl --context=my-ran wait -n config-management-system rootsync/root-sync --timeout=60s "
    "--for=jsonpath='{.metadata.annotations.lab\\.nephio\\.org/status}'=SYNCED"
)


@dataclass
class Session:
    """A folder with a lab.yaml and the document's files, and a shell as `lab env` sets it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def type(self, line: str) -> str:
        """What the line prints, stdout before stderr; it has to end well within 90 seconds of real time."""
        done = subprocess.run(
            line,
            shell=True,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, f"$ {line}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr


def _free_port() -> int:
    """A port that nobody has now, below those that the system gives to whoever connects in the meantime."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(20000, 30000)))
            return int(probe.getsockname()[1])


@pytest.fixture
def session(tmp_path: Path, examples: Path) -> Iterator[Session]:
    """A lab without flows, in real time, and a shell for it; nothing of it is left afterwards."""
    session = Session(tmp_path / "by hand")
    session.folder.mkdir()
    for name in ("LAB_NAME", "LAB_HOME", "LAB_FILE", "LAB_PROFILE", "KUBECONFIG"):
        session.environment.pop(name, None)
    (session.folder / "lab.yaml").write_text(LAB_YAML.format(api=_free_port(), git=_free_port()))
    for name in ("clustercontext.yaml", "packagevariant-baseline-my-ran.yaml"):
        shutil.copy(examples / name, session.folder)
    own = Path(sys.executable).parent
    session.environment["PATH"] = os.pathsep.join([str(own), session.environment["PATH"]])
    try:
        session.type("lab up")
        settings = json.loads(subprocess.check_output([own / "lab", "env", "-o", "json"], cwd=session.folder))
        session.environment["KUBECONFIG"] = settings["KUBECONFIG"]
        session.environment["PATH"] = os.pathsep.join([*settings["path"], session.environment["PATH"]])
        for name in ("configsync.yaml", "rootsync.yaml"):
            shutil.copy(session.folder / ".lab/by-hand/manifests/my-ran" / name, session.folder)
        yield session
    finally:
        session.type("lab down")
    assert not (session.folder / ".lab").exists()


def test_the_commands_of_the_document_as_they_stand(session: Session) -> None:
    """Every command of the document does what the document says, in its order, typed literally."""
    # `lab up` has described the cluster already; the document begins before that.
    session.type("kubectl delete clustercontext my-ran")

    said = session.type("kubectl apply -f clustercontext.yaml")
    assert "clustercontext.infra.nephio.org/my-ran created" in said
    assert "LAB102" in said

    said = session.type("kubectl apply -f packagevariant-baseline-my-ran.yaml")
    assert "packagevariant.config.porch.kpt.dev/baseline-my-ran created" in said
    assert "LAB206" in said
    session.type(COMMITTED)

    assert 'Switched to context "my-ran".' in session.type("kubectl config use-context my-ran")
    assert "openairinterface" not in session.type("kubectl get namespaces")

    assert "deployment.apps/reconciler-manager created" in session.type("kubectl apply -f configsync.yaml")
    assert "rootsync.configsync.gke.io/root-sync created" in session.type("kubectl apply -f rootsync.yaml")
    session.type(ARRIVED)
    session.type(SYNCED)

    shown = session.type("kubectl --context=my-ran get namespaces")
    assert re.search(r"^openairinterface +Active ", shown, re.MULTILINE)

    shown = session.type("kubectl --context=my-ran get rootsync -n config-management-system")
    assert re.search(r"^NAME +STATUS ", shown)
    assert re.search(r"^root-sync +SYNCED ", shown, re.MULTILINE)

    for name in ("configsync.yaml", "rootsync.yaml"):
        lines = session.type(f"kubectl --context=my-ran apply -f {name}").splitlines()
        assert [line for line in lines if not line.endswith((" unchanged", " configured"))] == []

    url = re.search(r"repo: (\S+)", (session.folder / "rootsync.yaml").read_text())
    assert url is not None
    session.type(f"git clone --quiet {url[1]}")
    assert (session.folder / "nephio-my-ran/cluster-baseline/Kptfile").exists()
    assert (
        "Rendered cluster-baseline v1 for my-ran" in session.type("git -C nephio-my-ran log --format=%s").splitlines()
    )
