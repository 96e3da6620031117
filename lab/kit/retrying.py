"""The one policy of asking again: tenacity decides when, the caller says what and hears of every further try."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential,
    wait_fixed,
)

T = TypeVar("T")


def poll(
    question: Callable[[], bool],
    *,
    limit: float,
    interval: float = 0.02,
    each: Callable[[float], None] = lambda _elapsed: None,
) -> bool:
    """Ask until the answer is yes; False when `limit` seconds passed. `each` hears of the seconds gone by.

    For state of the operating system that nothing announces, such as the end of somebody else's process.
    """

    def before_sleep(state: RetryCallState) -> None:
        each(state.seconds_since_start or 0.0)

    retrying = Retrying(
        retry=retry_if_result(lambda yes: not yes),
        wait=wait_fixed(interval),
        stop=stop_after_delay(limit),
        before_sleep=before_sleep,
        retry_error_callback=lambda _state: False,
    )
    return bool(retrying(question))


async def again(
    doing: Callable[[], Awaitable[T]],
    *,
    on: tuple[type[BaseException], ...],
    attempts: int = 5,
    first_wait: float = 0.1,
    longest_wait: float = 5.0,
    tell: Callable[[int, str, float], None],
) -> T:
    """The result of `doing`, tried again after an exception of the types `on`, with waits that double.

    `tell(attempt, error, wait)` hears of each further try before it; the last exception is raised as it is.
    """

    def before_sleep(state: RetryCallState) -> None:
        failure = state.outcome.exception() if state.outcome else None
        wait = state.next_action.sleep if state.next_action else 0.0
        tell(state.attempt_number, str(failure), float(wait))

    retrying = AsyncRetrying(
        retry=retry_if_exception_type(on),
        wait=wait_exponential(multiplier=first_wait, max=longest_wait),
        stop=stop_after_attempt(attempts),
        before_sleep=before_sleep,
        reraise=True,
    )

    async def attempt() -> T:
        return await doing()

    # tenacity awaits only what it can see to be a coroutine function, which a lambda is not.
    return await retrying(attempt)
