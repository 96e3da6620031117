"""Two owners, and objects that are fought over."""

from __future__ import annotations

import pytest

from lab.reconcile.conflict import Heat, fight, management_conflict, pause_before_correction, still_contested
from lab.reconcile.declared import declare
from lab.reconcile.metadata import Mark, marked

ITEM = declare(
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "x"}}, file="other/a.yaml"
)
OTHER = Mark("b", "http://git/x.git", "main", "HEAD")


def test_other_owner_is_named_with_its_source() -> None:
    """KNV1060 names both reconcilers and the file on the other side."""
    fault = management_conflict(ITEM, marked(ITEM, OTHER, "c"), ":root_a")
    assert fault is not None
    assert 'The ":root_a" reconciler detected a management conflict with the ":root_b" reconciler.' in fault.text
    assert "other/a.yaml" in fault.text


def test_own_and_unmanaged_objects_are_no_conflict() -> None:
    """Only another RootSync is another owner."""
    assert management_conflict(ITEM, marked(ITEM, OTHER, "c"), ":root_b") is None
    assert management_conflict(ITEM, ITEM.obj(), ":root_a") is None
    assert management_conflict(ITEM, None, ":root_a") is None


def test_heat_falls_by_e_each_minute() -> None:
    """Five corrections at once are a fight, and none any more after two minutes."""
    heat = Heat()
    for _ in range(5):
        heat.rise("a", 100.0)
    assert fight(ITEM, heat.of("a", 100.0), "kubectl") is not None
    assert pytest.approx(heat.of("a", 160.0)) == 5 / 2.718281828
    assert fight(ITEM, heat.of("a", 160.0), "kubectl") is None
    heat.cool(1000.0)
    assert not heat


def test_fight_names_the_other_writer() -> None:
    """KNV2005 says how often, and who."""
    fault = fight(ITEM, 7.2, "hpa")
    assert fault is not None
    assert "approximately 7 times per minute" in fault.text
    assert 'The other writer is "hpa".' in fault.text


def test_corrections_slow_down() -> None:
    """The first corrections come at once; in a long fight they come ever later, up to half a minute."""
    assert [pause_before_correction(heat) for heat in (0, 9.9, 10, 11, 40)] == [0.0, 0.0, 0.5, 1.0, 30.0]


def test_conflict_is_over_when_nobody_answers_any_more() -> None:
    """A conflict ends ten seconds after it last showed, later only where both sides pause between corrections."""
    assert [still_contested(100.0, 3.0, now) for now in (109.9, 110.0)] == [True, False]
    assert [still_contested(100.0, 14.0, now) for now in (133.9, 134.0)] == [True, False]
