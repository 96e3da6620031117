"""Who asked Git, and when it asks next."""

from __future__ import annotations

from pathlib import Path

from lab.git.remote import GuardedRoute
from lab.kit.clock import StillClock
from lab.wiring.questions import Questions

URL = "http://git.invalid/nephio/nephio-my-ran.git"


class Route:
    """One repository of this process."""

    def path(self, url: str) -> Path | None:
        """The repository's folder."""
        return Path("bare.git") if url == URL else None


def test_a_question_is_noted_on_its_way() -> None:
    """The route answers as before; the cluster's next question is a period after its last."""
    clock = StillClock()
    questions = Questions(clock)
    route = questions.route_of("my-ran", Route())
    assert route is not None
    assert questions.of("my-ran", URL) is None

    assert route.path(URL) == Path("bare.git")
    clock.advance(6.0)
    found = questions.of("my-ran", URL)
    assert found is not None
    assert (found.count, found.next_in(15.0)) == (1, 9.0)

    clock.advance(20.0)
    late = questions.of("my-ran", URL)
    assert late is not None
    assert late.next_in(15.0) == 0.0


def test_looking_twice_within_a_moment_is_one_question() -> None:
    """A found commit is read right after the question."""
    clock = StillClock()
    questions = Questions(clock)
    for pause in (0.0, 0.1, 15.0):
        clock.advance(pause)
        questions.note("my-ran", URL)

    found = questions.of("my-ran", URL)
    assert found is not None
    assert found.count == 2


def test_an_agent_that_is_gone_asks_no_more() -> None:
    """Only its own questions are forgotten."""
    questions = Questions(StillClock())
    questions.note("my-ran", URL)
    questions.note("my-core", URL)
    questions.forget("my-ran")

    assert questions.of("my-ran", URL) is None
    assert questions.of("my-core", URL) is not None


def test_without_a_route_there_is_nothing_to_note() -> None:
    """In a pod, Git is reached over the network; where there is a route, who may write is still asked."""
    questions = Questions(StillClock())

    assert questions.route_of("my-ran", None) is None
    assert isinstance(questions.route_of("my-ran", Route()), GuardedRoute)
