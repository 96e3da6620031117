"""The page of a lab that really runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

LAB = Path(sys.executable).parent / "lab"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a lab that is up."""
    place = tmp_path_factory.mktemp("lab")
    run(place, "up")
    yield place
    run(place, "down")


def run(folder: Path, *words: str) -> str:
    """What a verb says on stdout."""
    environment = {**os.environ, "LAB_HOME": str(folder / ".lab"), "CI": "1"}
    command = [str(LAB), *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True, timeout=120
    ).stdout.strip()


def test_clicking_shows_the_object_of_the_cluster(browser: Any, folder: Path) -> None:
    """The RootSync of the workload cluster as YAML, its events and the command; the address is what `lab open` says."""
    browser.see(1280, 800)
    browser.open(run(folder, "open"))
    browser.until(lambda: browser.text("#headline") == "All 3 packages are ready on my-ran.")
    browser.click("[data-stage=pull]")

    browser.until(lambda: "kind: RootSync" in browser.text("#inspector"))
    assert "kubectl --context=my-ran get rootsync root-sync -n config-management-system" in browser.text("#inspector")
    assert "fetched" in browser.text("#inspector .events")
    browser.do("document.querySelector('#inspector .close').click()")


def test_the_clusters_questions_are_counted_down(browser: Any, folder: Path) -> None:
    """The clock on the line is the agent's own."""
    browser.open(run(folder, "open"))

    browser.until(lambda: browser.text(".clock b").isdecimal())


def test_the_page_outlives_its_server(browser: Any, folder: Path) -> None:
    """The lab server starts again; the open page has the same address and key, and goes on."""
    url = run(folder, "open")
    browser.open(url)
    browser.until(lambda: browser.text("#link-word") == "Live")
    run(folder, "down", "--stop")
    browser.until(lambda: browser.text("#link-word") == "Reconnecting")
    run(folder, "up")

    assert run(folder, "open") == url
    browser.until(lambda: browser.text("#link-word") == "Live")
    browser.complaints()
