"""compose.yaml: the Git host of profiles with a container engine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

FILE = Path(__file__).parents[2] / "compose.yaml"


@pytest.fixture(scope="module")
def compose():
    """The file as data."""
    return yaml.safe_load(FILE.read_text())


def test_gitea_is_the_only_service(compose):
    """The file brings the Git host and nothing else."""
    assert list(compose["services"]) == ["gitea"]


def test_gitea_is_pinned(compose):
    """The image is named by a full version, so that every machine runs the same one."""
    assert re.fullmatch(r"gitea/gitea:\d+\.\d+\.\d+", compose["services"]["gitea"]["image"])


def test_gitea_is_reached_from_this_machine_only(compose):
    """Every published port is bound to the loopback address."""
    ports = compose["services"]["gitea"]["ports"]

    assert [port.split(":")[0] for port in ports] == ["127.0.0.1"]


def test_gitea_keeps_its_data(compose):
    """Repositories lie on a declared volume."""
    names = [mount.split(":")[0] for mount in compose["services"]["gitea"]["volumes"]]

    assert names == list(compose["volumes"])


def test_everything_of_ours_is_labelled(compose):
    """Container and volume can be told from other people's."""
    for part in [*compose["services"].values(), *compose["volumes"].values()]:
        assert part["labels"]["app.kubernetes.io/part-of"] == "nephio-lab"


def test_gitea_says_when_it_is_ready(compose):
    """The health check asks the port that is published."""
    service = compose["services"]["gitea"]

    assert f":{service['ports'][0].split(':')[-1]}/api/healthz" in service["healthcheck"]["test"][-1]
