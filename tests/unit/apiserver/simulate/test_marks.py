"""Simulated objects are marked, and their conditions move as Kubernetes moves them."""

from lab.apiserver.simulate.marks import SIMULATED, counts, digest, is_marked, marked, with_condition


def test_mark_keeps_other_annotations() -> None:
    """The mark is one annotation among others."""
    obj = {"metadata": marked({"name": "a", "annotations": {"x": "y"}})}
    assert is_marked(obj)
    assert obj["metadata"] == {"name": "a", "annotations": {"x": "y", SIMULATED: "true"}}
    assert not is_marked({"metadata": {"name": "a"}})


def test_digest_follows_content_only() -> None:
    """Equal values have equal names, whatever the order of their keys."""
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
    assert len(digest("x", 5)) == 5


def test_transition_time_moves_with_the_status_only() -> None:
    """A new reason keeps the transition's time; a new status moves it."""
    first = with_condition([], {"type": "Ready", "status": "False"}, "t1")
    same = with_condition(first, {"type": "Ready", "status": "False", "reason": "Other"}, "t2")
    assert same == [{"type": "Ready", "status": "False", "reason": "Other", "lastTransitionTime": "t1"}]
    assert with_condition(same, {"type": "Ready", "status": "True"}, "t3")[0]["lastTransitionTime"] == "t3"


def test_zero_counts_are_absent() -> None:
    """A count of zero is removed from a status, as Kubernetes leaves it out."""
    assert counts(readyReplicas=0, replicas=2) == {"readyReplicas": None, "replicas": 2}
