"""No file of the project knows the machine that it was written on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

MACHINE = re.compile(r"(?<![\w.$}-])/(?:work|home|root|Users)/[\w.]")
URL = re.compile(r"\bhttps?://([A-Za-z0-9.-]+)")
PUBLIC = (
    "127.0.0.1",
    "localhost",
    "github.com",
    "gitlab.com",
    "json-schema.org",
    "www.apache.org",
    "www.w3.org",  # the name of the SVG namespace, which nobody fetches
    "docs.pytest.org",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "example.com",
    "example.org",
    "bford.info",
    "g.co",
)
RESERVED = (".invalid", ".example", ".test", ".example.com", ".example.org")
TEXT = (".py", ".md", ".yaml", ".yml", ".toml", ".json", ".sh", ".cfg", "")
MADE_ELSEWHERE = ("LICENSE", "lab/apiserver/data/", "tests/golden/", "tools/apidata/", "docs/seed-results.json")
"""Texts and data of other projects, kept as they are."""


@pytest.fixture(scope="module")
def texts(root: Path) -> dict[str, str]:
    """Every text file that belongs to the project, by its path."""
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout
    names = [n for n in listed.splitlines() if Path(n).suffix in TEXT and not n.startswith(MADE_ELSEWHERE)]
    files = [(name, root / name) for name in names if (root / name).is_file() and not (root / name).is_symlink()]
    return {name: file.read_text(errors="replace") for name, file in files}


def test_no_file_names_a_path_of_a_machine(texts: dict[str, str]) -> None:
    """Nothing points into somebody's home or workspace."""
    found = [
        f"{name}: {match[0]}"
        for name, text in texts.items()
        if "test_words" not in name
        for match in MACHINE.finditer(text)
    ]

    assert found == []


def test_no_file_names_an_unknown_host(texts: dict[str, str]) -> None:
    """URLs lead to this machine, to names that are reserved for examples, or to a few public sites; no registry."""
    found = [
        f"{name}: {host}"
        for name, text in texts.items()
        for host in URL.findall(text)
        if "." in host and host not in PUBLIC and not host.endswith(RESERVED) and not re.fullmatch(r"[\d.]+", host)
    ]

    assert found == []
