"""What the lab says about objects reaches kubectl as a Warning."""

from __future__ import annotations

from pathlib import Path

from lab.kit.clock import LoopClock
from lab.kit.virtual_time import VirtualTimeLoop
from lab.scenarios import flow
from lab.wiring.embedded import start_embedded
from lab.wiring.lab_file import load

SHORT = """apiVersion: configsync.gke.io/v1beta1
kind: RootSync
metadata: {name: short, namespace: config-management-system}
spec:
  git: {repo: "https://github.com/YOUR-ORG/nephio-my-ran.git", branch: main, dir: /, auth: none, period: 15s}
"""


def test_a_rootsync_in_the_documents_spelling_is_warned_of(tmp_path: Path) -> None:
    """The document's RootSync, which names no sourceFormat, is taken with LAB706; the lab's own is not warned of."""

    async def main() -> tuple[list[str], list[str]]:
        lab = await start_embedded(load(None), tmp_path, clock=LoopClock(loop), sockets=False, persistent=False)
        own = await flow.bootstrap(lab.bench, "my-ran")
        short = await flow.apply_text(lab.bench, "my-ran", SHORT)
        await lab.stop()
        return [w for a in own for w in a.warnings], [w for a in short for w in a.warnings]

    loop = VirtualTimeLoop()
    try:
        own, short = loop.run_until_complete(main())
    finally:
        loop.close()
    assert own == []
    assert [w.split(":")[0] for w in short] == ["LAB706"]
